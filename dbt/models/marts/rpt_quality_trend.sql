-- The scores month by month for two years: of each month, those of its last quality date. Single
-- rules are followed for the city and its counties.
with

everything as (
    select
        h.quality_date,
        h.level,
        h.organisation_code,
        h.subject_kind,
        h.subject,
        h.score,
        h.grade,
        h.rank
    from {{ source('quality_inputs', 'score_history') }} as h
    cross join {{ source('quality_inputs', 'quality_date') }} as d
    where h.quality_date < d.quality_date
    union all
    select
        quality_date,
        level,
        organisation_code,
        subject_kind,
        subject,
        score,
        grade,
        rank
    from {{ ref('rpt_quality') }}
),

months as (
    select
        cast(date_trunc('month', quality_date) as date) as period_month,
        max(quality_date) as quality_date
    from everything
    group by date_trunc('month', quality_date)
)

select
    m.period_month,
    e.quality_date,
    e.level,
    e.organisation_code,
    e.subject_kind,
    e.subject,
    e.score,
    e.grade,
    e.rank
from everything as e
inner join months as m on e.quality_date = m.quality_date
cross join {{ source('quality_inputs', 'quality_date') }} as d
where
    m.period_month >= date_trunc('month', d.quality_date) - interval '23' month
    and not (e.level = 'institution' and e.subject_kind = 'rule')
