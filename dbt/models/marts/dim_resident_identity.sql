-- Guarded: who a resident_id is. With dim_form_identity, all that gold holds of direct identifiers.
select
    resident_id,
    name,
    id_no,
    phone_no
from {{ ref('stg_resident') }}
