-- TCM constitution of elders: identified, guided, effect, satisfaction.
select
    t.institution_code || '|' || t.identification_no as identification_id,
    'resident_record|' || t.institution_code || '|' || t.record_no as form_id,
    t.institution_code,
    t.resident_id,
    t.record_no,
    p.committee_name,
    i.birth_date,
    cast(date_sub('year', i.birth_date, t.identified_date) as integer) as age_years,
    t.identified_date,
    t.main_constitution_code,
    c.name_zh as constitution_name,
    t.doctor_name,
    t.tcm_guidance_codes is not null as is_guided,
    t.guidance_effect,
    s.name_zh as satisfaction_name,
    t.next_guidance_date
from {{ silver('tcm_constitution') }} as t
inner join {{ ref('stg_resident') }} as i on t.resident_id = i.resident_id
left join {{ ref('stg_record_person') }} as p
    on t.institution_code || '|' || t.record_no = p.health_record_id
left join {{ source('standards', 'code') }} as c
    on t.main_constitution_code = c.code and c.value_domain = 'KH.constitution'
left join {{ source('standards', 'code') }} as s
    on t.satisfaction_code = s.code and s.value_domain = 'KH.tcm_satisfaction'
where i.birth_date <= t.identified_date - interval '{{ parameter('elder_age') }}' year
