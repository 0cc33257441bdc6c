-- Who was managed for what, in whose area, from the new year to the end of each month: one row for
-- a person with at least one follow-up in that time. Made for each organisation of every level, so
-- that somebody who moved between two institutions of a county is one person with one latest
-- follow-up there.
with

followup as (
    select
        s.level,
        s.organisation_code,
        f.*
    from {{ ref('fct_followup') }} as f
    inner join {{ ref('dim_organisation_scope') }} as s on f.institution_code = s.institution_code
    where f.resident_id is not null
),

in_year as (
    select
        f.level,
        f.organisation_code,
        f.programme_code,
        f.resident_id,
        p.period_month,
        p.year_start,
        p.month_end,
        count(distinct f.followup_date) as followup_days,
        max_by(f, (f.followup_date, f.followup_id)) as latest
    from followup as f
    inner join {{ ref('dim_month') }} as p on f.followup_date between p.year_start and p.month_end
    group by f.level, f.organisation_code, f.programme_code, f.resident_id, p.period_month, p.year_start, p.month_end
),

first_followup as (
    select
        organisation_code,
        programme_code,
        resident_id,
        min(followup_date) as first_date
    from followup
    group by organisation_code, programme_code, resident_id
),

registration as (
    select
        s.organisation_code,
        r.programme_code,
        r.resident_id,
        min(r.registered_date) as registered_date,
        -- Closed only when every registration in the area is.
        case when bool_and(r.closed_date is not null) then max(r.closed_date) end as closed_date
    from {{ ref('fct_programme') }} as r
    inner join {{ ref('dim_organisation_scope') }} as s on r.institution_code = s.institution_code
    where r.resident_id is not null
    group by s.organisation_code, r.programme_code, r.resident_id
),

checkup as (
    select distinct
        s.organisation_code,
        c.resident_id,
        p.period_month
    from {{ ref('fct_checkup') }} as c
    inner join {{ ref('dim_organisation_scope') }} as s on c.institution_code = s.institution_code
    inner join {{ ref('dim_month') }} as p
        on c.checked_date between p.period_month - interval '11' month and p.month_end
),

dated as (
    select
        y.level,
        y.organisation_code,
        y.programme_code,
        y.resident_id,
        y.period_month,
        y.followup_days,
        y.latest.followup_id as latest_followup_id,
        y.latest.followup_date as latest_followup_date,
        y.latest.systolic_mmhg as latest_systolic_mmhg,
        y.latest.diastolic_mmhg as latest_diastolic_mmhg,
        y.latest.fasting_glucose_mmol_l as latest_fasting_glucose_mmol_l,
        cast(date_sub('year', i.birth_date, y.latest.followup_date) as integer) as latest_age_years,
        least(r.registered_date, f.first_date) as managed_since,
        date_diff(
            'day',
            greatest(y.year_start, least(r.registered_date, f.first_date)),
            least(y.month_end, r.closed_date, d.death_date)
        ) + 1 as managed_days,
        c.resident_id is not null as has_checkup
    from in_year as y
    inner join first_followup as f
        on
            y.organisation_code = f.organisation_code
            and y.programme_code = f.programme_code
            and y.resident_id = f.resident_id
    left join registration as r
        on
            y.organisation_code = r.organisation_code
            and y.programme_code = r.programme_code
            and y.resident_id = r.resident_id
    left join checkup as c
        on
            y.organisation_code = c.organisation_code
            and y.resident_id = c.resident_id
            and y.period_month = c.period_month
    left join {{ ref('stg_death') }} as d on y.resident_id = d.resident_id
    left join {{ ref('stg_resident') }} as i on y.resident_id = i.resident_id
)

select
    level,
    organisation_code,
    programme_code,
    resident_id,
    period_month,
    managed_since,
    cast(greatest(managed_days, 0) as integer) as managed_days,
    cast(followup_days as integer) as followup_days,
    cast(greatest(1, least(
        {{ parameter('followup_cap') }},
        floor(managed_days / {{ parameter('followup_interval_days') }})
    )) as integer) as required_followups,
    has_checkup,
    latest_followup_id,
    latest_followup_date,
    latest_systolic_mmhg,
    latest_diastolic_mmhg,
    latest_fasting_glucose_mmol_l,
    latest_age_years
from dated
