-- By institution, dataset and subject: how many records, how many failing, and the points that they
-- lost of 100 each. Subjects: all, each dimension, and each rule that anything in the city fails.
{{ config(materialized='table') }}

with

arrived as (
    select
        institution_code,
        dataset,
        count(*) as record_count
    from {{ ref('stg_arrived') }}
    group by institution_code, dataset
),

whole as (
    select
        institution_code,
        dataset,
        count(case when score < 100 or is_quarantined then 1 end) as failing_count,
        sum(100 - score) as lost
    from {{ ref('fct_quality_record') }}
    group by institution_code, dataset
),

scored as (
    select
        institution_code,
        dataset,
        'completeness' as dimension,
        completeness_score as score
    from {{ ref('fct_quality_record') }}
    union all
    select
        institution_code,
        dataset,
        'validity' as dimension,
        validity_score as score
    from {{ ref('fct_quality_record') }}
    union all
    select
        institution_code,
        dataset,
        'conformity' as dimension,
        conformity_score as score
    from {{ ref('fct_quality_record') }}
    union all
    select
        institution_code,
        dataset,
        'consistency' as dimension,
        consistency_score as score
    from {{ ref('fct_quality_record') }}
),

dimension_lost as (
    select
        institution_code,
        dataset,
        dimension,
        count(case when score < 100 then 1 end) as failing_count,
        sum(100 - score) as lost
    from scored
    group by institution_code, dataset, dimension
),

dimensions as (
    select name as dimension
    from {{ source('quality_inputs', 'weight') }}
    where kind = 'dimension'
),

broken as (
    select distinct
        institution_code,
        feed,
        dataset,
        source_key,
        rule
    from {{ ref('stg_finding') }}
    where not is_exempt
),

by_rule as (
    select
        institution_code,
        dataset,
        rule,
        count(*) as failing_count
    from broken
    group by institution_code, dataset, rule
),

rules as (
    select distinct
        dataset,
        rule
    from by_rule
)

select
    a.institution_code,
    a.dataset,
    'all' as subject_kind,
    '' as subject,
    a.record_count,
    coalesce(w.failing_count, 0) as failing_count,
    coalesce(w.lost, 0) as lost
from arrived as a
left join whole as w on a.institution_code = w.institution_code and a.dataset = w.dataset
union all
select
    a.institution_code,
    a.dataset,
    'dimension' as subject_kind,
    d.dimension as subject,
    a.record_count,
    coalesce(f.failing_count, 0) as failing_count,
    coalesce(f.lost, 0) as lost
from arrived as a
cross join dimensions as d
left join dimension_lost as f
    on a.institution_code = f.institution_code and a.dataset = f.dataset and d.dimension = f.dimension
union all
select
    a.institution_code,
    a.dataset,
    'rule' as subject_kind,
    r.rule as subject,
    a.record_count,
    coalesce(b.failing_count, 0) as failing_count,
    100 * coalesce(b.failing_count, 0) as lost
from arrived as a
inner join rules as r on a.dataset = r.dataset
left join by_rule as b
    on a.institution_code = b.institution_code and a.dataset = b.dataset and r.rule = b.rule
