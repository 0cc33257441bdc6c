-- Whose health record it is and where: what the lists of every programme show of a person.
select
    institution_code || '|' || record_no as health_record_id,
    institution_code,
    record_no,
    resident_id,
    sex_code,
    birth_date,
    coalesce(committee_name, address_village) as committee_name,
    created_date
from {{ ref('stg_resident_record') }}
