-- Chronic disease (hypertension, type 2 diabetes) of people with an open health record: since when
-- it is diagnosed anywhere, and since when it is managed.
with

diagnosed as (
    select
        resident_id,
        min(diagnosed_date) as diagnosed_date
    from {{ ref('fct_diagnosis') }}
    where regexp_matches(diagnosis_code, '^(I1[0-5]|E11)')
    group by resident_id
),

managed as (
    select
        resident_id,
        min(registered_date) as registered_date,
        min(coalesce(confirmed_date, registered_date)) as confirmed_date,
        case when bool_and(closed_date is not null) then max(closed_date) end as closed_date
    from {{ ref('fct_programme') }}
    where programme_code in ('1', '2')
    group by resident_id
)

select
    r.health_record_id,
    r.institution_code,
    r.resident_id,
    r.created_date,
    r.closed_date as record_closed_date,
    cast(least(d.diagnosed_date, m.confirmed_date) as date) as diagnosed_date,
    m.registered_date,
    m.closed_date
from {{ ref('fct_health_record') }} as r
left join diagnosed as d on r.resident_id = d.resident_id
left join managed as m on r.resident_id = m.resident_id
where r.resident_id is not null and coalesce(d.diagnosed_date, m.confirmed_date) is not null
