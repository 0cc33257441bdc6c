select
    *,
    cast(admitted_at as date) as admitted_date,
    cast(discharged_at as date) as discharged_date
from {{ silver('inpatient_stay') }}
