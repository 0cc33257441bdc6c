-- The second of two uncontrolled follow-ups in a row, when it did not refer the patient.
with ordered as (
    select
        _institution, _feed, _source_key, _batch_id, classification_code, is_referred,
        lag(classification_code) over person as previous_code
    from hypertension_followup
    window person as (
        partition by coalesce(resident_id, concat(_institution, '/', record_no))
        order by followup_date, _source_key
    )
)

select _institution, _feed, _source_key, _batch_id, cast(is_referred as string) as value
from ordered
where classification_code = '2' and previous_code = '2' and not coalesce(is_referred, false)
