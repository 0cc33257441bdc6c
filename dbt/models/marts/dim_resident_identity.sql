-- The one guarded table: who a resident_id is. Everything else in gold does without.
select
    resident_id,
    name,
    id_no,
    phone_no
from {{ ref('stg_resident') }}
