-- Patients with severe mental disorder on the register, one row a registration, with the last
-- follow-up up to the last month with services.
with

as_of as (
    select
        coalesce(max(month_end), current_date) as as_of_date,
        coalesce(max_by(year_start, month_end), date_trunc('year', current_date)) as year_start
    from {{ ref('dim_month') }}
),

followup as (
    select
        f.institution_code,
        f.registration_no,
        count(distinct f.followup_date) filter (where f.followup_date between a.year_start and a.as_of_date)
            as followups_in_year,
        max_by(f, (f.followup_date, f.followup_no)) as latest
    from {{ silver('mental_followup') }} as f
    cross join as_of as a
    group by f.institution_code, f.registration_no
),

checkup as (
    select
        c.resident_id,
        bool_or(c.checked_date between a.year_start and a.as_of_date) as has_checkup_in_year
    from {{ ref('stg_health_checkup') }} as c
    cross join as_of as a
    where c.resident_id is not null
    group by c.resident_id
)

select
    m.institution_code || '|' || m.registration_no as mental_id,
    'mental_registration|' || m.institution_code || '|' || m.registration_no as form_id,
    m.institution_code,
    m.resident_id,
    m.record_no,
    p.committee_name,
    p.birth_date,
    cast(date_sub('year', p.birth_date, a.as_of_date) as integer) as age_years,
    m.mental_diagnosis_code,
    coalesce(n.name_zh, m.disease_name) as diagnosis_name,
    m.mental_diagnosis_code = '1' as is_schizophrenia,
    m.filled_date,
    least(m.closed_date, d.death_date) as closed_date,
    coalesce(f.followups_in_year, 0) > 0 and f.latest.mental_lost_code is null as is_managed,
    coalesce(f.followups_in_year, 0) >= {{ required_followups('greatest(a.year_start, m.filled_date)', 'a.as_of_date') }} as is_standard_managed,
    case
        when coalesce(f.followups_in_year, 0) = 0 or f.latest.mental_lost_code is not null then '非在管'
        when coalesce(f.followups_in_year, 0) >= {{ required_followups('greatest(a.year_start, m.filled_date)', 'a.as_of_date') }} then '规范管理'
        else '在管'
    end as management_name,
    cast(coalesce(f.followups_in_year, 0) as integer) as followups_in_year,
    f.latest.followup_date,
    f.latest.followup_method_code,
    w.name_zh as followup_method_name,
    f.latest.medication_compliance_code in ('1', '2') as is_medicated,
    coalesce(c.has_checkup_in_year, false) as has_checkup_in_year,
    f.latest.is_referred
from {{ silver('mental_registration') }} as m
cross join as_of as a
left join followup as f on m.institution_code = f.institution_code and m.registration_no = f.registration_no
left join checkup as c on m.resident_id = c.resident_id
left join {{ ref('stg_record_person') }} as p
    on m.institution_code || '|' || m.record_no = p.health_record_id
left join {{ ref('stg_death') }} as d on m.resident_id = d.resident_id
left join {{ source('standards', 'code') }} as n
    on m.mental_diagnosis_code = n.code and n.value_domain = 'KH.mental_diagnosis'
left join {{ source('standards', 'code') }} as w
    on f.latest.followup_method_code = w.code and w.value_domain = 'KH.followup_method'
