select *
from {{ silver('patient') }}
