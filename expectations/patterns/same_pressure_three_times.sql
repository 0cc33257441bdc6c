-- A person's three latest follow-ups, on different days, measured exactly alike: on the latest.
with ordered as (
    select
        _institution, _feed, _source_key, _batch_id, followup_date, systolic_mmhg, diastolic_mmhg,
        row_number() over latest as nth,
        lead(followup_date, 1) over latest as date_1, lead(followup_date, 2) over latest as date_2,
        lead(systolic_mmhg, 1) over latest as systolic_1,
        lead(systolic_mmhg, 2) over latest as systolic_2,
        lead(diastolic_mmhg, 1) over latest as diastolic_1,
        lead(diastolic_mmhg, 2) over latest as diastolic_2
    from {dataset}
    where systolic_mmhg is not null and diastolic_mmhg is not null
    window latest as (
        partition by coalesce(resident_id, concat(_institution, '/', record_no))
        order by followup_date desc, _source_key desc
    )
)

select
    _institution, _feed, _source_key, _batch_id,
    concat(cast(systolic_mmhg as string), '/', cast(diastolic_mmhg as string)) as value
from ordered
where nth = 1 and date_1 < followup_date and date_2 < date_1
    and systolic_mmhg = systolic_1 and systolic_mmhg = systolic_2
    and diastolic_mmhg = diastolic_1 and diastolic_mmhg = diastolic_2
