-- 基卫一体化 (Oracle-born, moved to PostgreSQL): pinyin abbreviations, 8- and 14-digit times,
-- one county database with the organisation's code on each row, void marks, the text 'null',
-- drink in millilitres (50 to the liang), amounts in fen, ends of validity exclusive.

create macro xb(c) as case c when '1' then '男' when '2' then '女' when '0' then '未知' when '9' then '未说明' else c end;
create macro sf(b) as flag(b, '是', '否');
create macro hyzk(c) as case c when '10' then '未婚' when '20' then '已婚' when '30' then '丧偶' when '40' then '离婚' when '90' then '不详' else c end;
create macro fylb(c) as case c when '1' then 'A01' when '2' then 'A02' when '3' then 'A03' when '4' then 'B01' when '5' then 'B02' when '6' then 'C01' when '7' then 'Z01' when '8' then 'B09' when '99' then 'Z99' else c end;
create macro xx(c) as case c when '1' then 'A' when '2' then 'B' when '3' then 'O' when '4' then 'AB' when '5' then 'N' when '9' then 'W' else c end;
create macro fl(c) as case c when '1' then '满意' when '2' then '不满意' when '3' then '不良反应' when '4' then '并发症' else c end;
create macro wk(t) as coalesce(t, 'null');

create view t_brjbxx as
with live as (
    select _institution, patient_no as _key, _event_id as _event_patient,
        _institution as jgdm, patient_no as brid, name as xm, xb(sex_code) as xb,
        compact(birth_date) as csrq, id_type_code as zjlx, id_no as sfzh, health_card_no as jkkh,
        insurance_type_code as yblb, ethnicity_code as mzdm, hyzk(marital_status_code) as hyzk,
        occupation_code as zydm, wk(workplace_name) as gzdw, phone_no as lxdh,
        address_county as xzqx, address_township as xzjd, address_village as xzc,
        address_door as mph, wk(contact_name) as lxrxm, contact_phone_no as lxrdh,
        mother_name as mqxm, compact(death_date) as swrq, compact(registered_at) as jdsj,
        '0' as zfbz, compact(_changed_at) as xgsj
    from patient
)
select * from live
union all
select * replace (_key || 'ZF' as _key, brid || 'ZF' as brid, '1' as zfbz, null as _event_patient)
from live where has_voided_twin(_event_patient);

create view t_mzjzjl as
with live as (
    select _institution, encounter_no as _key, _event_id as _event_outpatient_encounter,
        _institution as jgdm, encounter_no as mzh, patient_no as brid,
        patient_type_code as brlx, compact(visited_at) as jzsj, rpad(department_code, 12, ' ') as ksdm,
        department_name as ksmc, case visit_kind_code when '1' then 'C' when '2' then 'F' else visit_kind_code end as czbz,
        age_years as nl, chief_complaint as zs, present_illness as xbs,
        past_history as jws, sf(has_allergy) as gmbz, allergy_history as gms,
        physical_examination as tgjc, systolic_mmhg as ssy, diastolic_mmhg as szy,
        temperature_celsius as tw, pulse_per_min as ml, glucose_mmol_l as xt,
        main_diagnosis_code as cbzdbm, main_diagnosis_name as cbzdmc,
        tcm_disease_code as zybm, tcm_disease_name as zymc, compact(onset_date) as fbrq,
        doctor_no as ysgh, doctor_name as ysxm, fylb(payer_code) as fylb,
        '0' as zfbz, compact(_changed_at) as xgsj
    from outpatient_encounter
)
select * from live
union all
select * replace (_key || 'ZF' as _key, mzh || 'ZF' as mzh, '1' as zfbz, null as _event_outpatient_encounter)
from live where has_voided_twin(_event_outpatient_encounter);

create view t_mzzd as
select _institution, diagnosis_no as _key, _event_id as _event_diagnosis,
    _institution as jgdm, diagnosis_no as zdbh, patient_no as brid, encounter_no as mzh,
    stay_no as zyh, patient_type_code as brlx, diagnosis_kind_code as zdlb, sf(is_main) as zyzd,
    diagnosis_code as zdbm, diagnosis_name as zdmc, compact(diagnosed_at) as zdsj,
    doctor_name as zdys, compact(_changed_at) as xgsj
from diagnosis;

create view t_cfzb as
with live as (
    select _institution, prescription_no as _key, _event_id as _event_prescription,
        _institution as jgdm, prescription_no as cfh, encounter_no as mzh, patient_no as brid,
        case prescription_kind_code when '1' then '草药' when '2' then '成药' when '3' then '西药' else prescription_kind_code end as cflb,
        compact(prescribed_at) as kfsj, valid_days as yxts, department_name as ksmc,
        diagnosis_code as zdbm, doctor_name as ysxm, reviewer_name as shys, dispenser_name as fyys,
        herbal_doses as cyjs, times(amount_yuan, 100) as je, status_code as cfzt,
        '0' as zfbz, compact(_changed_at) as xgsj
    from prescription
)
select * from live
union all
select * replace (_key || 'ZF' as _key, cfh || 'ZF' as cfh, '1' as zfbz, null as _event_prescription)
from live where has_voided_twin(_event_prescription);

