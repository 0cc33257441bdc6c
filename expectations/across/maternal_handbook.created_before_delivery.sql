-- A handbook opened after the delivery that names it. A delivery that cannot belong to the pregnancy
-- is delivery.after_last_menses' matter.
select
    book._institution, book._feed, book._source_key, book._batch_id,
    cast(book.created_date as string) as value
from maternal_handbook as book
inner join delivery as birth
    on book.maternal_handbook_no = birth.maternal_handbook_no
    and book.resident_id = birth.resident_id
where book.created_date > cast(birth.delivered_at as date)
    and datediff(cast(birth.delivered_at as date), book.last_menses_date) >= 140
