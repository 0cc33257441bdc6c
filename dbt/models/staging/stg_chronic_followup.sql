-- Follow-ups of hypertension and diabetes with who made them, when they were entered, and whether
-- a referral was advised.
select
    '1' as programme_code,
    institution_code,
    resident_id,
    followup_no,
    record_no,
    followup_date,
    entered_date,
    next_followup_date,
    doctor_name,
    systolic_mmhg,
    diastolic_mmhg,
    cast(null as decimal(18, 4)) as fasting_glucose_mmol_l,
    classification_code,
    coalesce(is_referred, false) or coalesce(referral_reason, referral_institution_name) is not null as has_referral
from {{ silver('hypertension_followup') }}
union all
select
    '2' as programme_code,
    institution_code,
    resident_id,
    followup_no,
    record_no,
    followup_date,
    entered_date,
    next_followup_date,
    doctor_name,
    systolic_mmhg,
    diastolic_mmhg,
    fasting_glucose_mmol_l,
    classification_code,
    coalesce(is_referred, false) or coalesce(is_upward_referral_advised, false)
    or coalesce(referral_reason, referral_institution_name) is not null as has_referral
from {{ silver('diabetes_followup') }}