create view t_cfmx as
select _institution, prescription_no || '|' || prescription_item_no as _key, _event_id as _event_prescription_item,
    _institution as jgdm, prescription_no as cfh, prescription_item_no as mxh, patient_no as brid,
    compact(prescribed_at) as kfsj, drug_code as ypdm, drug_name as ypmc, specification as gg,
    dose_form_code as jx, single_dose as cjl, dose_unit as jldw, frequency_code as pc,
    route_code as yf, days as ts, quantity as sl, group_no as zh, unit_price_yuan as dj,
    amount_yuan as je, compact(_changed_at) as xgsj
from prescription_item;

create view t_fymx as
select _institution, charge_no as _key, _event_id as _event_charge_detail,
    _institution as jgdm, charge_no as fyh, patient_no as brid, encounter_no as mzh, stay_no as zyh,
    patient_type_code as brlx, item_code as xmdm, item_name as xmmc, 'F' || charge_category_code as fylx,
    quantity as sl, unit_price_yuan as dj, amount_yuan as je, compact(charged_at) as jzsj,
    department_name as ksmc, doctor_name as ysxm, settlement_no as jsdh,
    compact(_changed_at) as xgsj
from charge_detail;

create view t_jsjl as
select _institution, settlement_no as _key, _event_id as _event_settlement,
    _institution as jgdm, settlement_no as jsdh, patient_no as brid, encounter_no as mzh,
    stay_no as zyh, patient_type_code as brlx, fylb(payer_code) as fylb, compact(settled_at) as jssj,
    times(total_yuan, 100) as zje, times(insurance_yuan, 100) as ybzf, times(self_paid_yuan, 100) as grzf,
    nullif(settlement_kind_code, '1') as cxbz, reversed_settlement_no as ycjsdh,
    compact(_changed_at) as xgsj
from settlement;

create view t_jtda as
select _institution, household_no as _key, _event_id as _event_household,
    _institution as jgdm, household_no as jtbh, head_name as hzxm, head_id_no as hzsfzh,
    phone_no as lxdh, address_county as xzqx, address_township as xzjd, address_village as xzc,
    address_door as mph, member_count as rs, kitchen_exhaust_code as cfpf, fuel_code as rllx,
    drinking_water_code as ys, toilet_code as cs, livestock_pen_code as qcl,
    compact(created_date) as jdrq, compact(_changed_at) as xgsj
from household;

create view t_jkda as
with live as (
    select _institution, record_no as _key, _event_id as _event_resident_record,
        _institution as jgdm, record_no as dabh, patient_no as brid, household_no as jtbh,
        relation_to_head_code as yhzgx, name as xm, xb(sex_code) as xb, compact(birth_date) as csrq,
        id_no as sfzh, phone_no as brdh, contact_name as lxrxm, contact_phone_no as lxrdh,
        wk(workplace_name) as gzdw, case residence_type_code when '1' then '户籍' when '2' then '非户籍' else residence_type_code end as czlx,
        ethnicity_code as mzdm, xx(abo_blood_code) as xx,
        case rh_blood_code when '1' then '阴' when '2' then '阳' when '3' then '不详' when '4' then '未查' else rh_blood_code end as rh,
        education_code as whcd, occupation_code as zy, hyzk(marital_status_code) as hyzk,
        fylb(payment_code) as zffs, sf(has_drug_allergy) as ywgm, sf(has_exposure) as bls,
        disability_code as cjqk, genetic_disease as ycbs, address_county as xzqx,
        address_township as xzjd, address_village as xzc, address_door as mph, region_code as xzqh,
        doctor_name as zrys, surveyor_name as dcr, created_by as jdr, compact(created_date) as jdrq,
        sf(is_electronic) as dzda, record_status_code as dazt,
        compact(day_after(moved_out_date)) as qcsxrq, compact(death_date) as swrq, compact(updated_at) as gxsj,
        '0' as zfbz, compact(_changed_at) as xgsj
    from resident_record
)
select * from live
union all
select * replace (_key || 'ZF' as _key, dabh || 'ZF' as dabh, '1' as zfbz, null as _event_resident_record)
from live where has_voided_twin(_event_resident_record);

-- 病史: seven lists in one table, told apart by lb.
create view t_bsjl as
select _institution, 'JB|' || history_no as _key, _event_id as _event_past_disease,
    null as _event_surgery_history, null as _event_trauma_history, null as _event_transfusion_history,
    null as _event_family_history, null as _event_allergy_history, null as _event_exposure_history,
    _institution as jgdm, history_no as bsbh, 'JB' as lb, record_no as dabh, disease_code as dm,
    disease_name as mc, null as gx, compact(confirmed_date) as rq, null as nx
from past_disease
union all by name
select _institution, 'SS|' || history_no as _key, _event_id as _event_surgery_history,
    _institution as jgdm, history_no as bsbh, 'SS' as lb, record_no as dabh, surgery_name as mc, compact(occurred_date) as rq
