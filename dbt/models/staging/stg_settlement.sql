select
    *,
    cast(settled_at as date) as settled_date
from {{ silver('settlement') }}
