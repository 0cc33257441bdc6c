-- How good each institution's records are, by dataset and dimension: the mean of its records'
-- scores there. A record without a finding scores 100.
with

quarantined as (
    select
        institution_code,
        dataset,
        count(*) as quarantined_count
    from {{ ref('stg_arrived') }}
    where is_quarantined
    group by institution_code, dataset
)

select
    l.institution_code,
    l.dataset,
    l.subject as dimension,
    cast(l.record_count as bigint) as record_count,
    cast(coalesce(q.quarantined_count, 0) as bigint) as quarantined_count,
    cast(l.failing_count as bigint) as failing_count,
    cast(round(100 - l.lost / l.record_count, 2) as decimal(18, 2)) as score
from {{ ref('stg_quality_lost') }} as l
left join quarantined as q on l.institution_code = q.institution_code and l.dataset = q.dataset
where l.subject_kind = 'dimension'