from surgery_history
union all by name
select _institution, 'WS|' || history_no as _key, _event_id as _event_trauma_history,
    _institution as jgdm, history_no as bsbh, 'WS' as lb, record_no as dabh, trauma_name as mc, compact(occurred_date) as rq
from trauma_history
union all by name
select _institution, 'SX|' || history_no as _key, _event_id as _event_transfusion_history,
    _institution as jgdm, history_no as bsbh, 'SX' as lb, record_no as dabh, transfusion_reason as mc, compact(occurred_date) as rq
from transfusion_history
union all by name
select _institution, 'JZ|' || history_no as _key, _event_id as _event_family_history,
    _institution as jgdm, history_no as bsbh, 'JZ' as lb, record_no as dabh, disease_code as dm, disease_name as mc, relative_code as gx
from family_history
union all by name
select _institution, 'GM|' || history_no as _key, _event_id as _event_allergy_history,
    _institution as jgdm, history_no as bsbh, 'GM' as lb, record_no as dabh, allergen_code as dm, allergen_name as mc, compact(occurred_date) as rq
from allergy_history
union all by name
select _institution, 'BL|' || history_no as _key, _event_id as _event_exposure_history,
    _institution as jgdm, history_no as bsbh, 'BL' as lb, record_no as dabh, exposure_code as dm, exposure_years as nx
from exposure_history;

create view t_jktj as
select _institution, checkup_no as _key, _event_id as _event_health_checkup,
    _institution as jgdm, checkup_no as tjbh, record_no as dabh, compact(checked_date) as tjrq,
    doctor_name as zrys, symptom_codes as zz, temperature_celsius as tw, pulse_per_min as ml,
    respiration_per_min as hxpl, left_systolic_mmhg as zssy, left_diastolic_mmhg as zszy,
    right_systolic_mmhg as yssy, right_diastolic_mmhg as yszy, height_cm as sg, weight_kg as tz,
    waist_cm as yw, bmi as tzzs, self_rated_health_code as lnrjkzt, self_care_code as lnrzlnl,
    cognition_screen_code as lnrrzgn, emotion_screen_code as lnrqgzt,
    exercise_frequency_code as dlpl, exercise_minutes as dlsj, smoking_status_code as xyzk,
    cigarettes_per_day as rxyl, drinking_frequency_code as yjpl, times(alcohol_liang_per_day, 50) as ryjl,
    left_vision as zysl, right_vision as yysl, hearing_code as tl, motor_function_code as ydgn,
    heart_rate_per_min as xl, heart_rhythm_code as xlv, oedema_code as sz, haemoglobin_g_l as xhdb,
    leukocyte_10e9_l as bxb, platelet_10e9_l as xxb,
    case urine_protein_code when '1' then '-' when '2' then '±' when '3' then '+' when '4' then '++' when '5' then '+++' when '6' then '++++' else urine_protein_code end as ndb,
    case urine_glucose_code when '1' then '-' when '2' then '±' when '3' then '+' when '4' then '++' when '5' then '+++' when '6' then '++++' else urine_glucose_code end as nt,
    fasting_glucose_mmol_l as kfxt, hba1c_percent as thxhdb, alt_u_l as gbzam, ast_u_l as gczam,
    albumin_g_l as bdb, total_bilirubin_umol_l as zdhs, creatinine_umol_l as xqjg,
    urea_mmol_l as xns, total_cholesterol_mmol_l as zdgc, triglyceride_mmol_l as gysz,
    ldl_mmol_l as dmdzdb, hdl_mmol_l as gmdzdb, sf(is_ecg_abnormal) as xdtyc,
    sf(is_chest_xray_abnormal) as xxyc, sf(is_ultrasound_abnormal) as bcyc, sf(is_abnormal) as jkpj,
    abnormal_description as ycms, guidance_code as jkzd,
    skin_code as pfjcjg, sclera_code as gmjcjg, lymph_node_code as lbjjcjg,
    sf(has_barrel_chest) as tzxbz, sf(is_breath_sound_abnormal) as fbychxybz,
    sf(is_rale_abnormal) as fblyycbz, sf(has_murmur) as xzzybz, sf(has_abdominal_tenderness) as fbytbz,
    sf(has_abdominal_mass) as fbbkbz, sf(has_hepatomegaly) as gdbz, sf(has_splenomegaly) as pdbz,
    sf(has_shifting_dullness) as fbydxzybz, dorsalis_pedis_code as zbdmbd,
    urine_ketone_code as nttdxjcjg, urine_blood_code as nqxjcjg, cerebrovascular_problem_codes as nxgjb,
    kidney_problem_codes as szjb, heart_problem_codes as xzjb, vessel_problem_codes as xgjb,
    eye_problem_codes as ybjb, risk_control_codes as wxyskzjy, recorded_by as jlryxm,
    compact(entered_date) as lrrq,
    compact(_changed_at) as xgsj
from health_checkup;

create view t_mbglk as
select _institution, registration_no as _key, _event_id as _event_chronic_registration,
    _institution as jgdm, registration_no as glkh, record_no as dabh,
    case programme_code when '1' then 'GXY' when '2' then 'TNB' else programme_code end as bz,
    compact(confirmed_date) as qzrq, confirmed_by as qzjg, compact(registered_date) as jkrq,
    risk_level_code as wxfc, management_status_code as glzt, doctor_name as glys,
    compact(day_after(closed_date)) as glsxrq,
    compact(_changed_at) as xgsj
