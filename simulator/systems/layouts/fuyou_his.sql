-- 妇幼HIS: a schema of typed tables for each hospital, names in the manner of the old 军卫 systems.
-- Day and time of day lie in two columns, flags are 0 and 1, newborns are weighed in kilograms,
-- some tables are keyed by a number that means nothing, deleted rows stay with del_flag 1.

create macro day(d) as try_cast(left(d, 10) as date);
create macro clock(d) as case when length(d) > 10 then substr(d, 12) end;
create macro moment(d) as try_cast(d as timestamp);
create macro whole(n) as try_cast(n as integer);
create macro small(b) as try_cast(b as smallint);
create macro one(n) as try_cast(n as decimal(10, 1));
create macro two(n) as try_cast(n as decimal(12, 2));
create macro four(n) as try_cast(n as decimal(14, 4));
create macro kilograms(n) as cast(try_cast(n as decimal(10, 1)) / 1000 as decimal(7, 4));
create macro serial(id) as cast(concat('0x', substr(md5(id), 1, 12)) as bigint);
create macro charge_type(c) as case c when '1' then '职工医保' when '2' then '居民医保' when '3' then '新农合' when '4' then '医疗救助' when '5' then '商业保险' when '6' then '公费' when '7' then '自费' when '8' then '其他社保' when '99' then '其他' else c end;
create macro leave_way(c) as case c when '1' then '01' when '2' then '02' when '3' then '03' when '4' then '04' when '5' then '05' when '9' then '09' else c end;
create macro source_kind(c) as case c when '1' then 'O' when '2' then 'E' when '3' then 'I' when '9' then 'T' else c end;
create macro spouse(c) as case c when '10' then '1' when '20' then '2' when '30' then '4' when '40' then '3' when '90' then '9' else c end;

create view pat_master_index as
with live as (
    select _institution, patient_no as _key, _event_id as _event_patient,
        _institution as hospital_no, patient_no as patient_id, name, sex_code as sex,
        day(birth_date) as date_of_birth, id_type_code as id_kind, id_no, health_card_no as card_no,
        insurance_type_code as insurance_kind, ethnicity_code as nation,
        spouse(marital_status_code) as marital_status, occupation_code as occupation,
        workplace_name as unit_name, phone_no as phone_number, address_county as addr_county,
        address_township as addr_town, address_village as addr_village, address_door as addr_door,
        contact_name as next_of_kin, contact_phone_no as next_of_kin_phone,
        mother_name, day(death_date) as date_of_death, moment(registered_at) as create_time,
        0::smallint as del_flag, moment(_changed_at) as modify_time
    from patient
)
select * from live
union all
select * replace (_key || 'X' as _key, patient_id || 'X' as patient_id, 1::smallint as del_flag,
    null as _event_patient)
from live where has_voided_twin(_event_patient);

create view clinic_master as
select _institution, encounter_no as _key, _event_id as _event_outpatient_encounter,
    _institution as hospital_no, encounter_no as clinic_no, patient_no as patient_id,
    source_kind(patient_type_code) as pat_source, day(visited_at) as visit_date,
    clock(visited_at) as visit_time, department_code as visit_dept, department_name as visit_dept_name,
    case visit_kind_code when '1' then '0' when '2' then '1' else visit_kind_code end as first_visit,
    whole(age_years) as age, chief_complaint as illness_desc, present_illness as med_history,
    past_history as anamnesis, small(has_allergy) as allergy_flag, allergy_history as allergy_desc,
    physical_examination as body_exam, whole(systolic_mmhg) as bp_high, whole(diastolic_mmhg) as bp_low,
    one(temperature_celsius) as temperature, whole(pulse_per_min) as pulse,
    one(glucose_mmol_l) as blood_glucose, main_diagnosis_code as diag_code,
    main_diagnosis_name as diag_desc, tcm_disease_code as tcm_diag_code,
    tcm_disease_name as tcm_diag_desc, day(onset_date) as onset_date, doctor_no, doctor_name as doctor,
    charge_type(payer_code) as charge_type, 0::smallint as del_flag, moment(_changed_at) as modify_time
from outpatient_encounter;

create view diag_rec as
select _institution, serial(_institution || diagnosis_no)::varchar as _key, _event_id as _event_diagnosis,
    _institution as hospital_no, serial(_institution || diagnosis_no) as rec_id, diagnosis_no as diag_no,
    patient_no as patient_id, encounter_no as clinic_no, stay_no as inp_no,
    source_kind(patient_type_code) as pat_source, diagnosis_kind_code as diag_type,
    small(is_main) as main_flag, diagnosis_code as diag_code, diagnosis_name as diag_desc,
    moment(diagnosed_at) as diag_time, doctor_name as doctor, 0::smallint as del_flag,
    moment(_changed_at) as modify_time
