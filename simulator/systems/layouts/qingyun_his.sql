-- 青云HIS: English names, typed columns, mnemonic codes, height in metres; the institutions read
-- their own schema of views over the vendor's shared base tables.

create macro day(d) as try_cast(d as date);
create macro moment(d) as try_cast(d as timestamp);
create macro whole(n) as try_cast(n as integer);
create macro one(n) as try_cast(n as decimal(10, 1));
create macro two(n) as try_cast(n as decimal(12, 2));
create macro four(n) as try_cast(n as decimal(14, 4));
create macro metres(n) as cast(try_cast(n as decimal(10, 2)) / 100 as decimal(6, 4));
create macro bool(b) as case b when '1' then true when '0' then false end;
create macro sex(c) as case c when '1' then 'M' when '2' then 'F' when '0' then 'U' when '9' then 'X' else c end;
create macro marital(c) as case c when '10' then 'S' when '20' then 'M' when '30' then 'W' when '40' then 'D' when '90' then 'U' else c end;
create macro payer(c) as case c when '1' then 'URBAN_EMP' when '2' then 'URBAN_RES' when '3' then 'NCMS' when '4' then 'AID' when '5' then 'COMMERCIAL' when '6' then 'GOV' when '7' then 'SELF' when '8' then 'OTHER_INS' when '99' then 'OTHER' else c end;
create macro blood(c) as case c when '1' then 'A' when '2' then 'B' when '3' then 'O' when '4' then 'AB' when '5' then 'UNKNOWN' when '9' then 'UNTESTED' else c end;
create macro rhesus(c) as case c when '1' then 'NEG' when '2' then 'POS' when '3' then 'UNKNOWN' when '4' then 'UNTESTED' else c end;
create macro grading(c) as case c when '1' then 'GOOD' when '2' then 'FAIR' when '3' then 'POOR' else c end;
create macro outcome(c) as case c when '1' then 'CONTROLLED' when '2' then 'UNCONTROLLED' when '3' then 'ADVERSE' when '4' then 'COMPLICATION' else c end;
create macro adherence(c) as case c when '1' then 'REGULAR' when '2' then 'IRREGULAR' when '3' then 'NONE' else c end;
create macro contact_mode(c) as case c when '1' then 'CLINIC' when '2' then 'HOME' when '3' then 'PHONE' when '4' then 'OTHER' else c end;
create macro urine(c) as case c when '1' then 'NEG' when '2' then 'TRACE' when '3' then '1+' when '4' then '2+' when '5' then '3+' when '6' then '4+' else c end;

create view patient_info as
select _institution, patient_no as _key, _event_id as _event_patient,
    _institution as org_id, patient_no as patient_id, name as full_name, sex(sex_code) as gender,
    day(birth_date) as birth_date, id_type_code as id_card_type, id_no as id_card_no,
    health_card_no as card_no, insurance_type_code as insurance_type, ethnicity_code as nation_code,
    marital(marital_status_code) as marital_status, occupation_code as occupation,
    workplace_name as employer, phone_no as mobile, address_county as addr_county,
    address_township as addr_town, address_village as addr_village, address_door as addr_detail,
    contact_name, contact_phone_no as contact_mobile, mother_name, day(death_date) as deceased_on,
    moment(registered_at) as created_at, 'VALID' as record_state, moment(_changed_at) as updated_at
from patient;

create view op_visit as
with live as (
    select _institution, encounter_no as _key, _event_id as _event_outpatient_encounter,
        _institution as org_id, encounter_no as visit_no, patient_no as patient_id,
        case patient_type_code when '1' then 'OP' when '2' then 'EM' when '3' then 'IP' when '9' then 'OT' else patient_type_code end as visit_class,
        moment(visited_at) as visit_time, department_code as dept_code, department_name as dept_name,
        case visit_kind_code when '1' then 'FIRST' when '2' then 'RETURN' else visit_kind_code end as visit_kind,
        whole(age_years) as age, chief_complaint, present_illness as history_present,
        past_history as history_past, bool(has_allergy) as allergy_flag, allergy_history as allergy_text,
        physical_examination as physical_exam, whole(systolic_mmhg) as sbp, whole(diastolic_mmhg) as dbp,
        one(temperature_celsius) as temperature, whole(pulse_per_min) as pulse,
        one(glucose_mmol_l) as glucose, main_diagnosis_code as diag_code,
        main_diagnosis_name as diag_name, tcm_disease_code as tcm_code, tcm_disease_name as tcm_name,
        day(onset_date) as onset_date, doctor_no as doctor_id, doctor_name, payer(payer_code) as pay_type,
        'VALID' as record_state, moment(_changed_at) as updated_at
    from outpatient_encounter
)
select * from live
union all
select * replace (_key || '-V' as _key, visit_no || '-V' as visit_no, 'VOID' as record_state,
    null as _event_outpatient_encounter)
