-- 百姓医疗: no interface, only exports. CSV in GB18030 with dates as 2024/3/5, Excel registers with
-- 2024年3月5日; weights in jin; a tick for yes and nothing for no; the outpatient log is one wide
-- table that also holds the main diagnosis.

create macro xb(c) as case c when '1' then '男' when '2' then '女' when '0' then '不详' when '9' then '未说明' else c end;
create macro hy(c) as case c when '10' then '未婚' when '20' then '已婚' when '30' then '丧偶' when '40' then '离婚' when '90' then '未说明' else c end;
create macro fkfs(c) as case c when '1' then '城镇职工' when '2' then '城镇居民' when '3' then '新农合' when '4' then '贫困救助' when '5' then '商业保险' when '6' then '全公费' when '7' then '全自费' when '8' then '其他社保' when '99' then '其他' else c end;
create macro yw(b) as flag(b, '有', '无');
create macro sf(b) as flag(b, '是', '否');
create macro gou(b) as case b when '1' then '√' when '0' then null else b end;
create macro jin(n) as times(n, 2);
create macro sffs(c) as case c when '1' then '门诊' when '2' then '入户' when '3' then '电话' when '4' then '其他' else c end;
create macro fyycx(c) as case c when '1' then '规律' when '2' then '间断' when '3' then '不服药' else c end;
create macro pj(c) as case c when '1' then '良好' when '2' then '一般' when '3' then '差' else c end;
create macro sffl(c) as case c when '1' then '控制满意' when '2' then '控制不满意' when '3' then '不良反应' when '4' then '并发症' else c end;
create macro nd(c) as case c when '1' then '阴性' when '2' then '±' when '3' then '+' when '4' then '++' when '5' then '+++' when '6' then '++++' else c end;
create macro mobile(t) as case when t like '1%' then t end;
create macro landline(t) as case when t not like '1%' then t end;

create view hzxx as
select _institution, patient_no as _key, _event_id as _event_patient,
    patient_no as 病人编号, name as 姓名, xb(sex_code) as 性别, slashed(birth_date) as 出生日期,
    id_type_code as 证件类型, id_no as 证件号码, health_card_no as 健康卡号,
    insurance_type_code as 医保类别, ethnicity_code as 民族代码, hy(marital_status_code) as 婚姻,
    occupation_code as 职业代码, workplace_name as 工作单位, mobile(phone_no) as 手机,
    landline(phone_no) as 固定电话, address_county as 县区, address_township as 乡镇,
    address_village as 村居, address_door as 门牌, contact_name as 联系人,
    contact_phone_no as 联系人电话, mother_name as 母亲姓名, slashed(death_date) as 死亡日期,
    slashed(registered_at) as 登记时间, slashed(_changed_at) as 修改时间
from patient;

create view main_diagnosis as
select d.*
from diagnosis d
join outpatient_encounter e
    on d._institution = e._institution and d.encounter_no = e.encounter_no
    and d.patient_no = e.patient_no
where d.is_main = '1' and d.stay_no is null and d.diagnosis_no is not null
qualify row_number() over (partition by d._institution, d.encounter_no order by d._event_id) = 1
    and count(*) over (partition by d._institution, d.encounter_no, d._event_id) = 1;

create view mzrz as
select e._institution, e.encounter_no as _key, e._event_id as _event_outpatient_encounter,
    d._event_id as _event_diagnosis,
    e.encounter_no as 门诊号, e.patient_no as 病人编号, e.patient_type_code as 病人类型,
    slashed(e.visited_at) as 就诊时间, e.department_code as 科室代码, e.department_name as 科室,
    case e.visit_kind_code when '1' then '初诊' when '2' then '复诊' else e.visit_kind_code end as 初复诊,
    e.age_years as 年龄, e.chief_complaint as 主诉, e.present_illness as 现病史,
    e.past_history as 既往史, yw(e.has_allergy) as 过敏, e.allergy_history as 过敏描述,
    e.physical_examination as 体检, e.systolic_mmhg as 收缩压, e.diastolic_mmhg as 舒张压,
    e.temperature_celsius as 体温, e.pulse_per_min as 脉搏, e.glucose_mmol_l as 血糖,
    e.main_diagnosis_code as 初诊断编码, e.main_diagnosis_name as 初诊断, e.tcm_disease_code as 中医编码,
    e.tcm_disease_name as 中医病名, slashed(e.onset_date) as 发病日期, e.doctor_no as 医生工号,
    e.doctor_name as 医生, fkfs(e.payer_code) as 付款方式, d.diagnosis_no as 诊断序号,
    d.patient_type_code as 诊断来源, d.diagnosis_kind_code as 诊断类别, d.diagnosis_code as 主诊断编码,
    d.diagnosis_name as 主诊断, slashed(d.diagnosed_at) as 诊断时间, d.doctor_name as 诊断医生,
    slashed(e._changed_at) as 修改时间
