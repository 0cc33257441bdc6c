-- Follow-ups of both chronic programmes in one shape; what one form lacks is null.
select
    institution_code,
    resident_id,
    '1' as programme_code,
    followup_no,
    record_no,
    followup_date,
    followup_method_code,
    systolic_mmhg,
    diastolic_mmhg,
    weight_kg,
    bmi,
    cast(null as decimal(18, 4)) as fasting_glucose_mmol_l,
    cast(null as decimal(18, 4)) as hba1c_percent,
    medication_compliance_code,
    classification_code,
    is_referred,
    next_followup_date
from {{ silver('hypertension_followup') }}
union all
select
    institution_code,
    resident_id,
    '2' as programme_code,
    followup_no,
    record_no,
    followup_date,
    followup_method_code,
    systolic_mmhg,
    diastolic_mmhg,
    weight_kg,
    bmi,
    fasting_glucose_mmol_l,
    hba1c_percent,
    medication_compliance_code,
    classification_code,
    is_referred,
    next_followup_date
from {{ silver('diabetes_followup') }}