from live where has_voided_twin(_event_outpatient_encounter);

create view visit_diagnosis as
select _institution, diagnosis_no as _key, _event_id as _event_diagnosis,
    _institution as org_id, diagnosis_no as diag_id, patient_no as patient_id, encounter_no as visit_no,
    stay_no as admission_no,
    case patient_type_code when '1' then 'OP' when '2' then 'EM' when '3' then 'IP' when '9' then 'OT' else patient_type_code end as visit_class,
    case diagnosis_kind_code when '1' then 'OUTPATIENT' when '2' then 'ADMISSION' when '3' then 'DISCHARGE' when '4' then 'OTHER' else diagnosis_kind_code end as diag_type,
    bool(is_main) as is_primary, diagnosis_code as icd_code, diagnosis_name as icd_name,
    moment(diagnosed_at) as diag_time, doctor_name, 'VALID' as record_state, moment(_changed_at) as updated_at
from diagnosis;

create view rx_head as
select _institution, prescription_no as _key, _event_id as _event_prescription,
    _institution as org_id, prescription_no as rx_no, encounter_no as visit_no, patient_no as patient_id,
    case prescription_kind_code when '1' then 'HERB' when '2' then 'CPM' when '3' then 'WM' else prescription_kind_code end as rx_type,
    moment(prescribed_at) as rx_time, whole(valid_days) as valid_days, department_name as dept_name,
    diagnosis_code as icd_code, doctor_name, reviewer_name as auditor_name, dispenser_name,
    whole(herbal_doses) as herb_doses, two(amount_yuan) as amount,
    case status_code when '1' then 'NEW' when '2' then 'PAID' when '3' then 'DISPENSED' when '4' then 'CANCELLED' when '5' then 'RETURNED' else status_code end as rx_status,
    'VALID' as record_state, moment(_changed_at) as updated_at
from prescription;

create view rx_line as
select _institution, prescription_item_no as _key, _event_id as _event_prescription_item,
    _institution as org_id, prescription_item_no as line_id, prescription_no as rx_no,
    patient_no as patient_id, moment(prescribed_at) as rx_time, drug_code, drug_name, specification as spec,
    dose_form_code as dosage_form, four(single_dose) as dose, dose_unit, frequency_code as freq,
    route_code as route, whole(days) as days, two(quantity) as qty, group_no as grp,
    four(unit_price_yuan) as price, two(amount_yuan) as amount, 'VALID' as record_state,
    moment(_changed_at) as updated_at
from prescription_item;

create view fee_detail as
select _institution, charge_no as _key, _event_id as _event_charge_detail,
    _institution as org_id, charge_no as fee_id, patient_no as patient_id, encounter_no as visit_no,
    stay_no as admission_no,
    case patient_type_code when '1' then 'OP' when '2' then 'EM' when '3' then 'IP' when '9' then 'OT' else patient_type_code end as visit_class,
    item_code, item_name, charge_category_code as fee_class, four(quantity) as qty,
    four(unit_price_yuan) as price, two(amount_yuan) as amount, moment(charged_at) as charge_time,
    department_name as dept_name, doctor_name, settlement_no as bill_no, 'VALID' as record_state,
    moment(_changed_at) as updated_at
from charge_detail;

create view bill as
select _institution, settlement_no as _key, _event_id as _event_settlement,
    _institution as org_id, settlement_no as bill_no, patient_no as patient_id, encounter_no as visit_no,
    stay_no as admission_no,
    case patient_type_code when '1' then 'OP' when '2' then 'EM' when '3' then 'IP' when '9' then 'OT' else patient_type_code end as visit_class,
    payer(payer_code) as pay_type, moment(settled_at) as settle_time, two(total_yuan) as total_amount,
    two(insurance_yuan) as fund_amount, two(self_paid_yuan) as self_amount,
    case settlement_kind_code when '1' then 'NORMAL' when '2' then 'REVERSAL' else settlement_kind_code end as bill_kind,
    reversed_settlement_no as reversed_bill_no, 'VALID' as record_state, moment(_changed_at) as updated_at
