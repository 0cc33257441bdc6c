select
    *,
    cast(diagnosed_at as date) as diagnosed_date
from {{ silver('diagnosis') }}