from chronic_registration;

create view t_gxysf as
select _institution, followup_no as _key, _event_id as _event_hypertension_followup,
    _institution as jgdm, followup_no as sfbh, record_no as dabh, compact(followup_date) as sfrq,
    followup_method_code as sffs, symptom_codes as zz, systolic_mmhg as ssy, diastolic_mmhg as szy,
    weight_kg as tz, target_weight_kg as mbtz, height_cm as sg, bmi as tzzs,
    heart_rate_per_min as xl, cigarettes_per_day as rxyl, times(alcohol_liang_per_day, 50) as ryjl,
    exercise_per_week as ydpc, exercise_minutes as ydsj, salt_code as syqk,
    psychological_code as xltz, compliance_behaviour_code as zyxw,
    medication_compliance_code as fyycx, sf(has_adverse_reaction) as blfy,
    adverse_reaction as blfyms, fl(classification_code) as sffl, sf(is_referred) as zzbz,
    referral_reason as zzyy, compact(next_followup_date) as xcsfrq, doctor_name as sfys,
    compact(entered_date) as lrrq, compact(_changed_at) as xgsj
from hypertension_followup;

create view t_tnbsf as
select _institution, followup_no as _key, _event_id as _event_diabetes_followup,
    _institution as jgdm, followup_no as sfbh, record_no as dabh, compact(followup_date) as sfrq,
    followup_method_code as sffs, symptom_codes as zz, systolic_mmhg as ssy, diastolic_mmhg as szy,
    weight_kg as tz, target_weight_kg as mbtz, height_cm as sg, bmi as tzzs,
    dorsalis_pedis_code as zbdm, cigarettes_per_day as rxyl, times(alcohol_liang_per_day, 50) as ryjl,
    exercise_per_week as ydpc, exercise_minutes as ydsj, staple_food_g as rzsl,
    psychological_code as xltz, compliance_behaviour_code as zyxw, fasting_glucose_mmol_l as kfxt,
    postprandial_glucose_mmol_l as chxt, hba1c_percent as thxhdb, compact(hba1c_date) as thrq,
    medication_compliance_code as fyycx, sf(has_adverse_reaction) as blfy,
    hypoglycaemia_code as dxt, fl(classification_code) as sffl, insulin_kind as ydszl,
    insulin_dose_u as ydsl, sf(is_referred) as zzbz, referral_reason as zzyy,
    compact(next_followup_date) as xcsfrq, doctor_name as sfys,
    compact(entered_date) as lrrq, compact(_changed_at) as xgsj
from diabetes_followup;

create view t_sfyy as
select _institution, followup_no || '|' || medication_no as _key, _event_id as _event_followup_medication,
    _institution as jgdm, followup_no as sfbh, medication_no as yyh, record_no as dabh,
    compact(followup_date) as sfrq, drug_name as ypmc, frequency_code as pc, single_dose as cjl,
    dose_unit as jldw, compact(_changed_at) as xgsj
from followup_medication;

create view t_ksxx as
select _institution, department_code as _key, _event_id as _event_department,
    _institution as jgdm, department_code as ksdm, department_name as ksmc,
    department_class_code as ksfl, department_type_code as kslx, head_name as fzr, status_code as zt
from department;

create view t_ryxx as
select _institution, staff_no as _key, _event_id as _event_staff,
    _institution as jgdm, staff_no as gh, staff_name as xm, xb(sex_code) as xb,
    try_cast(compact(birth_date) as bigint) as csrq, id_no as sfzh, rpad(department_code, 12, ' ') as ksdm,
    title_code as zc, practice_category_code as zylb, sf(is_prescriber) as cfq, phone_no as lxdh,
    try_cast(compact(hired_date) as bigint) as rzrq, try_cast(compact(left_date) as bigint) as lzrq,
    status_code as zt
from staff;

-- 公卫项目: programmes beside chronic disease, family doctors, disease control.
create macro jsfl(c) as case c when '0' then '未访到' when '1' then '不稳定' when '2' then '基本稳定' when '3' then '稳定' else c end;
create macro tzlx(c) as case c when '1' then '平和' when '2' then '气虚' when '3' then '阳虚' when '4' then '阴虚' when '5' then '痰湿' when '6' then '湿热' when '7' then '血瘀' when '8' then '气郁' when '9' then '特禀' else c end;
create macro qyzt(c) as case c when '01' then '待审' when '02' then '通过' when '03' then '不通过' when '04' then '待结' when '05' then '已结' when '06' then '生效' when '07' then '将到期' when '08' then '到期' when '09' then '解约' else c end;
create macro zzl(c) as case c when '1' then '完全' when '2' then '不全' when '3' then '缺失' else c end;
create macro fyyc(c) as case c when '1' then '规律' when '2' then '间断' when '3' then '不服药' when '4' then '无需服药' else c end;