from settlement;

create view family_file as
select _institution, household_no as _key, _event_id as _event_household,
    _institution as org_id, household_no as family_no, head_name, head_id_no as head_id_card,
    phone_no as mobile, address_county as addr_county, address_township as addr_town,
    address_village as addr_village, address_door as addr_detail, whole(member_count) as members,
    kitchen_exhaust_code as kitchen_exhaust, fuel_code as fuel, drinking_water_code as water,
    toilet_code as toilet, livestock_pen_code as livestock_pen, day(created_date) as filed_on,
    'VALID' as record_state, moment(_changed_at) as updated_at
from household;

create view health_file as
with live as (
    select _institution, record_no as _key, _event_id as _event_resident_record,
        _institution as org_id, record_no as file_no, patient_no as patient_id, household_no as family_no,
        relation_to_head_code as relation, name as full_name, sex(sex_code) as gender,
        day(birth_date) as birth_date, id_no as id_card_no, phone_no as mobile, contact_name,
        contact_phone_no as contact_mobile, workplace_name as employer,
        case residence_type_code when '1' then 'LOCAL' when '2' then 'MIGRANT' else residence_type_code end as residence,
        ethnicity_code as nation_code, blood(abo_blood_code) as blood_abo, rhesus(rh_blood_code) as blood_rh,
        education_code as education, occupation_code as occupation, marital(marital_status_code) as marital_status,
        payer(payment_code) as pay_type, bool(has_drug_allergy) as drug_allergy, bool(has_exposure) as exposed,
        disability_code as disability, genetic_disease as hereditary, address_county as addr_county,
        address_township as addr_town, address_village as addr_village, address_door as addr_detail,
        region_code, doctor_name as responsible_doctor, surveyor_name as surveyor, created_by as filed_by,
        day(created_date) as filed_on, bool(is_electronic) as electronic,
        case record_status_code when '1' then 'ACTIVE' when '2' then 'ARCHIVED' when '3' then 'MOVED' when '4' then 'DEAD' when '5' then 'CANCELLED' else record_status_code end as file_status,
        day(moved_out_date) as moved_on, day(death_date) as deceased_on, moment(updated_at) as revised_at,
        'VALID' as record_state, moment(_changed_at) as updated_at
    from resident_record
)
select * from live
union all
select * replace (_key || '-V' as _key, file_no || '-V' as file_no, 'VOID' as record_state,
    null as _event_resident_record)
from live where has_voided_twin(_event_resident_record);

create view hx_disease as
select _institution, history_no as _key, _event_id as _event_past_disease,
    _institution as org_id, history_no as hx_id, record_no as file_no, disease_code as disease,
    disease_name as description, day(confirmed_date) as confirmed_on, 'VALID' as record_state,
    moment(_changed_at) as updated_at
from past_disease;

create view hx_event as
select _institution, 'SURGERY|' || history_no as _key, _event_id as _event_surgery_history,
    null as _event_trauma_history, null as _event_transfusion_history,
    _institution as org_id, history_no as hx_id, 'SURGERY' as hx_type, record_no as file_no,
    surgery_name as description, day(occurred_date) as occurred_on, 'VALID' as record_state,
    moment(_changed_at) as updated_at
from surgery_history
union all by name
select _institution, 'TRAUMA|' || history_no as _key, _event_id as _event_trauma_history,
    _institution as org_id, history_no as hx_id, 'TRAUMA' as hx_type, record_no as file_no,
    trauma_name as description, day(occurred_date) as occurred_on, 'VALID' as record_state,
    moment(_changed_at) as updated_at
from trauma_history
union all by name
select _institution, 'TRANSFUSION|' || history_no as _key, _event_id as _event_transfusion_history,
    _institution as org_id, history_no as hx_id, 'TRANSFUSION' as hx_type, record_no as file_no,
    transfusion_reason as description, day(occurred_date) as occurred_on, 'VALID' as record_state,
    moment(_changed_at) as updated_at
