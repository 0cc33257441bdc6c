-- Outpatient visits with what makes them TCM: a TCM diagnosis or department, or a TCM treatment that
-- is not a drug (acupuncture, moxibustion, cupping, massage and their like in the charges).
with

treated as (
    select distinct
        institution_code,
        encounter_no
    from {{ ref('stg_charge_detail') }}
    where encounter_no is not null and regexp_matches(item_name, '针刺|电针|针灸|艾灸|灸法|推拿|拔罐|刮痧|穴位|敷贴|熏洗|中药泡洗|耳穴|小针刀|正骨')
)

select
    e.encounter_id,
    e.institution_code,
    e.resident_id,
    e.visited_date,
    coalesce(e.tcm_disease_code, e.tcm_disease_name) is not null
    or coalesce(regexp_matches(e.department_name, '中医|针灸|推拿'), false)
    or t.encounter_no is not null as is_tcm,
    t.encounter_no is not null as is_tcm_non_drug
from {{ ref('fct_encounter') }} as e
left join treated as t on e.institution_code = t.institution_code and e.encounter_no = t.encounter_no
