select
    *,
    cast(charged_at as date) as charged_date
from {{ silver('charge_detail') }}
