select
    *,
    cast(updated_at as date) as updated_date
from {{ silver('resident_record') }}
