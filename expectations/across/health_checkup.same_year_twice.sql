-- A person's second check-up of a year in the same institution (S1-3.2.2.1); two feeds may deliver
-- one check-up, so the number tells.
with numbered as (
    select
        _institution, _feed, _source_key, _batch_id, checked_date,
        dense_rank() over (
            partition by _institution, record_no, year(checked_date)
            order by checked_date, checkup_no
        ) as nth
    from health_checkup
)

select _institution, _feed, _source_key, _batch_id, cast(checked_date as string) as value
from numbered
where nth > 1
