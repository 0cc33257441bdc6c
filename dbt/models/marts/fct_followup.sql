select
    programme_code || '|' || institution_code || '|' || followup_no as followup_id,
    institution_code,
    resident_id,
    institution_code || '|' || record_no as health_record_id,
    programme_code,
    followup_date,
    followup_method_code,
    systolic_mmhg,
    diastolic_mmhg,
    fasting_glucose_mmol_l,
    hba1c_percent,
    weight_kg,
    bmi,
    medication_compliance_code,
    classification_code,
    is_referred,
    next_followup_date
from {{ ref('stg_followup') }}
