select
    *,
    cast(discharged_at as date) as discharged_date
from {{ silver('front_page') }}
