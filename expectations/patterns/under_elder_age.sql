-- A form for elders about somebody who does not reach the age in that year.
select
    form._institution, form._feed, form._source_key, form._batch_id,
    cast(form.{column} as string) as value
from {dataset} as form
inner join resident_record as record
    on form._institution = record._institution and form.record_no = record.record_no
where year(form.{column}) - year(record.birth_date) < {elder_age}
