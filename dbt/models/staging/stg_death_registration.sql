select *
from {{ silver('death_registration') }}
