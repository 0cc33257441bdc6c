-- Two open cards of one person for one disease in an institution: all but the first.
with numbered as (
    select
        _institution, _feed, _source_key, _batch_id, registration_no,
        dense_rank() over (
            partition by _institution, record_no, programme_code
            order by registered_date, registration_no
        ) as nth
    from chronic_registration
    where closed_date is null
)

select _institution, _feed, _source_key, _batch_id, registration_no as value
from numbered
where nth > 1
