-- How good each institution's records are, by dataset and dimension. A record's fault in a
-- dimension weighs as its gravest finding there does (blocking 1, error 0.5, warning 0.1); the
-- score is 100 less the mean fault in percent.
with

arrived as (
    select
        institution_code,
        dataset,
        count(*) as record_count,
        count(*) filter (where is_quarantined) as quarantined_count
    from {{ ref('stg_arrived') }}
    group by institution_code, dataset
),

fault as (
    select
        institution_code,
        dataset,
        dimension,
        feed,
        source_key,
        max(case severity when 'blocking' then 1.0 when 'error' then 0.5 else 0.1 end) as weight
    from {{ ref('stg_finding') }}
    group by institution_code, dataset, dimension, feed, source_key
),

faults as (
    select
        institution_code,
        dataset,
        dimension,
        count(*) as failing_count,
        sum(weight) as weight
    from fault
    group by institution_code, dataset, dimension
),

dimensions as (
    select unnest(['completeness', 'validity', 'conformity', 'consistency']) as dimension
)

select
    a.institution_code,
    a.dataset,
    d.dimension,
    cast(a.record_count as bigint) as record_count,
    cast(a.quarantined_count as bigint) as quarantined_count,
    cast(coalesce(f.failing_count, 0) as bigint) as failing_count,
    cast(round(100 * (1 - least(1, coalesce(f.weight, 0) / a.record_count)), 2) as decimal(18, 2)) as score
from arrived as a
cross join dimensions as d
left join faults as f
    on a.institution_code = f.institution_code and a.dataset = f.dataset and d.dimension = f.dimension
