-- One row a health record, with when it stopped being somebody's open record: moved out, dead,
-- cancelled, or filed away (归档; indicators' parameter archived_record_counts).
with

record as (
    select
        r.*,
        d.death_date as resident_death_date,
        {{ missing_columns('r') }} as missing_columns
    from {{ ref('stg_resident_record') }} as r
    left join {{ ref('stg_death') }} as d on r.resident_id = d.resident_id
),

activity as (
    select
        resident_id,
        max(activity_date) as last_activity_date
    from {{ ref('stg_activity') }}
    group by resident_id
),

dated as (
    select
        *,
        -- A status without its date took effect when the record was last changed.
        case
            when record_status_code = '3' and moved_out_date is null then coalesce(updated_date, created_date)
            when record_status_code = '4' and coalesce(death_date, resident_death_date) is null
                then coalesce(updated_date, created_date)
            when record_status_code = '5' then coalesce(updated_date, created_date)
            when record_status_code = '2' and not {{ parameter('archived_record_counts') }}
                then coalesce(updated_date, created_date)
        end as status_date
    from record
)

select
    r.institution_code || '|' || r.record_no as health_record_id,
    r.institution_code,
    r.resident_id,
    r.record_no,
    r.created_date,
    r.record_status_code,
    r.moved_out_date,
    coalesce(r.resident_death_date, r.death_date) as death_date,
    least(r.moved_out_date, r.resident_death_date, r.death_date, r.status_date) as closed_date,
    least(r.moved_out_date, r.resident_death_date, r.death_date, r.status_date) is null as is_open,
    coalesce(r.is_electronic, {{ parameter('electronic_when_unknown') }}) as is_electronic,
    r.missing_columns = 0 as is_standard,
    cast(r.missing_columns as integer) as missing_columns,
    r.residence_type_code,
    r.address_county,
    r.address_township,
    r.region_code,
    r.updated_date,
    a.last_activity_date
from dated as r
left join activity as a on r.resident_id = a.resident_id
