-- When each resident died: the death register first, then the health record, then any hospital.
with

said as (
    select
        resident_id,
        death_date,
        1 as rank
    from {{ ref('stg_death_registration') }}
    union all
    select
        resident_id,
        death_date,
        2 as rank
    from {{ ref('stg_resident_record') }}
    union all
    select
        resident_id,
        death_date,
        3 as rank
    from {{ ref('stg_patient') }}
)

select
    resident_id,
    death_date
from said
where resident_id is not null and death_date is not null
qualify row_number() over (partition by resident_id order by rank, death_date) = 1
