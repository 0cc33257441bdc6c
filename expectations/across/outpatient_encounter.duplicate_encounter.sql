-- The same patient in the same department at the same instant, delivered again under another key
-- by the same feed: all but the smallest key.
with numbered as (
    select
        _institution, _feed, _source_key, _batch_id, encounter_no,
        row_number() over (
            partition by
                _institution, _feed, patient_no, visited_at,
                coalesce(department_code, department_name, '')
            order by _source_key
        ) as nth
    from outpatient_encounter
)

select _institution, _feed, _source_key, _batch_id, encounter_no as value
from numbered
where nth > 1
