-- The later of two handbooks of one woman whose last menses are less than 60 days apart.
with ordered as (
    select
        _institution, _feed, _source_key, _batch_id, maternal_handbook_no, last_menses_date,
        lag(last_menses_date) over (
            partition by resident_id order by created_date, maternal_handbook_no
        ) as earlier_date
    from maternal_handbook
    where resident_id is not null and last_menses_date is not null
)

select
    _institution, _feed, _source_key, _batch_id, maternal_handbook_no as value
from ordered
where abs(datediff(last_menses_date, earlier_date)) < 60
