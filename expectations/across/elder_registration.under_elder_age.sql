-- A form for elders about somebody who does not reach 65 in that year.
select
    form._institution, form._feed, form._source_key, form._batch_id,
    cast(form.registered_date as string) as value
from elder_registration as form
inner join resident_record as record
    on form._institution = record._institution and form.record_no = record.record_no
where year(form.registered_date) - year(record.birth_date) < 65