create view t_zxjsbda as
select _institution, registration_no as _key, _event_id as _event_mental_registration,
    _institution as jgdm, registration_no as bcbbh, record_no as dabh, guardian_name as jhrxm,
    guardian_relation_code as yjhrgx, guardian_address as jhrzz, guardian_phone_no as jhrdh,
    committee_contact_name as xqcjwhlxr, committee_phone_no as xqcjwhdh, household_register_code as hb,
    employment_code as jyqk, mental_consent_code as zqty, consent_signed_by as zqtyqzrxm,
    compact(consent_signed_date) as zqtyqzrq, compact(onset_date) as ccfbrq, past_symptom_codes as jwzyzz,
    lockup_code as jwgsqk, mental_outpatient_code as mzzlqk,
    compact(first_antipsychotic_date) as sckjsbyzlrq, admission_count as zzjszkyyhzhy,
    mental_diagnosis_code as zxjsjbmc, disease_name as zdmc, disease_code as icd10bm,
    confirmed_by as qzyy, compact(confirmed_date) as qzrq, mental_effect_code as zjyczlxg,
    mental_danger_codes as wxxw, mental_economy_code as jjzk, compact(filled_date) as tbrq,
    doctor_name as ysqm, management_status_code as glzt, compact(closed_date) as zzglrq, compact(_changed_at) as xgsj
from mental_registration;

create view t_zxjsbsf as
select _institution, followup_no as _key, _event_id as _event_mental_followup,
    _institution as jgdm, followup_no as sfbbh, registration_no as bcbbh, record_no as dabh,
    compact(followup_date) as sfrq, followup_method_code as sffs, mental_respondent_code as bcsfdx,
    mental_lost_code as sfyy, mental_risk_code as wxxfj, psychotic_symptom_codes as mqzz,
    zzl(insight_code) as zzlpjjg, sleep_code as smqk, diet_code as ysqk,
    self_care_function_code as grshll, housework_function_code as jwld, work_function_code as scldjgz,
    learning_function_code as xxnl, social_function_code as shrjjw, mental_danger_codes as wxxw,
    lockup_code as lcsfqjgsqk, mental_admission_code as zyqk, sf(has_lab_test) as sysjcbz,
    fyyc(medication_compliance_code) as fyycx, sf(has_adverse_reaction) as ywblfybz,
    adverse_reaction as ywblfyms,
    mental_effect_code as zlxg, jsfl(mental_classification_code) as zxjsjbhzsfpj, sf(is_referred) as zzbz,
    referral_reason as zzyy, rehabilitation_codes as kfcs, compact(next_followup_date) as xcsfrq,
    doctor_name as sfysqm, compact(entered_date) as lrrq, compact(_changed_at) as xgsj
from mental_followup;

create view t_lnrda as
select _institution, registration_no as _key, _event_id as _event_elder_registration,
    _institution as jgdm, registration_no as lnrzxdabh, record_no as dabh,
    compact(registered_date) as jdrq, self_rated_health_code as lnrjkztzwpg,
    self_care_code as lnrshzlnlzwp, living_with as jzfs, guardian_name as zhrxm,
    guardian_relation_code as zhrgx, guardian_phone_no as zhrdh, main_disease as zymxjb,
    exercise_frequency_code as ydpl, eating_habit_codes as ysxg, smoking_status_code as xyzk,
    drinking_frequency_code as yjpl, sf(is_empty_nest) as kclrbz, sf(is_disabled_elder) as snlrbz,
    management_status_code as glzt, doctor_name as zrysxm, compact(closed_date) as zzglrq,
    compact(_changed_at) as xgsj
from elder_registration;

create view t_lnrsf as
select _institution, followup_no as _key, _event_id as _event_elder_followup,
    _institution as jgdm, followup_no as sfbbh, registration_no as lnrzxdabh, record_no as dabh,
    compact(followup_date) as sfrq, followup_method_code as sffs, symptom_codes as zz,
    systolic_mmhg as ssymmhg, diastolic_mmhg as szymmhg, pulse_per_min as mlcmin, weight_kg as tzkg,
    bmi as tzzs, self_care_code as lnrshzlnlzwp, fyyc(medication_compliance_code) as fyycx,
    guidance as jkzd, sf(has_vaccination_advice) as ymjzzdbz, sf(has_fall_prevention_advice) as fddzdbz,
    sf(has_osteoporosis_advice) as gzssyfzdbz, sf(is_referred) as zzbz,
    compact(next_followup_date) as yyxcfwrq, doctor_name as sfysqm, compact(_changed_at) as xgsj
from elder_followup;

create view t_lnrzl as
select _institution, assessment_no as _key, _event_id as _event_elder_self_care,
    _institution as jgdm, assessment_no as pgbbh, record_no as dabh, checkup_no as jktjbbh,
    compact(assessed_date) as pgrq, eating_score as jcpf, grooming_score as sxpf, dressing_score as cypf,
    toileting_score as rcpf, mobility_score as hdpf, self_care_score as zlnlzpf,
    self_care_code as shzlnlpd, doctor_name as pgysxm, compact(_changed_at) as xgsj
from elder_self_care;

