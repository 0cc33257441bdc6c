-- Two records of one person in an institution: name and birth date, and the ID number or, where
-- one of them lacks it, a phone number of theirs (S1-3.11.2.3): on the later one.
select distinct
    later._institution, later._feed, later._source_key, later._batch_id, later.name as value
from resident_record as later
inner join resident_record as other
    on later._institution = other._institution
    and later.name = other.name
    and later.birth_date = other.birth_date
where
    concat(cast(later.created_date as string), '/', later.record_no)
    > concat(cast(other.created_date as string), '/', other.record_no)
    and (
        later.id_no = other.id_no
        or (
            (later.id_no is null or other.id_no is null)
            and (later.phone_no = other.phone_no or later.contact_phone_no = other.contact_phone_no)
        )
    )
