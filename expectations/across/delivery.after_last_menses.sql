-- A delivery dated before the pregnancy that its handbook tells of began.
select
    birth._institution, birth._feed, birth._source_key, birth._batch_id,
    cast(birth.delivered_at as string) as value
from delivery as birth
inner join maternal_handbook as book
    on birth.maternal_handbook_no = book.maternal_handbook_no
    and birth.resident_id = book.resident_id
where cast(birth.delivered_at as date) <= book.last_menses_date