create view t_lnryy as
select _institution, assessment_no as _key, _event_id as _event_elder_depression,
    _institution as jgdm, assessment_no as pgbbh, record_no as dabh, checkup_no as jktjbbh,
    compact(assessed_date) as pgrq, cognition_screen_code as lnrrzgncsjg, cognition_score as rzgnpf,
    emotion_screen_code as lnrqgztcsjg, depression_scale_name as yylbmc, depression_score as yypf,
    depression_result_code as yypgjg, doctor_name as pgysxm, compact(_changed_at) as xgsj
from elder_depression;

create view t_zytz as
select _institution, identification_no as _key, _event_id as _event_tcm_constitution,
    _institution as jgdm, identification_no as zytzbsbh, record_no as dabh,
    compact(identified_date) as bsrq, answer_01 as d1tjlcp, answer_02 as d2trypf, answer_03 as d3tryqd,
    answer_04 as d4tshsydrwl, answer_05 as d5tmmblqxdc, answer_06 as d6tryjsjzjlb,
    answer_07 as d7tyshztgbeg, answer_08 as d8trygdhphsd, answer_09 as d9tstcz, answer_10 as d10tyjgs,
    answer_11 as d11tsjfl, answer_12 as d12twxbbbhyx, answer_13 as d13tbybrnsbl, answer_14 as d14tryhgm,
    answer_15 as d15tmygmsyhb, answer_16 as d16tykzknhsm, answer_17 as d17trygm,
    answer_18 as d18tpfryqxmz, answer_19 as d19tpfzbzbjz, answer_20 as d20tpfyzjhbc,
    answer_21 as d21tpfhkcg, answer_22 as d22tyztmmhgd, answer_23 as d23tmbhbbyyn,
    answer_24 as d24tmshmkhxh, answer_25 as d25typfszcx, answer_26 as d26tgdkgyzzx,
    answer_27 as d27tgdkkhzly, answer_28 as d28tfbfd, answer_29 as d29tchlddxhg, answer_30 as d30tydbxzbs,
    answer_31 as d31trydbgz, answer_32 as d32tsthn, answer_33 as d33tsxjmyzhz, balanced_score as phzdf,
    qi_deficient_score as qxzdf, yang_deficient_score as yxzdf, yin_deficient_score as yxzdf2,
    phlegm_damp_score as tszdf, damp_heat_score as srzdf, blood_stasis_score as xyzdf,
    qi_stagnant_score as qyzdf, special_score as txzdf, balanced_result_code as phzpdjg,
    qi_deficient_result_code as qxzpdjg, yang_deficient_result_code as yxzpdjg,
    yin_deficient_result_code as yxzpdjg2, phlegm_damp_result_code as tszpdjg,
    damp_heat_result_code as srzpdjg, blood_stasis_result_code as xyzpdjg,
    qi_stagnant_result_code as qyzpdjg, special_result_code as txzpdjg,
    tzlx(main_constitution_code) as zytz, tcm_guidance_codes as zyybjzd, diet_guidance as ysdyzd,
    living_guidance as qjdszd, exercise_guidance as ydbjzd, guidance_effect as xgpg,
    satisfaction_code as myd, compact(next_guidance_date) as xczdrq, doctor_name as zdysqm,
    compact(_changed_at) as xgsj
from tcm_constitution;

create view t_zyet as
select _institution, guidance_no as _key, _event_id as _event_tcm_child_guidance,
    _institution as jgdm, guidance_no as fwjlbh, record_no as dabh, child_handbook_no as etbjscbh,
    compact(guided_date) as sfrq, tcm_child_age_code as etzyyfwyl, tcm_child_guidance_codes as etzyyzd,
    parent_mastery_code as jczwqk, satisfaction_code as myd, compact(next_guidance_date) as xcsfrq,
    doctor_name as sfysqm, compact(_changed_at) as xgsj
from tcm_child_guidance;

create view t_fjhk as
select _institution, registration_no as _key, _event_id as _event_tb_registration,
    _institution as jgdm, registration_no as fjhdjbh, record_no as dabh, compact(registered_date) as djrq,
    compact(notified_at) as sjjgxztzrqsj, compact(onset_date) as fsy, compact(confirmed_date) as qzrq,
    confirmed_by as qzddyljg, tb_patient_type_code as fjhhzlx, tb_sputum_code as tjqk,
    tb_resistance_code as nyqk, tb_regimen as hlfa, compact(treatment_started_date) as zlksrq,
    sf(is_standard_managed) as gfglbz, doctor_name as glysxm, management_status_code as glzt,
    compact(_changed_at) as xgsj
from tb_registration;

