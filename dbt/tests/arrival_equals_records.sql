-- Arrivals and quality scores count the same records.
with

arrived as (
    select
        institution_code,
        dataset,
        sum(record_count) as records
    from {{ ref('rpt_arrival') }}
    group by institution_code, dataset
)

select
    s.institution_code,
    s.dataset,
    s.dimension
from {{ ref('rpt_quality_score') }} as s
left join arrived as a on s.institution_code = a.institution_code and s.dataset = a.dataset
where s.record_count is distinct from a.records
