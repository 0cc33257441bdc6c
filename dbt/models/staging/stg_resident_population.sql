select *
from {{ silver('resident_population') }}
