-- One valid ID number on two people of one institution: on the one whose birth date it does not
-- fit; where it fits both or neither, on the later one.
with numbered as (
    select
        _institution, _feed, _source_key, _batch_id, name, birth_date, id_no, registered_at,
        replace(cast(birth_date as string), '-', '') = substr(id_no, 7, 8) as fits
    from patient
    where valid_id_no
)

select distinct
    later._institution, later._feed, later._source_key, later._batch_id, later.id_no as value
from numbered as later
inner join numbered as other
    on later._institution = other._institution and later.id_no = other.id_no
where
    later.name <> other.name and later.birth_date <> other.birth_date
    and (
        (other.fits and not later.fits)
        or (
            other.fits = later.fits
            and concat(
                coalesce(cast(later.registered_at as string), ''), later._feed, later._source_key
            ) > concat(
                coalesce(cast(other.registered_at as string), ''), other._feed, other._source_key
            )
        )
    )
