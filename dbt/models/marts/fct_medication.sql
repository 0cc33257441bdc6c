-- Prescription items with what their prescription says.
select
    i.institution_code || '|' || i.prescription_item_no as medication_id,
    i.institution_code,
    i.resident_id,
    i.institution_code || '|' || i.prescription_no as prescription_id,
    i.institution_code || '|' || p.encounter_no as encounter_id,
    p.prescription_kind_code,
    p.status_code,
    coalesce(i.prescribed_at, p.prescribed_at) as prescribed_at,
    coalesce(i.prescribed_date, p.prescribed_date) as prescribed_date,
    i.drug_code,
    i.drug_name,
    i.specification,
    i.dose_form_code,
    i.single_dose,
    i.dose_unit,
    i.frequency_code,
    i.route_code,
    i.days,
    i.quantity,
    i.amount_yuan
from {{ ref('stg_prescription_item') }} as i
left join {{ ref('stg_prescription') }} as p
    on i.institution_code = p.institution_code and i.prescription_no = p.prescription_no
