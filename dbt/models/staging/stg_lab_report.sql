select
    *,
    cast(reported_at as date) as reported_date
from {{ silver('lab_report') }}