from diagnosis;

create view outp_presc as
select _institution, prescription_no as _key, _event_id as _event_prescription,
    _institution as hospital_no, prescription_no as presc_no, encounter_no as clinic_no,
    patient_no as patient_id,
    case prescription_kind_code when '1' then '3' when '2' then '2' when '3' then '1' else prescription_kind_code end as presc_type,
    day(prescribed_at) as presc_date, clock(prescribed_at) as presc_time, whole(valid_days) as valid_days,
    department_name as dept_name, diagnosis_code as diag_code, doctor_name as doctor,
    reviewer_name as verify_by, dispenser_name as dispensing_by, whole(herbal_doses) as repetition,
    two(amount_yuan) as costs, status_code as presc_status, 0::smallint as del_flag,
    moment(_changed_at) as modify_time
from prescription;

create view outp_presc_detail as
select _institution, prescription_no || '|' || prescription_item_no as _key,
    _event_id as _event_prescription_item,
    _institution as hospital_no, prescription_no as presc_no, prescription_item_no as item_no,
    patient_no as patient_id, moment(prescribed_at) as presc_time, drug_code, drug_name,
    specification as drug_spec, dose_form_code as drug_form, four(single_dose) as dosage,
    dose_unit as dosage_units, frequency_code as frequency, route_code as administration,
    whole(days) as days, two(quantity) as quantity, group_no as order_group,
    four(unit_price_yuan) as price, two(amount_yuan) as costs, moment(_changed_at) as modify_time
from prescription_item;

create view vital_signs_rec as
select _institution, serial(_institution || vital_sign_no)::varchar as _key, _event_id as _event_vital_sign,
    _institution as hospital_no, serial(_institution || vital_sign_no) as rec_id, vital_sign_no as vital_no,
    patient_no as patient_id, encounter_no as clinic_no, moment(measured_at) as time_point,
    item_code as vital_code, item_name as vital_name, four(result_number) as vital_value,
    result_text as vital_text, unit_name as units, moment(_changed_at) as modify_time
from vital_sign;

create view pats_in_hospital as
select _institution, stay_no as _key, _event_id as _event_inpatient_stay,
    _institution as hospital_no, stay_no as inp_no, patient_no as patient_id,
    case admission_route_code when '1' then 'OUTP' when '2' then 'EMER' when '3' then 'TRANS' when '9' then 'OTHER' else admission_route_code end as admission_route,
    moment(admitted_at) as admission_time, admission_department as dept_admission, ward_name as ward,
    bed_no, admission_diagnosis_code as admission_diag, moment(discharged_at) as discharge_time,
    discharge_department as dept_discharge, discharge_diagnosis_code as discharge_diag,
    leave_way(discharge_way_code) as discharge_way, outcome_code as treat_result,
    whole(actual_days) as in_days, attending_name as attending_doctor,
    charge_type(payer_code) as charge_type, 0::smallint as del_flag, moment(_changed_at) as modify_time
from inpatient_stay;

create view mr_first_page as
select _institution, medical_record_no || '|' || stay_no as _key, _event_id as _event_front_page,
    _institution as hospital_no, medical_record_no as mr_no, stay_no as inp_no,
    patient_no as patient_id, whole(admission_count) as visit_count, name, sex_code as sex,
    day(birth_date) as date_of_birth, whole(age_years) as age, nationality_code as nationality,
    kilograms(newborn_birth_weight_g) as birth_weight_kg, ethnicity_code as nation, id_no,
    occupation_code as occupation, spouse(marital_status_code) as marital_status,
    phone_no as phone_number, contact_name as next_of_kin, contact_relation_code as relationship,
    charge_type(payer_code) as charge_type,
    admission_route_code as admission_route, moment(admitted_at) as admission_time,
    admission_department as dept_admission, moment(discharged_at) as discharge_time,
    discharge_department as dept_discharge, whole(actual_days) as in_days,
    outpatient_diagnosis_code as clinic_diag, main_diagnosis_code as main_diag_code,
    main_diagnosis_name as main_diag_desc, main_admission_condition_code as diag_condition,
    external_cause_code as injury_code, pathology_diagnosis_code as pathology_code,
    small(has_drug_allergy) as allergy_flag, allergy_drugs, small(is_autopsied) as autopsy_flag,
    abo_blood_code as blood_type, rh_blood_code as blood_type_rh, attending_name as attending_doctor,
    record_quality_code as mr_quality, leave_way(discharge_way_code) as discharge_way,
    small(has_readmission_plan) as readmit_flag, two(total_cost_yuan) as total_costs,
    two(self_paid_yuan) as total_payments, two(general_service_yuan) as fee_service,
    two(nursing_yuan) as fee_nursing, two(laboratory_yuan) as fee_lab, two(imaging_yuan) as fee_imaging,
    two(surgery_yuan) as fee_operation, two(treatment_yuan) as fee_treatment,
    two(western_drug_yuan) as fee_western, two(antibacterial_yuan) as fee_antibiotic,
    two(patent_drug_yuan) as fee_patent, two(herbal_drug_yuan) as fee_herb,
    two(consumable_yuan) as fee_material, two(other_yuan) as fee_other,
    moment(_changed_at) as modify_time
