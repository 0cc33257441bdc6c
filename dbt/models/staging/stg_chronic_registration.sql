select *
from {{ silver('chronic_registration') }}