from transfusion_history;

create view hx_family as
select _institution, history_no as _key, _event_id as _event_family_history,
    _institution as org_id, history_no as hx_id, record_no as file_no,
    case relative_code when '1' then 'FATHER' when '2' then 'MOTHER' when '3' then 'SIBLING' when '4' then 'CHILD' else relative_code end as relative,
    disease_code as disease, disease_name as description, 'VALID' as record_state, moment(_changed_at) as updated_at
from family_history;

create view hx_allergy as
select _institution, history_no as _key, _event_id as _event_allergy_history,
    _institution as org_id, history_no as hx_id, record_no as file_no, allergen_code as allergen,
    allergen_name as description, day(occurred_date) as occurred_on, 'VALID' as record_state,
    moment(_changed_at) as updated_at
from allergy_history;

create view hx_exposure as
select _institution, history_no as _key, _event_id as _event_exposure_history,
    _institution as org_id, history_no as hx_id, record_no as file_no, exposure_code as exposure,
    whole(exposure_years) as years, 'VALID' as record_state, moment(_changed_at) as updated_at
from exposure_history;

create view physical_check as
select _institution, checkup_no as _key, _event_id as _event_health_checkup,
    _institution as org_id, checkup_no as check_no, record_no as file_no, day(checked_date) as check_date,
    doctor_name, symptom_codes as symptoms, one(temperature_celsius) as temperature,
    whole(pulse_per_min) as pulse, whole(respiration_per_min) as respiration,
    whole(left_systolic_mmhg) as left_sbp, whole(left_diastolic_mmhg) as left_dbp,
    whole(right_systolic_mmhg) as right_sbp, whole(right_diastolic_mmhg) as right_dbp,
    metres(height_cm) as height_m, two(weight_kg) as weight, one(waist_cm) as waist, two(bmi) as bmi,
    self_rated_health_code as self_health, self_care_code as self_care,
    cognition_screen_code as cognition, emotion_screen_code as emotion,
    exercise_frequency_code as exercise, whole(exercise_minutes) as exercise_min,
    smoking_status_code as smoking, whole(cigarettes_per_day) as cigarettes,
    drinking_frequency_code as drinking, whole(alcohol_liang_per_day) as alcohol,
    one(left_vision) as vision_left, one(right_vision) as vision_right, hearing_code as hearing,
    motor_function_code as motor, whole(heart_rate_per_min) as heart_rate,
    heart_rhythm_code as rhythm, oedema_code as edema, one(haemoglobin_g_l) as hgb,
    one(leukocyte_10e9_l) as wbc, whole(platelet_10e9_l) as plt, urine(urine_protein_code) as u_protein,
    urine(urine_glucose_code) as u_glucose, one(fasting_glucose_mmol_l) as fpg,
    one(hba1c_percent) as hba1c, one(alt_u_l) as alt, one(ast_u_l) as ast, one(albumin_g_l) as alb,
    one(total_bilirubin_umol_l) as tbil, one(creatinine_umol_l) as crea, one(urea_mmol_l) as urea,
    two(total_cholesterol_mmol_l) as tc, one(triglyceride_mmol_l) as tg, two(ldl_mmol_l) as ldl,
    two(hdl_mmol_l) as hdl, bool(is_ecg_abnormal) as ecg_abnormal,
    bool(is_chest_xray_abnormal) as xray_abnormal, bool(is_ultrasound_abnormal) as us_abnormal,
    bool(is_abnormal) as abnormal, abnormal_description as abnormal_text, guidance_code as guidance,
    recorded_by as recorder, day(entered_date) as entry_date,
    'VALID' as record_state, moment(_changed_at) as updated_at
from health_checkup;

create view chronic_card as
select _institution, registration_no as _key, _event_id as _event_chronic_registration,
    _institution as org_id, registration_no as card_id, record_no as file_no,
    case programme_code when '1' then 'HTN' when '2' then 'T2DM' else programme_code end as programme,
    day(confirmed_date) as confirmed_on, confirmed_by, day(registered_date) as enrolled_on,
    risk_level_code as risk, case management_status_code when '1' then 'ACTIVE' when '2' then 'PAUSED' when '3' then 'CLOSED' else management_status_code end as card_status,
    doctor_name, day(closed_date) as closed_on, 'VALID' as record_state, moment(_changed_at) as updated_at