from outpatient_encounter e
left join main_diagnosis d on d._institution = e._institution and d.encounter_no = e.encounter_no;

create view qtzd as
select _institution, diagnosis_no as _key, _event_id as _event_diagnosis,
    diagnosis_no as 诊断序号, patient_no as 病人编号, encounter_no as 门诊号, stay_no as 住院号,
    patient_type_code as 诊断来源, diagnosis_kind_code as 诊断类别, sf(is_main) as 是否主诊断,
    diagnosis_code as 诊断编码, diagnosis_name as 诊断名称, slashed(diagnosed_at) as 诊断时间,
    doctor_name as 诊断医生, slashed(_changed_at) as 修改时间
from diagnosis where _event_id not in (select _event_id from main_diagnosis);

create view jsqd as
select _institution, settlement_no as _key, _event_id as _event_settlement,
    settlement_no as 结算单号, patient_no as 病人编号, encounter_no as 门诊号, stay_no as 住院号,
    patient_type_code as 病人类型, fkfs(payer_code) as 付款方式, slashed(settled_at) as 结算时间,
    total_yuan as 总金额, insurance_yuan as 医保支付, self_paid_yuan as 个人支付,
    case settlement_kind_code when '2' then '冲' when '1' then null else settlement_kind_code end as 冲销,
    reversed_settlement_no as 原单号, slashed(_changed_at) as 修改时间
from settlement;

create view jkda as
select _institution, record_no as _key, _event_id as _event_resident_record,
    record_no as 档案编号, patient_no as 病人编号, household_no as 家庭编号,
    relation_to_head_code as 与户主关系, name as 姓名, xb(sex_code) as 性别,
    slashed(birth_date) as 出生日期, id_no as 身份证号, phone_no as 本人电话,
    contact_name as 联系人, contact_phone_no as 联系人电话, workplace_name as 工作单位,
    case residence_type_code when '1' then '户籍' when '2' then '非户籍' else residence_type_code end as 常住类型,
    ethnicity_code as 民族代码,
    case abo_blood_code when '1' then 'A型' when '2' then 'B型' when '3' then 'O型' when '4' then 'AB型' when '5' then '不详' when '9' then '未查' else abo_blood_code end as 血型,
    case rh_blood_code when '1' then '阴性' when '2' then '阳性' when '3' then '不详' when '4' then '未查' else rh_blood_code end as RH,
    education_code as 文化程度, occupation_code as 职业, hy(marital_status_code) as 婚姻,
    fkfs(payment_code) as 支付方式, yw(has_drug_allergy) as 药物过敏, yw(has_exposure) as 暴露史,
    disability_code as 残疾, genetic_disease as 遗传病史, address_county as 县区,
    address_township as 乡镇, address_village as 村居, address_door as 门牌, region_code as 区划代码,
    doctor_name as 责任医生, surveyor_name as 调查人, created_by as 建档人,
    slashed(created_date) as 建档日期, sf(is_electronic) as 电子档案,
    case record_status_code when '1' then '正常' when '2' then '归档' when '3' then '迁出' when '4' then '死亡' when '5' then '注销' else record_status_code end as 档案状态,
    slashed(moved_out_date) as 迁出日期, slashed(death_date) as 死亡日期,
    slashed(updated_at) as 更新时间
from resident_record;

