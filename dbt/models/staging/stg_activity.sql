-- What makes a health record live: medical records and public-health services of its resident.
select
    resident_id,
    visited_date as activity_date
from {{ ref('stg_outpatient_encounter') }}
where resident_id is not null
union all
select
    resident_id,
    admitted_date as activity_date
from {{ ref('stg_inpatient_stay') }}
where resident_id is not null
union all
select
    resident_id,
    checked_date as activity_date
from {{ ref('stg_health_checkup') }}
where resident_id is not null
union all
select
    resident_id,
    followup_date as activity_date
from {{ ref('stg_followup') }}
where resident_id is not null
