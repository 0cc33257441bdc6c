-- A person's three latest follow-ups, on different days, measured exactly alike: on the latest.
with ordered as (
    select
        _institution, _feed, _source_key, _batch_id, followup_date, fasting_glucose_mmol_l,
        row_number() over latest as nth,
        lead(followup_date, 1) over latest as date_1, lead(followup_date, 2) over latest as date_2,
        lead(fasting_glucose_mmol_l, 1) over latest as glucose_1,
        lead(fasting_glucose_mmol_l, 2) over latest as glucose_2
    from diabetes_followup
    where fasting_glucose_mmol_l is not null
    window latest as (
        partition by coalesce(resident_id, concat(_institution, '/', record_no))
        order by followup_date desc, _source_key desc
    )
)

select _institution, _feed, _source_key, _batch_id, cast(fasting_glucose_mmol_l as string) as value
from ordered
where nth = 1 and date_1 < followup_date and date_2 < date_1
    and fasting_glucose_mmol_l = glucose_1 and fasting_glucose_mmol_l = glucose_2