from chronic_registration;

create view htn_followup as
select _institution, followup_no as _key, _event_id as _event_hypertension_followup,
    _institution as org_id, followup_no as fu_no, record_no as file_no, day(followup_date) as fu_date,
    contact_mode(followup_method_code) as fu_mode, symptom_codes as symptoms, whole(systolic_mmhg) as sbp,
    whole(diastolic_mmhg) as dbp, two(weight_kg) as weight, one(target_weight_kg) as target_weight,
    metres(height_cm) as height_m, two(bmi) as bmi, whole(heart_rate_per_min) as heart_rate,
    whole(cigarettes_per_day) as cigarettes, whole(alcohol_liang_per_day) as alcohol,
    whole(exercise_per_week) as exercise_times, whole(exercise_minutes) as exercise_min,
    case salt_code when '1' then 'LOW' when '2' then 'MEDIUM' when '3' then 'HIGH' else salt_code end as salt,
    grading(psychological_code) as mental, grading(compliance_behaviour_code) as compliance,
    adherence(medication_compliance_code) as adherence, bool(has_adverse_reaction) as adverse,
    adverse_reaction as adverse_text, outcome(classification_code) as outcome, bool(is_referred) as referred,
    referral_reason, day(next_followup_date) as next_date, doctor_name, day(entered_date) as entry_date, 'VALID' as record_state,
    moment(_changed_at) as updated_at
from hypertension_followup;

create view dm_followup as
select _institution, followup_no as _key, _event_id as _event_diabetes_followup,
    _institution as org_id, followup_no as fu_no, record_no as file_no, day(followup_date) as fu_date,
    contact_mode(followup_method_code) as fu_mode, symptom_codes as symptoms, whole(systolic_mmhg) as sbp,
    whole(diastolic_mmhg) as dbp, two(weight_kg) as weight, one(target_weight_kg) as target_weight,
    metres(height_cm) as height_m, two(bmi) as bmi, dorsalis_pedis_code as foot_pulse,
    whole(cigarettes_per_day) as cigarettes, whole(alcohol_liang_per_day) as alcohol,
    whole(exercise_per_week) as exercise_times, whole(exercise_minutes) as exercise_min,
    whole(staple_food_g) as staple_food, grading(psychological_code) as mental,
    grading(compliance_behaviour_code) as compliance, one(fasting_glucose_mmol_l) as fpg,
    one(postprandial_glucose_mmol_l) as ppg, one(hba1c_percent) as hba1c, day(hba1c_date) as hba1c_on,
    adherence(medication_compliance_code) as adherence, bool(has_adverse_reaction) as adverse,
    hypoglycaemia_code as hypoglycemia, outcome(classification_code) as outcome, insulin_kind as insulin,
    whole(insulin_dose_u) as insulin_units, bool(is_referred) as referred, referral_reason,
    day(next_followup_date) as next_date, doctor_name, day(entered_date) as entry_date, 'VALID' as record_state, moment(_changed_at) as updated_at
from diabetes_followup;

create view fu_drug as
select _institution, medication_no as _key, _event_id as _event_followup_medication,
    _institution as org_id, medication_no as fu_drug_id, followup_no as fu_no, record_no as file_no,
    day(followup_date) as fu_date, drug_name, frequency_code as freq, four(single_dose) as dose, dose_unit,
    'VALID' as record_state, moment(_changed_at) as updated_at
from followup_medication;

create view dept as
select _institution, department_code as _key, _event_id as _event_department,
    _institution as org_id, department_code as dept_code, department_name as dept_name,
    department_class_code as dept_class, department_type_code as dept_type, head_name as leader,
    case status_code when '1' then 'Y' when '0' then 'N' else status_code end as enabled
from department;

create view employee as
select _institution, staff_no as _key, _event_id as _event_staff,
    _institution as org_id, staff_no as emp_no, staff_name as full_name, sex(sex_code) as gender,
    day(birth_date) as birth_date, id_no as id_card_no, department_code as dept_code, title_code as title,
    practice_category_code as practice, bool(is_prescriber) as prescriber, phone_no as mobile,
    day(hired_date) as hired_on, day(left_date) as left_on, case status_code when '1' then 'Y' when '0' then 'N' else status_code end as enabled
from staff;
