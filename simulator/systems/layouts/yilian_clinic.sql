-- 医联诊所: a SQLite file on the clinic's own computer, Chinese names, numbers with a prefix, dates
-- with dots, yes as -1 (it began as an Access program), GUIDs as keys of the lists. Details do not
-- repeat what their head says: a difference is stored, '' where the detail had nothing.

create macro dotted(d) as regexp_replace(d, '^(\d{4})-(\d\d)-(\d\d)', '\1.\2.\3');
create macro yl(no) as 'YL-' || no;
create macro shi(b) as flag(b, '-1', '0');
create macro fk(c) as case c when '1' then 'F1' when '2' then 'F2' when '3' then 'F3' when '4' then 'F4' when '5' then 'F5' when '6' then 'F6' when '7' then 'F7' when '8' then 'F8' when '99' then 'F9' else c end;
create macro unlike(own, head) as
    case when own is not distinct from head then null else coalesce(own, '') end;
create macro dsf(c) as case c when '1' then '满意' when '2' then '不满意' when '3' then '不良反应' when '4' then '并发症' else c end;

create view huanzhe as
with live as (
    select _institution, yl(patient_no) as _key, _event_id as _event_patient,
        yl(patient_no) as 病人编号, name as 姓名, sex_code as 性别, dotted(birth_date) as 出生日期,
        id_type_code as 证件类型, id_no as 身份证, health_card_no as 就诊卡,
        insurance_type_code as 医保类型, ethnicity_code as 民族, marital_status_code as 婚姻,
        occupation_code as 职业, workplace_name as 单位, phone_no as 电话, address_county as 县,
        address_township as 乡镇, address_village as 村, address_door as 门牌, contact_name as 联系人,
        contact_phone_no as 联系电话, mother_name as 母亲, dotted(death_date) as 死亡日期,
        registered_at as 建档时间, '0' as 作废标识, _changed_at as 修改时间
    from patient
)
select * from live
union all
select * replace (_key || 'Z' as _key, 病人编号 || 'Z' as 病人编号, '1' as 作废标识,
    null as _event_patient)
from live where has_voided_twin(_event_patient);

create view jiuzhen as
with live as (
    select _institution, encounter_no as _key, _event_id as _event_outpatient_encounter,
        encounter_no as 门诊号, yl(patient_no) as 病人编号, patient_type_code as 来源,
        visited_at as 就诊时间, department_code as 科室号, department_name as 科室,
        case visit_kind_code when '1' then '初' when '2' then '复' else visit_kind_code end as 初复诊,
        age_years as 年龄, chief_complaint as 主诉, present_illness as 现病史, past_history as 既往史,
        shi(has_allergy) as 有过敏, allergy_history as 过敏史, physical_examination as 查体,
        systolic_mmhg as 高压, diastolic_mmhg as 低压, temperature_celsius as 体温,
        pulse_per_min as 脉搏, glucose_mmol_l as 血糖, main_diagnosis_code as 诊断码,
        main_diagnosis_name as 诊断名, tcm_disease_code as 中医码, tcm_disease_name as 中医名,
        dotted(onset_date) as 发病日期, doctor_no as 医生号, doctor_name as 医生,
        fk(payer_code) as 付款码, '0' as 作废标识, _changed_at as 修改时间
    from outpatient_encounter
)
select * from live
union all
select * replace (_key || 'Z' as _key, 门诊号 || 'Z' as 门诊号, '1' as 作废标识,
    null as _event_outpatient_encounter)
from live where has_voided_twin(_event_outpatient_encounter);

create view zhenduan as
select _institution, guid(_institution || diagnosis_no) as _key, _event_id as _event_diagnosis,
    guid(_institution || diagnosis_no) as 标识, diagnosis_no as 诊断号, yl(patient_no) as 病人编号,
    encounter_no as 门诊号, stay_no as 住院号, patient_type_code as 来源,
    diagnosis_kind_code as 类别, shi(is_main) as 主诊断, diagnosis_code as 诊断码,
    diagnosis_name as 诊断名, diagnosed_at as 诊断时间, doctor_name as 医生, _changed_at as 修改时间
from diagnosis;

create view chufang as
select _institution, prescription_no as _key, _event_id as _event_prescription,
    prescription_no as 处方号, encounter_no as 门诊号, yl(patient_no) as 病人编号,
    case prescription_kind_code when '1' then '饮片' when '2' then '成药' when '3' then '西药' else prescription_kind_code end as 类别,
    prescribed_at as 开方时间, valid_days as 有效天数, department_name as 科室,
    diagnosis_code as 诊断码, doctor_name as 医生, reviewer_name as 审方, dispenser_name as 发药,
    herbal_doses as 剂数, status_code as 状态, '0' as 作废标识, _changed_at as 修改时间
from prescription;

create view chufang_mx as
select i._institution, guid(i._institution || i.prescription_item_no) as _key, i._event_id as _event_prescription_item,
    guid(i._institution || i.prescription_item_no) as 标识, i.prescription_item_no as 明细号, i.prescription_no as 处方号,
    unlike(yl(i.patient_no), yl(h.patient_no)) as 病人编号,
    unlike(i.prescribed_at, h.prescribed_at) as 开方时间, i.drug_code as 药品码, i.drug_name as 药品,
    i.specification as 规格, i.dose_form_code as 剂型, i.single_dose as 每次量, i.dose_unit as 量单位,
    i.frequency_code as 频次, i.route_code as 用法, i.days as 天数, i.quantity as 数量, i.group_no as 组,
    i.unit_price_yuan as 单价, i.amount_yuan as 金额, i._changed_at as 修改时间
from prescription_item i
left join (
    select * from prescription
    qualify row_number() over (partition by _institution, prescription_no order by _event_id) = 1
) h on i._institution = h._institution and i.prescription_no = h.prescription_no;

