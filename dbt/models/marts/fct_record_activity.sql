-- The months in which something happened to the person of a health record.
select
    r.health_record_id,
    r.institution_code,
    r.resident_id,
    r.created_date,
    r.closed_date,
    cast(date_trunc('month', a.activity_date) as date) as activity_month,
    cast(count(*) as bigint) as activities,
    max(a.activity_date) as last_activity_date
from {{ ref('fct_health_record') }} as r
inner join {{ ref('stg_activity') }} as a on r.resident_id = a.resident_id
group by all