create view jktj as
select _institution, checkup_no || '|' || chinese_date(checked_date) as _key,
    _event_id as _event_health_checkup,
    checkup_no as 体检编号, record_no as 档案编号, chinese_date(checked_date) as 体检日期,
    doctor_name as 责任医生, symptom_codes as 症状, temperature_celsius as 体温,
    pulse_per_min as 脉率, respiration_per_min as 呼吸, left_systolic_mmhg as 左侧收缩压,
    left_diastolic_mmhg as 左侧舒张压, right_systolic_mmhg as 右侧收缩压,
    right_diastolic_mmhg as 右侧舒张压, height_cm as 身高, jin(weight_kg) as "体重（斤）",
    waist_cm as 腰围, bmi as 体质指数, self_rated_health_code as 健康自评,
    self_care_code as 自理能力, cognition_screen_code as 认知, emotion_screen_code as 情感,
    exercise_frequency_code as 锻炼, exercise_minutes as 每次锻炼分钟,
    smoking_status_code as 吸烟, cigarettes_per_day as 日吸烟, drinking_frequency_code as 饮酒,
    alcohol_liang_per_day as "日饮酒（两）", left_vision as 左眼, right_vision as 右眼,
    hearing_code as 听力, motor_function_code as 运动功能, heart_rate_per_min as 心率,
    heart_rhythm_code as 心律, oedema_code as 水肿, haemoglobin_g_l as 血红蛋白,
    leukocyte_10e9_l as 白细胞, platelet_10e9_l as 血小板, nd(urine_protein_code) as 尿蛋白,
    nd(urine_glucose_code) as 尿糖, fasting_glucose_mmol_l as 空腹血糖, hba1c_percent as 糖化,
    alt_u_l as 谷丙, ast_u_l as 谷草, albumin_g_l as 白蛋白, total_bilirubin_umol_l as 总胆红素,
    creatinine_umol_l as 肌酐, urea_mmol_l as 尿素氮, total_cholesterol_mmol_l as 总胆固醇,
    triglyceride_mmol_l as 甘油三酯, ldl_mmol_l as 低密度, hdl_mmol_l as 高密度,
    gou(is_ecg_abnormal) as 心电图异常, gou(is_chest_xray_abnormal) as 胸片异常,
    gou(is_ultrasound_abnormal) as B超异常, sf(is_abnormal) as 有无异常,
    abnormal_description as 异常描述, guidance_code as 健康指导,
    recorded_by as 录入人, chinese_date(entered_date) as 录入日期
from health_checkup;

create view gxysf as
select _institution, followup_no as _key, _event_id as _event_hypertension_followup,
    followup_no as 随访编号, record_no as 档案编号, chinese_date(followup_date) as 随访日期,
    sffs(followup_method_code) as 随访方式, symptom_codes as 症状, systolic_mmhg as 收缩压,
    diastolic_mmhg as 舒张压, jin(weight_kg) as "体重（斤）", jin(target_weight_kg) as "目标体重（斤）",
    height_cm as 身高, bmi as 体质指数, heart_rate_per_min as 心率, cigarettes_per_day as 日吸烟,
    alcohol_liang_per_day as "日饮酒（两）", exercise_per_week as 周运动次数,
    exercise_minutes as 每次分钟,
    case salt_code when '1' then '轻' when '2' then '中' when '3' then '重' else salt_code end as 摄盐,
    pj(psychological_code) as 心理调整, pj(compliance_behaviour_code) as 遵医行为,
    fyycx(medication_compliance_code) as 服药依从性, yw(has_adverse_reaction) as 不良反应,
    adverse_reaction as 不良反应描述, sffl(classification_code) as 随访分类, sf(is_referred) as 转诊,
    referral_reason as 转诊原因, chinese_date(next_followup_date) as 下次随访, chinese_date(entered_date) as 录入日期, doctor_name as 医生
from hypertension_followup;

create view tnbsf as
select _institution, followup_no as _key, _event_id as _event_diabetes_followup,
    followup_no as 随访编号, record_no as 档案编号, chinese_date(followup_date) as 随访日期,
    sffs(followup_method_code) as 随访方式, symptom_codes as 症状, systolic_mmhg as 收缩压,
    diastolic_mmhg as 舒张压, jin(weight_kg) as "体重（斤）", jin(target_weight_kg) as "目标体重（斤）",
    height_cm as 身高, bmi as 体质指数, dorsalis_pedis_code as 足背动脉, cigarettes_per_day as 日吸烟,
    alcohol_liang_per_day as "日饮酒（两）", exercise_per_week as 周运动次数,
    exercise_minutes as 每次分钟, staple_food_g as 主食, pj(psychological_code) as 心理调整,
    pj(compliance_behaviour_code) as 遵医行为, fasting_glucose_mmol_l as 空腹血糖,
    postprandial_glucose_mmol_l as 餐后血糖, hba1c_percent as 糖化,
    chinese_date(hba1c_date) as 糖化日期, fyycx(medication_compliance_code) as 服药依从性,
    yw(has_adverse_reaction) as 不良反应, hypoglycaemia_code as 低血糖,
    sffl(classification_code) as 随访分类, insulin_kind as 胰岛素, insulin_dose_u as 胰岛素剂量,
    sf(is_referred) as 转诊, referral_reason as 转诊原因, chinese_date(next_followup_date) as 下次随访, chinese_date(entered_date) as 录入日期,
    doctor_name as 医生
from diabetes_followup;
