select
    institution_code || '|' || registration_no as registration_id,
    institution_code,
    resident_id,
    institution_code || '|' || record_no as health_record_id,
    programme_code,
    confirmed_date,
    registered_date,
    risk_level_code,
    management_status_code,
    closed_date
from {{ ref('stg_chronic_registration') }}
