-- TCM guidance of children of 0 to 36 months: at which age, mastered or not, how satisfied.
select
    g.institution_code || '|' || g.guidance_no as guidance_id,
    case
        when g.child_handbook_no is not null
            then 'child_handbook|' || g.institution_code || '|' || g.child_handbook_no
        else 'resident_record|' || g.institution_code || '|' || g.record_no
    end as form_id,
    g.institution_code,
    coalesce(g.resident_id, h.resident_id, p.resident_id) as resident_id,
    coalesce(g.record_no, g.child_handbook_no) as record_no,
    coalesce(h.sex_code, p.sex_code) as sex_code,
    coalesce(h.birth_date, p.birth_date) as birth_date,
    cast(date_diff('month', coalesce(h.birth_date, p.birth_date), g.guided_date) as integer) as age_months,
    coalesce(h.address_village, p.committee_name) as committee_name,
    g.guided_date,
    cast(try_cast(g.tcm_child_age_code as integer) as integer) as stage_months,
    g.tcm_child_guidance_codes is not null as is_guided,
    g.tcm_child_guidance_codes,
    m.name_zh as mastery_name,
    s.name_zh as satisfaction_name
from {{ silver('tcm_child_guidance') }} as g
left join {{ silver('child_handbook') }} as h
    on g.institution_code = h.institution_code and g.child_handbook_no = h.child_handbook_no
left join {{ ref('stg_record_person') }} as p
    on g.institution_code || '|' || g.record_no = p.health_record_id
left join {{ source('standards', 'code') }} as m
    on g.parent_mastery_code = m.code and m.value_domain = 'KH.mastery'
left join {{ source('standards', 'code') }} as s
    on g.satisfaction_code = s.code and s.value_domain = 'KH.tcm_satisfaction'