create view t_fjhrh as
select _institution, followup_no as _key, _event_id as _event_tb_first_visit,
    _institution as jgdm, followup_no as rhsfbh, registration_no as fjhdjbh, record_no as dabh,
    compact(followup_date) as sfrq, tb_method_code as fjhsffs, tb_patient_type_code as fjhhzlx,
    tb_sputum_code as tjqk, tb_resistance_code as nyqk, tb_symptom_codes as fjhzzjtz, tb_regimen as hlfa,
    tb_usage_code as fjhyf, tb_drug_form_codes as ypjx, tb_supervisor_code as ddry,
    sf(has_single_room) as ddjsbz, tb_ventilation_code as tfqk, drug_pickup_place as qydd,
    card_mastery_code as fyjlktxzwqk, storage_mastery_code as fyffjypcfzwq,
    course_mastery_code as fjhzllczwqk, irregular_mastery_code as bglfywhzwqk,
    reaction_mastery_code as fyhblfyjclzw, revisit_mastery_code as zlqjfzctzwqk,
    outing_mastery_code as wcqjjcfyzwqk, habit_mastery_code as shxgjzysxzwq,
    contact_mastery_code as mqjczjczwqk, compact(next_followup_date) as xcsfrq, doctor_name as pgysqm,
    compact(_changed_at) as xgsj
from tb_first_visit;

create view t_fjhsf as
select _institution, followup_no as _key, _event_id as _event_tb_followup,
    _institution as jgdm, followup_no as sfbbh, registration_no as fjhdjbh, record_no as dabh,
    compact(followup_date) as sfrq, treatment_month as zlyx, tb_supervisor_code as ddry,
    tb_method_code as fjhsffs, tb_patient_type_code as fjhhzlx, tb_sputum_code as tjqk,
    tb_resistance_code as nyqk, tb_symptom_codes as fjhzzjtz, tb_regimen as hlfa, tb_usage_code as fjhyf,
    tb_drug_form_codes as ypjx, missed_doses as lfycs, sf(has_adverse_reaction) as ywblfybz,
    sf(has_complication) as bfzhhbzbz, tb_education_codes as fjhjkjyjpx,
    compact(next_followup_date) as xcsfrq, doctor_name as pgysqm, compact(_changed_at) as xgsj
from tb_followup;

create view t_fjhja as
select _institution, closing_no as _key, _event_id as _event_tb_closing,
    _institution as jgdm, closing_no as japgbh, registration_no as fjhdjbh, record_no as dabh,
    compact(stopped_date) as tzzlrq, tb_stop_reason_code as kjhzltzyy, due_visit_count as yfscs,
    visit_count as sjfscs, due_dose_count as yfycs, dose_count as sjfycs, dose_percent as fyl,
    sf(is_regular_medication) as glfybz, doctor_name as pgysqm, compact(_changed_at) as xgsj
from tb_closing;

create view t_cjr as
select _institution, disability_no as _key, _event_id as _event_disability,
    _institution as jgdm, disability_no as cjdjbh, record_no as dabh, disability_code as cjlb,
    disability_level_code as cjdj, compact(confirmed_date) as pdrq, confirmed_by as pdjgmc,
    compact(registered_date) as djrq, guardian_name as jhrxm, guardian_relation_code as yjhrgx,
    guardian_phone_no as jhrdh, assistive_device as fzqj, rehabilitation_need as kfxq,
    doctor_name as glysxm, compact(_changed_at) as xgsj
from disability;

create view t_cjrjc as
select _institution, monitoring_no as _key, _event_id as _event_disability_monitoring,
    _institution as jgdm, monitoring_no as jcjlbh, disability_no as cjdjbh, record_no as dabh,
    compact(monitored_date) as jcrq, monitoring_finding as jcqk, disability_level_code as cjdj,
    self_care_code as shzlnl, training_content as kfxlnr, compact(next_monitoring_date) as xcjcrq,
    doctor_name as jcysxm, compact(_changed_at) as xgsj
from disability_monitoring;

create view t_qytd as
select _institution, team_no as _key, _event_id as _event_family_doctor_team,
    _institution as jgdm, team_no as tdbh, team_name as tdmc, institution_code as yljg,
    leader_no as tdfzrgh, leader_name as tdfzrxm, team_status_code as tdzt, compact(created_at) as cjrqsj,
    compact(_changed_at) as xgsj
from family_doctor_team;

create view t_qytdcy as
select _institution, team_no || '|' || staff_no as _key, _event_id as _event_family_doctor_member,
    _institution as jgdm, team_no as tdbh, staff_no as gh, staff_name as cyxm,
    doctor_category_code as yslb, healthy_population_limit as jkrqfwsxr,
    key_population_limit as zdrqfwsxr, compact(joined_date) as jrrq, status_code as qyzt, compact(_changed_at) as xgsj
from family_doctor_member;

create view t_fwb as
select _institution, package_no as _key, _event_id as _event_service_package,
    _institution as jgdm, package_no as fwbbh, package_name as fwbmc, package_kind_code as fwblx,
    service_object_codes as fwdx, institution_code as yljg, times(annual_fee_yuan, 100) as nfwf,
    times(public_health_subsidy_yuan, 100) as gwbz, status_code as qyzt, compact(updated_at) as zhgxrqsj,
    compact(_changed_at) as xgsj
from service_package;

create view t_fwbx as
select _institution, package_no || '|' || package_item_no as _key, _event_id as _event_service_package_item,
    _institution as jgdm, package_no as fwbbh, package_item_no as fwxbh, package_item_name as fwxmc,
    yearly_times as nfwpcc, provider_category_code as tgzlb, status_code as qyzt,
    compact(updated_at) as zhgxrqsj, compact(_changed_at) as xgsj
