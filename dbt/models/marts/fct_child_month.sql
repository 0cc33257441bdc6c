-- Children with at least one visit from the new year to the month's end, and whether none of the
-- visits that fell due in that time is missing.
with

visited as (
    select
        v.institution_code,
        v.child_id,
        p.period_month,
        p.year_start,
        p.month_end,
        any_value(v.resident_id) as resident_id,
        any_value(v.birth_date) as birth_date,
        count(distinct v.stage_months) as visited_stages
    from {{ ref('fct_child_visit') }} as v
    inner join {{ ref('dim_month') }} as p on v.visited_date between p.year_start and p.month_end
    where v.birth_date > p.month_end - interval '7' year
    group by v.institution_code, v.child_id, p.period_month, p.year_start, p.month_end
),

missed as (
    select
        s.child_id,
        p.period_month,
        count(*) as missed_stages
    from {{ ref('stg_child_stage') }} as s
    inner join {{ ref('dim_month') }} as p
        on
            s.due_date between p.year_start and p.month_end
            and (s.visited_date is null or s.visited_date > p.month_end)
    group by s.child_id, p.period_month
)

select
    v.institution_code,
    v.child_id,
    v.resident_id,
    v.birth_date,
    v.period_month,
    cast(v.visited_stages as integer) as visited_stages,
    cast(coalesce(m.missed_stages, 0) as integer) as missed_stages,
    coalesce(m.missed_stages, 0) = 0 as is_system_managed
from visited as v
left join missed as m on v.child_id = m.child_id and v.period_month = m.period_month
