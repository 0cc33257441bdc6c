select *
from {{ silver('health_checkup') }}
