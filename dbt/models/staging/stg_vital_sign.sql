select
    *,
    cast(measured_at as date) as measured_date
from {{ silver('vital_sign') }}
