-- Each finding, with what it takes of its dimension (0 to 1): nothing while it is exempt.
with

record_exception as (
    select
        institution_code,
        feed,
        source_key,
        rule,
        max(until_date) as until_date
    from {{ source('quality_inputs', 'exception') }}
    where source_key is not null
    group by institution_code, feed, source_key, rule
),

institution_exception as (
    select
        institution_code,
        rule,
        max(until_date) as until_date
    from {{ source('quality_inputs', 'exception') }}
    where source_key is null
    group by institution_code, rule
),

severity as (
    select
        name,
        weight
    from {{ source('quality_inputs', 'weight') }}
    where kind = 'severity'
)

select
    f.institution as institution_code,
    f.feed,
    f.dataset,
    f.source_key,
    f."column" as column_name,
    f.rule,
    f.dimension,
    f.severity,
    f.mend,
    coalesce(r.until_date, i.until_date) is not null as is_exempt,
    case
        when coalesce(r.until_date, i.until_date) is not null then 0.0
        else coalesce(s.weight, 0.0) * coalesce(w.factor, 1.0)
    end as fault
from {{ source('quality', 'findings') }} as f
left join severity as s on f.severity = s.name
left join {{ source('quality_inputs', 'rule') }} as w on f.rule = w.rule
left join record_exception as r
    on
        f.institution = r.institution_code and f.feed = r.feed
        and f.source_key = r.source_key and f.rule = r.rule
left join institution_exception as i on f.institution = i.institution_code and f.rule = i.rule
