select *
from {{ source('identity', 'resident') }}
