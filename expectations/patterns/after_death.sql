-- A service dated after the day its resident died (deaths: spark_jobs/across.py).
select
    event._institution, event._feed, event._source_key, event._batch_id,
    cast(event.{column} as string) as value
from {dataset} as event
inner join death on event.resident_id = death.resident_id
where cast(event.{column} as date) > death.death_date
    and not ({unless})
