select
    institution_code || '|' || diagnosis_no as diagnosis_id,
    institution_code,
    resident_id,
    institution_code || '|' || encounter_no as encounter_id,
    institution_code || '|' || stay_no as stay_id,
    patient_type_code,
    diagnosis_kind_code,
    is_main,
    diagnosis_code,
    substr(diagnosis_code, 1, 3) as diagnosis_category_code,
    diagnosis_name,
    diagnosed_at,
    diagnosed_date
from {{ ref('stg_diagnosis') }}
