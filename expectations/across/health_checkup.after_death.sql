-- A service dated after the day its resident died (deaths: spark_jobs/across.py).
select
    event._institution, event._feed, event._source_key, event._batch_id,
    cast(event.checked_date as string) as value
from health_checkup as event
inner join death on event.resident_id = death.resident_id
where cast(event.checked_date as date) > death.death_date
