-- Every record with something found in it; a record that is not here has none and scores 100. In
-- each dimension the findings' faults are added, up to the whole of it; the score is the mean of the
-- dimensions' by their weights (docs/quality-scores.md).
with

weight as (
    select
        max(case when name = 'completeness' then weight end) as completeness,
        max(case when name = 'validity' then weight end) as validity,
        max(case when name = 'conformity' then weight end) as conformity,
        max(case when name = 'consistency' then weight end) as consistency
    from {{ source('quality_inputs', 'weight') }}
    where kind = 'dimension'
),

fault as (
    select
        institution_code,
        feed,
        dataset,
        source_key,
        count(case when not is_exempt then 1 end) as findings,
        count(case when is_exempt then 1 end) as exempt_findings,
        least(1, coalesce(sum(case when dimension = 'completeness' then fault end), 0)) as completeness,
        least(1, coalesce(sum(case when dimension = 'validity' then fault end), 0)) as validity,
        least(1, coalesce(sum(case when dimension = 'conformity' then fault end), 0)) as conformity,
        least(1, coalesce(sum(case when dimension = 'consistency' then fault end), 0)) as consistency
    from {{ ref('stg_finding') }}
    group by institution_code, feed, dataset, source_key
),

valued as (
    select
        f.institution_code,
        f.feed,
        f.dataset,
        f.source_key,
        a.is_quarantined,
        a.arrived_date,
        a.event_date,
        f.findings,
        f.exempt_findings,
        100 * (1 - f.completeness) as completeness_score,
        100 * (1 - f.validity) as validity_score,
        100 * (1 - f.conformity) as conformity_score,
        100 * (1 - f.consistency) as consistency_score,
        100 * (
            1 - (
                w.completeness * f.completeness + w.validity * f.validity
                + w.conformity * f.conformity + w.consistency * f.consistency
            ) / (w.completeness + w.validity + w.conformity + w.consistency)
        ) as score
    from fault as f
    cross join weight as w
    inner join {{ ref('stg_arrived') }} as a
        on
            f.institution_code = a.institution_code and f.feed = a.feed
            and f.dataset = a.dataset and f.source_key = a.source_key
)

select
    v.institution_code,
    v.feed,
    v.dataset,
    v.source_key,
    d.quality_date,
    v.arrived_date,
    v.event_date,
    v.is_quarantined,
    cast(v.findings as bigint) as findings,
    cast(v.exempt_findings as bigint) as exempt_findings,
    cast(v.completeness_score as decimal(18, 2)) as completeness_score,
    cast(v.validity_score as decimal(18, 2)) as validity_score,
    cast(v.conformity_score as decimal(18, 2)) as conformity_score,
    cast(v.consistency_score as decimal(18, 2)) as consistency_score,
    cast(v.score as decimal(18, 2)) as score,
    g.grade,
    case
        when v.is_quarantined then '隔离'
        when v.findings > 0 then '有错'
        else '豁免'
    end as status
from valued as v
cross join {{ source('quality_inputs', 'quality_date') }} as d
left join {{ source('quality_inputs', 'grade') }} as g
    on cast(v.score as decimal(18, 2)) >= g.lowest_score and cast(v.score as decimal(18, 2)) < g.below_score
