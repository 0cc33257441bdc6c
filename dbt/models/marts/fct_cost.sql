-- One row a settlement, split by charge category; then one row a visit for charges that no
-- settlement covers. A charge line belongs to the settlement that it names, else to the only
-- settlement of its visit. What a settlement's lines leave open stands in undetailed_yuan, so
-- the parts always add up to the total.
with

settlement as (
    select
        *,
        institution_code || '|' || settlement_no as settlement_id,
        institution_code || '|' || coalesce('S' || stay_no, 'E' || encounter_no) as visit
    from {{ ref('stg_settlement') }}
),

only_settlement as (
    select
        visit,
        min(settlement_id) as settlement_id
    from settlement
    where visit is not null
    group by visit
    having count(*) = 1
),

charge as (
    select
        *,
        institution_code || '|' || settlement_no as named_settlement_id,
        institution_code || '|' || coalesce('S' || stay_no, 'E' || encounter_no) as visit,
        case when settlement_no is null then visit end as unnamed_visit
    from {{ ref('stg_charge_detail') }}
),

assigned as (
    select
        c.*,
        coalesce(n.settlement_id, o.settlement_id) as settlement_id
    from charge as c
    left join settlement as n on c.named_settlement_id = n.settlement_id
    left join only_settlement as o on c.unnamed_visit = o.visit
),

split as (
    select
        coalesce(settlement_id, 'unsettled|' || coalesce(visit, institution_code || '|C' || charge_no)) as cost_id,
        min(settlement_id) as settlement_id,
        min(institution_code) as institution_code,
        min(resident_id) as resident_id,
        min(encounter_no) as encounter_no,
        min(stay_no) as stay_no,
        min(patient_type_code) as patient_type_code,
        min(charged_date) as charged_date,
        cast(count(*) as bigint) as charge_lines,
        coalesce(sum(amount_yuan) filter (where charge_category_code in ('09', '10', '11')), 0) as drug_yuan,
        coalesce(sum(amount_yuan) filter (where charge_category_code in ('03')), 0) as examination_yuan,
        coalesce(sum(amount_yuan) filter (where charge_category_code in ('04')), 0) as laboratory_yuan,
        coalesce(sum(amount_yuan) filter (where charge_category_code in ('05', '06', '07')), 0) as treatment_yuan,
        coalesce(sum(amount_yuan) filter (where charge_category_code in ('08')), 0) as material_yuan,
        coalesce(sum(amount_yuan) filter (where charge_category_code in ('01', '02', '12', '13')), 0) as service_yuan,
        coalesce(sum(amount_yuan) filter (where charge_category_code in ('14')), 0) as other_yuan,
        coalesce(sum(amount_yuan) filter (
            where charge_category_code in (
                '01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12', '13', '14'
            )
        ), 0) as grouped_yuan,
        sum(amount_yuan) as charged_yuan
    from assigned
    group by cost_id
)

select
    s.settlement_id as cost_id,
    true as is_settled,
    s.institution_code,
    s.resident_id,
    s.institution_code || '|' || s.encounter_no as encounter_id,
    s.institution_code || '|' || s.stay_no as stay_id,
    s.patient_type_code,
    s.payer_code,
    s.settlement_kind_code,
    s.settled_date as cost_date,
    cast(coalesce(c.drug_yuan, 0) as decimal(18, 4)) as drug_yuan,
    cast(coalesce(c.examination_yuan, 0) as decimal(18, 4)) as examination_yuan,
    cast(coalesce(c.laboratory_yuan, 0) as decimal(18, 4)) as laboratory_yuan,
    cast(coalesce(c.treatment_yuan, 0) as decimal(18, 4)) as treatment_yuan,
    cast(coalesce(c.material_yuan, 0) as decimal(18, 4)) as material_yuan,
    cast(coalesce(c.service_yuan, 0) as decimal(18, 4)) as service_yuan,
    cast(coalesce(c.other_yuan, 0) as decimal(18, 4)) as other_yuan,
    cast(s.total_yuan - coalesce(c.grouped_yuan, 0) as decimal(18, 4)) as undetailed_yuan,
    s.total_yuan,
    s.insurance_yuan,
    s.self_paid_yuan,
    coalesce(c.charge_lines, 0) as charge_lines
from settlement as s
left join split as c on s.settlement_id = c.settlement_id
union all
select
    cost_id,
    false as is_settled,
    institution_code,
    resident_id,
    institution_code || '|' || encounter_no as encounter_id,
    institution_code || '|' || stay_no as stay_id,
    patient_type_code,
    null as payer_code,
    null as settlement_kind_code,
    charged_date as cost_date,
    cast(drug_yuan as decimal(18, 4)) as drug_yuan,
    cast(examination_yuan as decimal(18, 4)) as examination_yuan,
    cast(laboratory_yuan as decimal(18, 4)) as laboratory_yuan,
    cast(treatment_yuan as decimal(18, 4)) as treatment_yuan,
    cast(material_yuan as decimal(18, 4)) as material_yuan,
    cast(service_yuan as decimal(18, 4)) as service_yuan,
    cast(other_yuan as decimal(18, 4)) as other_yuan,
    cast(charged_yuan - grouped_yuan as decimal(18, 4)) as undetailed_yuan,
    cast(charged_yuan as decimal(18, 4)) as total_yuan,
    null as insurance_yuan,
    null as self_paid_yuan,
    charge_lines
from split
where settlement_id is null
