-- What the lake holds from whom, by the day on which it arrived, and what days it is about.
select
    institution_code,
    feed,
    dataset,
    arrived_date,
    cast(count(*) as bigint) as record_count,
    cast(count(*) filter (where is_quarantined) as bigint) as quarantined_count,
    min(event_date) as first_event_date,
    max(event_date) as last_event_date
from {{ ref('stg_arrived') }}
group by institution_code, feed, dataset, arrived_date
