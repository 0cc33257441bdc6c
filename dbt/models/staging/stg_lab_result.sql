select
    *,
    cast(tested_at as date) as tested_date
from {{ silver('lab_result') }}
