-- Laboratory results and vital signs: one measured value a row.
select
    'lab|' || r.institution_code || '|' || r.result_no as result_id,
    'lab' as result_kind,
    r.institution_code,
    r.resident_id,
    r.institution_code || '|' || p.encounter_no as encounter_id,
    r.institution_code || '|' || r.report_no as report_id,
    p.report_name,
    coalesce(r.tested_at, p.reported_at) as tested_at,
    coalesce(r.tested_date, p.reported_date) as tested_date,
    r.item_code,
    r.item_name,
    r.result_number,
    r.result_text,
    r.unit_name,
    r.reference_range,
    r.abnormal_flag_code
from {{ ref('stg_lab_result') }} as r
left join {{ ref('stg_lab_report') }} as p
    on r.institution_code = p.institution_code and r.report_no = p.report_no
union all
select
    'vital|' || institution_code || '|' || vital_sign_no as result_id,
    'vital' as result_kind,
    institution_code,
    resident_id,
    institution_code || '|' || encounter_no as encounter_id,
    null as report_id,
    null as report_name,
    measured_at as tested_at,
    measured_date as tested_date,
    item_code,
    item_name,
    result_number,
    result_text,
    unit_name,
    null as reference_range,
    null as abnormal_flag_code
from {{ ref('stg_vital_sign') }}
