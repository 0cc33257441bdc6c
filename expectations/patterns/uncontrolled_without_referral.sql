-- From the nth uncontrolled follow-up in a row on, each that did not refer the patient.
with ordered as (
    select
        _institution, _feed, _source_key, _batch_id, classification_code, is_referred,
        followup_date, coalesce(resident_id, concat(_institution, '/', record_no)) as person,
        sum(case when classification_code = '2' then 0 else 1 end) over (
            partition by coalesce(resident_id, concat(_institution, '/', record_no))
            order by followup_date, _source_key
            rows between unbounded preceding and current row
        ) as streak
    from {dataset}
),

counted as (
    select
        *,
        row_number() over (
            partition by person, streak order by followup_date, _source_key
        ) as nth
    from ordered
    where classification_code = '2'
)

select _institution, _feed, _source_key, _batch_id, cast(is_referred as string) as value
from counted
where nth >= {uncontrolled_referral_count} and not coalesce(is_referred, false)
