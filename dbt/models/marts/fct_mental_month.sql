-- Registered patients with severe mental disorder, by organisation of every level and month: what
-- their follow-ups from the new year to the month's end say.
with

registered as (
    select
        s.level,
        s.organisation_code,
        m.resident_id,
        min(m.filled_date) as registered_date,
        case when bool_and(m.closed_date is not null) then max(m.closed_date) end as closed_date,
        bool_or(coalesce(m.is_schizophrenia, false)) as is_schizophrenia
    from {{ ref('fct_mental') }} as m
    inner join {{ ref('dim_organisation_scope') }} as s on m.institution_code = s.institution_code
    where m.resident_id is not null
    group by s.level, s.organisation_code, m.resident_id
),

followup as (
    select
        s.organisation_code,
        f.resident_id,
        p.period_month,
        count(distinct f.followup_date) as followup_days,
        bool_or(f.followup_method_code in ('1', '2')) as is_visited,
        max_by(f.medication_compliance_code, (f.followup_date, f.followup_no)) as medication_compliance_code,
        max_by(coalesce(f.mental_lost_code, ''), (f.followup_date, f.followup_no)) as lost_code
    from {{ silver('mental_followup') }} as f
    inner join {{ ref('dim_organisation_scope') }} as s on f.institution_code = s.institution_code
    inner join {{ ref('dim_month') }} as p on f.followup_date between p.year_start and p.month_end
    where f.resident_id is not null
    group by s.organisation_code, f.resident_id, p.period_month
),

checkup as (
    select distinct
        c.resident_id,
        p.period_month
    from {{ ref('stg_health_checkup') }} as c
    inner join {{ ref('dim_month') }} as p on c.checked_date between p.year_start and p.month_end
)

select
    r.level,
    r.organisation_code,
    r.resident_id,
    p.period_month,
    r.is_schizophrenia,
    cast(coalesce(f.followup_days, 0) as integer) as followup_days,
    coalesce(f.followup_days, 0) > 0 and f.lost_code = '' as is_managed,
    coalesce(f.followup_days, 0) >= {{ required_followups('greatest(p.year_start, r.registered_date)', 'p.month_end') }} and f.lost_code = '' as is_standard_managed,
    coalesce(f.medication_compliance_code in ('1', '2'), false) as is_medicated,
    coalesce(f.medication_compliance_code = '1', false) as is_regularly_medicated,
    coalesce(f.is_visited, false) as is_visited,
    c.resident_id is not null as has_checkup
from registered as r
inner join {{ ref('dim_month') }} as p
    on r.registered_date <= p.month_end and (r.closed_date is null or r.closed_date > p.month_end)
left join followup as f
    on r.organisation_code = f.organisation_code and r.resident_id = f.resident_id and p.period_month = f.period_month
left join checkup as c on r.resident_id = c.resident_id and p.period_month = c.period_month
