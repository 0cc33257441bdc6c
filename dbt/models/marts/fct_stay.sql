-- Inpatient stays with what the front page of the medical record says of them.
with

front_page as (
    select *
    from {{ ref('stg_front_page') }}
    qualify
        row_number() over (
            partition by institution_code, stay_no
            order by discharged_at desc, medical_record_no asc
        ) = 1
)

select
    s.institution_code || '|' || s.stay_no as stay_id,
    s.institution_code,
    s.resident_id,
    s.stay_no,
    s.admitted_at,
    s.admitted_date,
    coalesce(s.discharged_at, f.discharged_at) as discharged_at,
    coalesce(s.discharged_date, f.discharged_date) as discharged_date,
    coalesce(s.discharged_at, f.discharged_at) is null as is_in_hospital,
    coalesce(s.actual_days, f.actual_days) as actual_days,
    s.admission_department,
    coalesce(s.discharge_department, f.discharge_department) as discharge_department,
    s.admission_diagnosis_code,
    coalesce(f.main_diagnosis_code, s.discharge_diagnosis_code) as main_diagnosis_code,
    f.main_diagnosis_name,
    coalesce(s.discharge_way_code, f.discharge_way_code) as discharge_way_code,
    s.outcome_code,
    coalesce(s.payer_code, f.payer_code) as payer_code,
    f.stay_no is not null as has_front_page,
    f.total_cost_yuan,
    f.self_paid_yuan
from {{ ref('stg_inpatient_stay') }} as s
left join front_page as f
    on s.institution_code = f.institution_code and s.stay_no = f.stay_no
