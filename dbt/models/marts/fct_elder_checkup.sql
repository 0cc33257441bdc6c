-- Check-ups of people who were elders on that day: evaluation, guidance, the norm's standard items,
-- and what should not be: a check-up dated after death, or entered late.
select
    c.institution_code || '|' || c.checkup_no as checkup_id,
    'resident_record|' || c.institution_code || '|' || c.record_no as form_id,
    c.institution_code,
    c.resident_id,
    c.record_no,
    p.sex_code,
    i.birth_date,
    p.committee_name,
    c.checked_date,
    c.entered_date,
    coalesce(
        c.exercise_frequency_code, c.smoking_status_code, c.drinking_frequency_code, c.self_rated_health_code,
        c.self_care_code
    ) is not null and coalesce(
        c.left_systolic_mmhg, c.right_systolic_mmhg, c.pulse_per_min, c.height_cm, c.weight_kg
    ) is not null as is_managed,
    c.is_abnormal is not null as is_evaluated,
    c.is_abnormal,
    case when c.is_abnormal then '有异常' when not c.is_abnormal then '无异常' end as evaluation_name,
    coalesce(c.guidance_code, c.risk_control_codes) is not null as is_guided,
    -- Blood count, urine, liver, kidney, fasting glucose, lipids, ECG, ultrasound; evaluated, guided.
    c.haemoglobin_g_l is not null and c.urine_protein_code is not null and c.alt_u_l is not null
    and c.creatinine_umol_l is not null and c.fasting_glucose_mmol_l is not null
    and c.total_cholesterol_mmol_l is not null and c.is_ecg_abnormal is not null
    and c.is_ultrasound_abnormal is not null and c.is_abnormal is not null
    and coalesce(c.guidance_code, c.risk_control_codes) is not null as is_standard,
    d.death_date is not null as is_dead,
    d.death_date,
    coalesce(c.checked_date > d.death_date, false) as is_after_death,
    coalesce(date_diff('day', c.checked_date, c.entered_date) > {{ parameter('late_entry_days') }}, false)
        as is_late_entry
from {{ ref('stg_health_checkup') }} as c
inner join {{ ref('stg_resident') }} as i on c.resident_id = i.resident_id
left join {{ ref('stg_record_person') }} as p
    on c.institution_code || '|' || c.record_no = p.health_record_id
left join {{ ref('stg_death') }} as d on c.resident_id = d.resident_id
where i.birth_date <= c.checked_date - interval '{{ parameter('elder_age') }}' year
