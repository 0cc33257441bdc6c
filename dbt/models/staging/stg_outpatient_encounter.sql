select
    *,
    cast(visited_at as date) as visited_date
from {{ silver('outpatient_encounter') }}
