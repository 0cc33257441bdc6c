-- Guidance for small children in the record of somebody who is seven or older.
select
    form._institution, form._feed, form._source_key, form._batch_id,
    cast(form.guided_date as string) as value
from tcm_child_guidance as form
inner join resident_record as record
    on form._institution = record._institution and form.record_no = record.record_no
where year(form.guided_date) - year(record.birth_date) > 7
