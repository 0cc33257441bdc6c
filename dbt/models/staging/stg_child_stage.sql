-- Every visit that the norm asks for of each child, when it is due at the latest, and when it was.
with

stage as (
    select unnest([0, 1, 3, 6, 8, 12, 18, 24, 30, 36, 48, 60, 72]) as stage_months
),

visited as (
    select
        institution_code || '|' || child_handbook_no as child_id,
        stage_months,
        min(visited_date) as visited_date
    from {{ ref('stg_child_visit') }}
    group by child_id, stage_months
),

due as (
    select
        h.institution_code,
        h.institution_code || '|' || h.child_handbook_no as child_id,
        h.created_date,
        s.stage_months,
        cast(
            h.birth_date + to_months(s.stage_months) + interval '{{ parameter('child_visit_grace_days') }}' day as date
        ) as due_date
    from {{ silver('child_handbook') }} as h
    cross join stage as s
)

select
    d.institution_code,
    d.child_id,
    d.stage_months,
    d.due_date,
    v.visited_date
from due as d
left join visited as v on d.child_id = v.child_id and d.stage_months = v.stage_months
-- What was due before the handbook was made is not its institution's to answer for.
where d.due_date >= d.created_date
