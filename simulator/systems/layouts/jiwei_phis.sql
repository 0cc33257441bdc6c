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
    compact(_changed_at) as xgsj
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
    compact(_changed_at) as xgsj
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
