select
    *,
    cast(prescribed_at as date) as prescribed_date
from {{ silver('prescription_item') }}
