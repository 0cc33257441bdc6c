-- Record quality by organisation and subject on the quality date: score and grade, the place among
-- the organisations of the level, the place on the quality date before, the distance to the target.
with

dataset_weight as (
    select
        p.dataset,
        p.programme,
        coalesce(w.weight, 1) as weight
    from {{ source('quality_inputs', 'programme') }} as p
    left join {{ source('quality_inputs', 'weight') }} as w on p.dataset = w.name and w.kind = 'dataset'
),

lost as (
    select
        s.level,
        s.organisation_code,
        l.dataset,
        d.programme,
        d.weight,
        l.subject_kind,
        l.subject,
        sum(l.record_count) as record_count,
        sum(l.failing_count) as failing_count,
        sum(l.lost) as lost
    from {{ ref('stg_quality_lost') }} as l
    inner join {{ ref('dim_organisation_scope') }} as s on l.institution_code = s.institution_code
    inner join dataset_weight as d on l.dataset = d.dataset
    group by s.level, s.organisation_code, l.dataset, d.programme, d.weight, l.subject_kind, l.subject
),

-- A dataset or a rule is valued by itself, so its weight against other datasets does not matter.
subjects as (
    select
        level,
        organisation_code,
        subject_kind,
        subject,
        record_count,
        failing_count,
        lost,
        case when subject_kind = 'rule' then 1 else weight end as weight
    from lost
    union all
    select
        level,
        organisation_code,
        'dataset' as subject_kind,
        dataset as subject,
        record_count,
        failing_count,
        lost,
        1 as weight
    from lost
    where subject_kind = 'all'
    union all
    select
        level,
        organisation_code,
        'programme' as subject_kind,
        programme as subject,
        record_count,
        failing_count,
        lost,
        weight
    from lost
    where subject_kind = 'all'
),

scored as (
    select
        level,
        organisation_code,
        subject_kind,
        subject,
        sum(record_count) as record_count,
        sum(failing_count) as failing_count,
        cast(round(100 - sum(weight * lost) / nullif(sum(weight * record_count), 0), 2) as decimal(18, 2)) as score
    from subjects
    group by level, organisation_code, subject_kind, subject
),

ranked as (
    select
        *,
        rank() over (partition by level, subject_kind, subject order by score desc nulls last) as place
    from scored
),

programme_name as (
    select distinct
        programme,
        name
    from {{ source('quality_inputs', 'programme') }}
),

before as (
    select h.*
    from {{ source('quality_inputs', 'score_history') }} as h
    where
        h.quality_date = (
            select max(e.quality_date)
            from {{ source('quality_inputs', 'score_history') }} as e
            inner join {{ source('quality_inputs', 'quality_date') }} as d on e.quality_date < d.quality_date
        )
)

select
    d.quality_date,
    r.level,
    r.organisation_code,
    r.subject_kind,
    r.subject,
    case r.subject_kind
        when 'dimension'
            then
                case r.subject
                    when 'completeness' then '完整性'
                    when 'validity' then '有效性'
                    when 'conformity' then '规范性'
                    else '一致性'
                end
        when 'dataset' then n.dataset_name
        when 'programme' then p.name
        when 'rule' then u.sentence
        else '总分'
    end as subject_name,
    cast(r.record_count as bigint) as record_count,
    cast(r.failing_count as bigint) as failing_count,
    r.score,
    g.grade,
    cast(r.place as integer) as rank,
    b.quality_date as last_quality_date,
    b.score as last_score,
    b.rank as last_rank,
    cast(t.target as decimal(18, 2)) as target,
    cast(r.score - t.target as decimal(18, 2)) as target_difference
from ranked as r
cross join {{ source('quality_inputs', 'quality_date') }} as d
left join {{ source('quality_inputs', 'grade') }} as g on r.score >= g.lowest_score and r.score < g.below_score
left join {{ source('quality_inputs', 'target') }} as t
    on r.subject_kind = t.subject_kind and r.subject = t.subject
left join before as b
    on
        r.level = b.level and r.organisation_code = b.organisation_code
        and r.subject_kind = b.subject_kind and r.subject = b.subject
left join {{ source('quality_inputs', 'programme') }} as n
    on r.subject_kind = 'dataset' and r.subject = n.dataset
left join {{ source('quality_inputs', 'rule') }} as u on r.subject_kind = 'rule' and r.subject = u.rule
left join programme_name as p on r.subject_kind = 'programme' and r.subject = p.programme