from front_page;

create view operation_rec as
select _institution, operation_no as _key, _event_id as _event_front_page_operation,
    _institution as hospital_no, operation_no as oper_no, stay_no as inp_no, patient_no as patient_id,
    operation_code as oper_code, operation_name as oper_desc, moment(operated_at) as oper_time,
    operation_level_code as oper_scale, incision_class_code as wound_grade, healing_code as heal,
    anaesthesia_code as anaesthesia, surgeon_name as operator, moment(_changed_at) as modify_time
from front_page_operation;

create view exam_master as
select _institution, report_no as _key, _event_id as _event_exam_report,
    _institution as hospital_no, report_no as exam_no, order_no as apply_no, patient_no as patient_id,
    encounter_no as clinic_no, stay_no as inp_no, source_kind(patient_type_code) as pat_source,
    case exam_kind_code when '1' then 'DR' when '2' then 'CT' when '3' then 'MR' when '4' then 'US' when '5' then 'ECG' when '6' then 'ES' when '7' then 'PA' when '9' then 'OT' else exam_kind_code end as exam_class,
    item_code as exam_item_code, item_name as exam_item, body_site as exam_body,
    moment(examined_at) as exam_time, findings as description, conclusion as impression,
    moment(reported_at) as report_time, doctor_name as reporter, reviewer_name as checker,
    0::smallint as del_flag, moment(_changed_at) as modify_time
from exam_report;

create view bill_items as
select _institution, charge_no as _key, _event_id as _event_charge_detail,
    _institution as hospital_no, charge_no as item_no, patient_no as patient_id,
    encounter_no as clinic_no, stay_no as inp_no, source_kind(patient_type_code) as pat_source,
    item_code, item_name, charge_category_code as class_on_rcpt, four(quantity) as amount,
    four(unit_price_yuan) as price, two(amount_yuan) as costs, day(charged_at) as billing_date,
    clock(charged_at) as billing_time, department_name as ordered_dept, doctor_name as ordered_by,
    settlement_no as rcpt_no, moment(_changed_at) as modify_time
from charge_detail;

create view rcpt_master as
select _institution, settlement_no as _key, _event_id as _event_settlement,
    _institution as hospital_no, settlement_no as rcpt_no, patient_no as patient_id,
    encounter_no as clinic_no, stay_no as inp_no, source_kind(patient_type_code) as pat_source,
    charge_type(payer_code) as charge_type, moment(settled_at) as settle_time,
    two(total_yuan) as total_costs, two(insurance_yuan) as insurance_pay, two(self_paid_yuan) as cash_pay,
    settlement_kind_code as settle_kind, reversed_settlement_no as refunded_rcpt_no,
    moment(_changed_at) as modify_time
from settlement;

create view dept_dict as
select _institution, department_code as _key, _event_id as _event_department,
    _institution as hospital_no, department_code as dept_code, department_name as dept_name,
    department_class_code as clinic_attr, department_type_code as outp_or_inp, head_name as chief,
    status_code as use_flag
from department;

create view staff_dict as
select _institution, staff_no as _key, _event_id as _event_staff,
    _institution as hospital_no, staff_no as emp_no, staff_name as name, sex_code as sex,
    day(birth_date) as date_of_birth, id_no, department_code as dept_code, title_code as title,
    practice_category_code as job, small(is_prescriber) as presc_right, phone_no as phone_number,
    day(hired_date) as enter_date, day(left_date) as leave_date, status_code as use_flag
from staff;
