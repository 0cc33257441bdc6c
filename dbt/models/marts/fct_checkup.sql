select
    institution_code || '|' || checkup_no as checkup_id,
    institution_code,
    resident_id,
    institution_code || '|' || record_no as health_record_id,
    checked_date,
    coalesce(
        exercise_frequency_code, smoking_status_code, drinking_frequency_code, self_rated_health_code, self_care_code
    ) is not null as has_lifestyle,
    coalesce(left_systolic_mmhg, right_systolic_mmhg, pulse_per_min, height_cm, weight_kg) is not null
        as has_examination,
    coalesce(fasting_glucose_mmol_l, haemoglobin_g_l, creatinine_umol_l, alt_u_l, total_cholesterol_mmol_l)
    is not null as has_laboratory,
    left_systolic_mmhg,
    left_diastolic_mmhg,
    right_systolic_mmhg,
    right_diastolic_mmhg,
    height_cm,
    weight_kg,
    bmi,
    waist_cm,
    fasting_glucose_mmol_l,
    is_abnormal,
    guidance_code
from {{ ref('stg_health_checkup') }}
