-- One row a child's handbook, with the day of each visit by month of age, as of the last month with
-- services. Systematic: no visit that has fallen due (with the days of grace) is missing.
with

as_of as (
    select coalesce(max(month_end), current_date) as as_of_date
    from {{ ref('dim_month') }}
),

visit as (
    select
        child_id,
        min(visited_date) filter (where stage_months = 0) as visited_0_date,
        min(visited_date) filter (where stage_months = 1) as visited_1_date,
        min(visited_date) filter (where stage_months = 3) as visited_3_date,
        min(visited_date) filter (where stage_months = 6) as visited_6_date,
        min(visited_date) filter (where stage_months = 8) as visited_8_date,
        min(visited_date) filter (where stage_months = 12) as visited_12_date,
        min(visited_date) filter (where stage_months = 18) as visited_18_date,
        min(visited_date) filter (where stage_months = 24) as visited_24_date,
        min(visited_date) filter (where stage_months = 30) as visited_30_date,
        min(visited_date) filter (where stage_months = 36) as visited_36_date,
        min(visited_date) filter (where stage_months = 48) as visited_48_date,
        min(visited_date) filter (where stage_months = 60) as visited_60_date,
        min(visited_date) filter (where stage_months = 72) as visited_72_date,
        count(*) as visit_count
    from {{ ref('fct_child_visit') }}
    group by child_id
),

gap as (
    select
        child_id,
        count(*) as missed_visits
    from {{ ref('stg_child_stage') }}
    cross join as_of
    where due_date <= as_of_date and visited_date is null
    group by child_id
)

select
    h.institution_code || '|' || h.child_handbook_no as child_id,
    'child_handbook|' || h.institution_code || '|' || h.child_handbook_no as form_id,
    h.institution_code,
    h.resident_id,
    h.child_handbook_no,
    h.record_no,
    h.created_date,
    h.sex_code,
    h.birth_date,
    h.address_village as committee_name,
    coalesce(h.is_moved_out, false) as is_moved_out,
    h.moved_out_date,
    least(h.moved_out_date, d.death_date, h.closed_date) as closed_date,
    coalesce(h.is_high_risk, false) as is_high_risk,
    h.birth_date > a.as_of_date - interval '7' year as is_child_0_6,
    v.visited_0_date,
    v.visited_1_date,
    v.visited_3_date,
    v.visited_6_date,
    v.visited_8_date,
    v.visited_12_date,
    v.visited_18_date,
    v.visited_24_date,
    v.visited_30_date,
    v.visited_36_date,
    v.visited_48_date,
    v.visited_60_date,
    v.visited_72_date,
    cast(coalesce(v.visit_count, 0) as integer) as visit_count,
    coalesce(v.visit_count, 0) > 0 as is_managed,
    cast(coalesce(g.missed_visits, 0) as integer) as missed_visits,
    coalesce(v.visit_count, 0) > 0 and coalesce(g.missed_visits, 0) = 0 as is_system_managed
from {{ silver('child_handbook') }} as h
cross join as_of as a
left join visit as v on h.institution_code || '|' || h.child_handbook_no = v.child_id
left join gap as g on h.institution_code || '|' || h.child_handbook_no = g.child_id
left join {{ ref('stg_death') }} as d on h.resident_id = d.resident_id