from service_package_item;

create view t_qyxy as
select _institution, contract_no as _key, _event_id as _event_family_doctor_contract,
    _institution as jgdm, contract_no as qydbh, record_no as dabh, name as xm, xb(sex_code) as xb,
    compact(birth_date) as csrq, id_no as sfzjhm, phone_no as lxdh, population_codes as qyrqlx,
    guardian_name as jhrxm, guardian_phone_no as jhrdh, team_no as qytdbh, institution_code as qyjg,
    doctor_no as qyysgh, doctor_name as qyysxm, package_nos as qyfwbbh, contract_way_code as qyfs,
    contract_source_code as qyly, compact(signed_date) as qyrq, compact(start_date) as xysxrq,
    compact(end_date) as xydqrq, term_years as qyqxn, times(agreement_fee_yuan, 100) as xyfy,
    payment_status_code as jfzt, qyzt(contract_status_code) as qyzt, renewed_from_no as xyqqydbh,
    cancel_source_code as jyly, compact(cancelled_at) as jyrqsj, compact(_changed_at) as xgsj
from family_doctor_contract;

create view t_qylv as
select _institution, service_no as _key, _event_id as _event_contract_service,
    _institution as jgdm, service_no as lyjlh, contract_no as qydbh, record_no as dabh,
    package_no as fwbbh, package_item_no as fwxbh, compact(served_at) as fwrqsj,
    service_form_code as fwxs, service_content_text as fwnr, sf(is_complete) as fwnrwzbz,
    doctor_name as fwysxm, sf(is_resident_confirmed) as jmqrbz, rating_code as pjjg, compact(_changed_at) as xgsj
from contract_service;

create view t_crbbgk as
select _institution, report_card_no as _key, _event_id as _event_infectious_report,
    _institution as jgdm, report_card_no as crbbgkbh, report_card_kind_code as bklb, record_no as dabh,
    name as hzxm, id_no as sfzjhm, xb(sex_code) as xb, compact(birth_date) as csrq, age_years as nls,
    phone_no as lxdh, patient_belonging_code as crbhzgs, address_county as xzzxq,
    address_township as xzzxzjdbsc, address_village as xzzcjlnd, address_door as xzzmphm,
    infectious_occupation_code as crbhzzy, case_class_code as blfl, case_acuity_code as crbfblb,
    compact(onset_date) as fbrq, compact(diagnosed_at) as zdrqsj, infectious_class_code as crblb,
    disease_code as jbbm, disease_name as crbmc, institution_name as bgdwmc, reporter_name as bgysxm,
    compact(filled_date) as tkrq, compact(reported_online_at) as wlbgrqsj, compact(_changed_at) as xgsj
from infectious_report;

create view t_yfjz as
select _institution, immunization_card_no as _key, _event_id as _event_immunization_certificate,
    _institution as jgdm, immunization_card_no as yfjzkbh, record_no as dabh, name as etxm,
    xb(sex_code) as xb, compact(birth_date) as csrq, id_no as sfzjhm, guardian_name as jhrxm,
    guardian_relation_code as jhryetgx, guardian_phone_no as jhrdh, address_county as jtxzzxq,
    address_township as jtxzzxzjdbsc, address_village as jtxzzcjlnd, address_door as jtxzzmphm,
    registration_area_code as hjzt, residence_type_code as czlx, compact(created_date) as jkrq,
    created_by as jkrxm, institution_name as jzdwmc, compact(_changed_at) as xgsj
from immunization_certificate;

create view t_jkjyhd as
select _institution, activity_no as _key, _event_id as _event_health_education_activity,
    _institution as jgdm, activity_no as jkjyhdbh, compact(held_at) as hdsj, activity_place as hddd,
    education_form_code as jkjyhdxs, activity_topic as hdzt, organiser_name as zbdwmc,
    attendee_count as jsjkjyrs, education_audience_codes as jkjydx, material_kind as jkjyzlzl,
    material_count as jkjyzlsl, activity_content as hdnr, activity_evaluation as hdzjpj,
    education_archive_codes as cdcl, filled_by as tbrxm, manager_name as fzrxm,
    compact(filled_date) as tbrq, compact(_changed_at) as xgsj
from health_education_activity;

create view t_wjxc as
select _institution, patrol_no as _key, _event_id as _event_inspection_patrol,
    _institution as jgdm, patrol_no as xcdjbh, institution_name as djjgmc,
    inspection_topic_code as jdxgxxlb, compact(patrolled_date) as xcrq, patrol_place as xcdd,
    patrol_content as xcnr, main_problem as fxdzywt, patrolled_by as xcrxm, compact(_changed_at) as xgsj
from inspection_patrol;

create view t_wjxx as
select _institution, report_no as _key, _event_id as _event_inspection_report,
    _institution as jgdm, report_no as xxbgdjbh, institution_name as djjgmc, compact(found_at) as fxrqsj,
    inspection_topic_code as jdxgxxlb, inspection_content as xxnr, compact(reported_at) as bgrqsj,
    reporter_name as bgrxm, compact(_changed_at) as xgsj
from inspection_report;