create view shoufei as
select _institution, guid(_institution || charge_no) as _key, _event_id as _event_charge_detail,
    guid(_institution || charge_no) as 标识, charge_no as 费用号, yl(patient_no) as 病人编号, encounter_no as 门诊号,
    stay_no as 住院号, patient_type_code as 来源, item_code as 项目码, item_name as 项目,
    charge_category_code as 费别, quantity as 数量, unit_price_yuan as 单价, amount_yuan as 金额,
    charged_at as 记账时间, department_name as 科室, doctor_name as 医生, settlement_no as 结算号,
    _changed_at as 修改时间
from charge_detail;

create view jiesuan as
select _institution, settlement_no as _key, _event_id as _event_settlement,
    settlement_no as 结算号, yl(patient_no) as 病人编号, encounter_no as 门诊号, stay_no as 住院号,
    patient_type_code as 来源, fk(payer_code) as 付款码, settled_at as 结算时间, total_yuan as 总额,
    insurance_yuan as 医保, self_paid_yuan as 自付,
    case settlement_kind_code when '1' then '收' when '2' then '退' else settlement_kind_code end as 收退,
    reversed_settlement_no as 退单号, _changed_at as 修改时间
from settlement;

create view dangan as
select _institution, record_no as _key, _event_id as _event_resident_record,
    record_no as 档案号, yl(patient_no) as 病人编号, household_no as 家庭号,
    relation_to_head_code as 户主关系, name as 姓名, sex_code as 性别, dotted(birth_date) as 出生日期,
    id_no as 身份证, phone_no as 电话, contact_name as 联系人, contact_phone_no as 联系电话,
    workplace_name as 单位, residence_type_code as 常住, ethnicity_code as 民族,
    abo_blood_code as 血型, rh_blood_code as RH, education_code as 文化, occupation_code as 职业,
    marital_status_code as 婚姻, payment_code as 付费, shi(has_drug_allergy) as 过敏,
    shi(has_exposure) as 暴露, disability_code as 残疾, genetic_disease as 遗传病,
    address_county as 县, address_township as 乡镇, address_village as 村, address_door as 门牌,
    region_code as 区划, doctor_name as 责任医生, surveyor_name as 调查员, created_by as 建档人,
    dotted(created_date) as 建档日期, shi(is_electronic) as 电子, record_status_code as 状态,
    dotted(moved_out_date) as 迁出日期, dotted(death_date) as 死亡日期, updated_at as 更新时间,
    _changed_at as 修改时间
from resident_record;

create view manbing as
select _institution, registration_no as _key, _event_id as _event_chronic_registration,
    registration_no as 卡号, record_no as 档案号,
    case programme_code when '1' then '高血压' when '2' then '糖尿病' else programme_code end as 病种,
    dotted(confirmed_date) as 确诊日期, confirmed_by as 确诊机构, dotted(registered_date) as 建卡日期,
    risk_level_code as 危险度, management_status_code as 管理状态, doctor_name as 医生,
    dotted(closed_date) as 终止日期, _changed_at as 修改时间
from chronic_registration;

create view gaoxueya as
select _institution, followup_no as _key, _event_id as _event_hypertension_followup,
    followup_no as 随访号, record_no as 档案号, dotted(followup_date) as 随访日期,
    followup_method_code as 方式, symptom_codes as 症状, systolic_mmhg as 高压, diastolic_mmhg as 低压,
    weight_kg as 体重, target_weight_kg as 目标体重, height_cm as 身高, bmi as BMI,
    heart_rate_per_min as 心率, cigarettes_per_day as 日吸烟, alcohol_liang_per_day as 日饮酒,
    exercise_per_week as 周锻炼, exercise_minutes as 锻炼分钟, salt_code as 摄盐,
    psychological_code as 心理, compliance_behaviour_code as 遵医, medication_compliance_code as 服药,
    shi(has_adverse_reaction) as 不良反应, adverse_reaction as 反应描述,
    dsf(classification_code) as 分类, shi(is_referred) as 转诊, referral_reason as 转诊原因,
    dotted(next_followup_date) as 下次日期, dotted(entered_date) as 录入日期, doctor_name as 医生, _changed_at as 修改时间
from hypertension_followup;

create view tangniaobing as
select _institution, followup_no as _key, _event_id as _event_diabetes_followup,
    followup_no as 随访号, record_no as 档案号, dotted(followup_date) as 随访日期,
    followup_method_code as 方式, symptom_codes as 症状, systolic_mmhg as 高压, diastolic_mmhg as 低压,
    weight_kg as 体重, target_weight_kg as 目标体重, height_cm as 身高, bmi as BMI,
    dorsalis_pedis_code as 足背动脉, cigarettes_per_day as 日吸烟, alcohol_liang_per_day as 日饮酒,
    exercise_per_week as 周锻炼, exercise_minutes as 锻炼分钟, staple_food_g as 主食,
    psychological_code as 心理, compliance_behaviour_code as 遵医, fasting_glucose_mmol_l as 空腹血糖,
    postprandial_glucose_mmol_l as 餐后血糖, hba1c_percent as 糖化, dotted(hba1c_date) as 糖化日期,
    medication_compliance_code as 服药, shi(has_adverse_reaction) as 不良反应,
    hypoglycaemia_code as 低血糖, dsf(classification_code) as 分类, insulin_kind as 胰岛素,
    insulin_dose_u as 胰岛素量, shi(is_referred) as 转诊, referral_reason as 转诊原因,
    dotted(next_followup_date) as 下次日期, dotted(entered_date) as 录入日期, doctor_name as 医生, _changed_at as 修改时间
from diabetes_followup;
