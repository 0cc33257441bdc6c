-- 市妇幼健康信息平台: one database of the city for township health centres and midwifery hospitals.
-- Each table begins with the institution (jgbm) and a number (bh); forms of one kind share a table,
-- told apart by lx. Dates with dots, birth weight in kilograms, haemoglobin in g/dL, a newborn's
-- weight at a visit in grams, gestation as 39+2, words for codes.

create macro dian(d) as regexp_replace(d, '^(\d{4})-(\d\d)-(\d\d)', '\1.\2.\3');
create macro yunzhou(weeks, days) as
    case when weeks is null and days is null then null
    else coalesce(weeks, '') || coalesce('+' || days, '') end;

create macro fy_xb(c) as case c when '1' then '男' when '2' then '女' when '0' then '未知' when '9' then '未说明' else c end;
create macro fy_yy(c) as case c when '1' then '阴' when '2' then '阳' else c end;
create macro fy_dx(c) as case c when '1' then 'NEG' when '2' then 'WEAK' when '3' then 'POS' else c end;
create macro fy_fx(c) as case c when '1' then 'GREEN' when '2' then 'YELLOW' when '3' then 'ORANGE' when '4' then 'RED' when '5' then 'PURPLE' else c end;
create macro fy_fmfs(c) as case c when '1' then 'ZRFM' when '2' then 'YDZC' when '3' then 'PGC' when '4' then 'TWZC' when '9' then 'QT' else c end;
create macro fy_pj(c) as case c when '1' then 'U' when '2' then 'M' when '3' then 'D' else c end;
create macro fy_zc(c) as case c when '1' then 'N' when '2' then 'A' else c end;
create macro fy_tl(c) as case c when '1' then 'PASS' when '2' then 'REFER' else c end;
create macro fy_sf(c) as case c when '1' then 'Y' when '0' then 'N' else c end;

-- 孕产妇保健手册
create view fy_yfsc as
select _institution, maternal_handbook_no as _key, _event_id as _event_maternal_handbook,
    _institution as jgbm, maternal_handbook_no as bh, handbook_status_code as sczt,
    maternal_status_code as ycfzt, dian(created_date) as jdrq, created_weeks as jcyz,
    name as yfxm, dian(birth_date) as csrq, age_years as yfnl, id_type_code as sfzjlb,
    id_no as sfzjhm, nationality_code as gj, ethnicity_code as mz, education_code as whcd,
    occupation_code as zy, phone_no as lxdh, household_register_code as hksx,
    registration_area_code as hkzt, husband_name as zfxm, husband_id_no as zfsfzjhm,
    registered_county as hkdq, registered_township as hkdx, address_county as xzdx,
    address_township as xzdx2, address_village as xzdc, address_door as xzdmph,
    postpartum_county as chxydx, postpartum_township as chxydx2, dian(last_menses_date) as mcyjrq,
    dian(expected_delivery_date) as ycq, gravidity as yc, parity as cc,
    risk_screen_code as rsfxscjg, fy_fx(risk_colour_code) as rsfxdj,
    fy_sf(has_infection_risk) as crbfx, managing_institution_name as gljgmc,
    doctor_name as zrysxm, dian(closed_date) as jarq, dian(_changed_at) as xgsj
from maternal_handbook;

-- 既往妊娠史
create view fy_rcs as
select _institution, history_no as _key, _event_id as _event_pregnancy_history,
    _institution as jgbm, history_no as bh, maternal_handbook_no as sch, pregnancy_order as djcrs,
    dian(ended_date) as rszzrq, pregnancy_outcome_code as rsjj, dian(_changed_at) as xgsj
from pregnancy_history;

-- 产前检查: 第 1 次 (SC) 和第 2~5 次 (FC)
create view fy_cqjc as
select _institution, visit_no as _key, _event_id as _event_antenatal_first_visit,
    _institution as jgbm, visit_no as bh, 'SC' as lx, maternal_handbook_no as sch,
    dian(visited_date) as tbrq, yunzhou(gestational_weeks, gestational_extra_days) as yz,
    age_years as yfnl, husband_age_years as zfnl, husband_phone_no as zflxdh, gravidity as yc,
    vaginal_delivery_count as ydfmcs, caesarean_count as pgccs, dian(last_menses_date) as mcyjrq,
    dian(expected_delivery_date) as ycq, maternal_past_codes as jws,
    maternal_family_codes as ycfjzs, maternal_personal_codes as ycfgrs,
    fy_sf(has_gynaecological_surgery) as fksss, spontaneous_abortion_count as zrlccs,
    induced_abortion_count as rglccs, fetal_death_count as stls, stillbirth_count as scls,
    neonatal_death_count as xseswls, birth_defect_count as csqxels, height_cm as sg,
    weight_kg as tz, bmi as tzzs, systolic_mmhg as ssy, diastolic_mmhg as szy,
    fy_sf(is_heart_abnormal) as xzyc, fy_sf(is_lung_abnormal) as fbyc,
    fy_sf(is_vulva_abnormal) as wyyc, fy_sf(is_vagina_abnormal) as ydyc,
    fy_sf(is_cervix_abnormal) as gjyc, fy_sf(is_uterus_abnormal) as zgyc,
    fy_sf(is_adnexa_abnormal) as fjyc, times(haemoglobin_g_l, 0.1) as xhdbz,
    leukocyte_10e9_l as bxbjsz, platelet_10e9_l as xxbjsz, urine_protein_code as ndbdxjcjg,
    urine_glucose_code as ntdxjcjg, urine_ketone_code as nttdxjcjg, urine_blood_code as nqxjcjg,
    abo_blood_code as aboxx, rh_blood_code as rhxx, glucose_mmol_l as xtjcz, alt_u_l as xqgbzamz,
    ast_u_l as xqgczamz, total_bilirubin_umol_l as zdhsz, creatinine_umol_l as xjgz,
    urea_mmol_l as xnsdjcz, fy_yy(hbsag_code) as yxgybdbmkyjcjg,
    fy_yy(hbsab_code) as yxgybdbmktjcjg, fy_yy(hbeag_code) as yxgybdekyjcjg,
    fy_yy(hbeab_code) as yxgybdektjcjg, fy_yy(hbcab_code) as yxgybdhxktjcjg,
    fy_yy(syphilis_code) as mdxqxsyjg, fy_yy(hiv_code) as hivktjcjg,
    fy_sf(is_assessment_abnormal) as ztpgyc, antenatal_guidance_codes as bjzd,
    fy_sf(is_referred) as zz, institution_name as jcjgmc, dian(next_followup_date) as xcsfrq,
    doctor_name as sfysqm, dian(_changed_at) as xgsj
from antenatal_first_visit
union all by name
select _institution, visit_no as _key, _event_id as _event_antenatal_visit,
    _institution as jgbm, visit_no as bh, 'FC' as lx, maternal_handbook_no as sch,
    visit_order as sfcx, dian(visited_date) as tbrq, gestational_weeks as zzsyz, weight_kg as tz,
    fundal_height_cm as gdgd, abdominal_girth_cm as fw, fetal_position_code as tfw,
    fetal_heart_rate_per_min as txl, systolic_mmhg as ssy, diastolic_mmhg as szy,
    times(haemoglobin_g_l, 0.1) as xhdbz, urine_protein_code as ndbdxjcjg,
    maternal_class_code as ycffl, abnormal_description as flycms,
    antenatal_guidance_codes as bjzd, fy_sf(is_referred) as zz, referral_reason as zzyy,
    institution_name as jcjgmc, dian(next_followup_date) as xcsfrq, doctor_name as sfysqm,
    dian(_changed_at) as xgsj
from antenatal_visit;

-- 妊娠风险: 筛查 (S)、评估 (P)、因素 (Y)、高危专案 (G)
create view fy_fxgl as
select _institution, screening_no as _key, _event_id as _event_pregnancy_risk_screening,
    _institution as jgbm, screening_no as bh, 'S' as lx, maternal_handbook_no as sch,
    dian(screened_date) as scrq, gestational_weeks as zzsyz, risk_screen_code as rsfxscjg,
    risk_factor as scyxys, doctor_name as scysxm, institution_name as scjgmc,
    dian(_changed_at) as xgsj
from pregnancy_risk_screening
union all by name
select _institution, assessment_no as _key, _event_id as _event_pregnancy_risk_assessment,
    _institution as jgbm, assessment_no as bh, 'P' as lx, maternal_handbook_no as sch,
    dian(assessed_date) as pgrq, gestational_weeks as zzsyz, fy_fx(risk_colour_code) as rsfxdj,
    fy_sf(has_infection_risk) as crbfx, doctor_name as scysxm, institution_name as scjgmc,
    dian(_changed_at) as xgsj
from pregnancy_risk_assessment
union all by name
select _institution, risk_factor_no as _key, _event_id as _event_pregnancy_risk_factor,
    _institution as jgbm, risk_factor_no as bh, 'Y' as lx, assessment_no as fxpgbh,
    maternal_handbook_no as sch, risk_factor_code as fxys, risk_factor as scyxys,
    fy_fx(risk_colour_code) as rsfxdj, dian(found_date) as fxrq, dian(_changed_at) as xgsj
from pregnancy_risk_factor
union all by name
select _institution, high_risk_case_no as _key, _event_id as _event_high_risk_pregnancy,
    _institution as jgbm, high_risk_case_no as bh, 'G' as lx, maternal_handbook_no as sch,
    dian(registered_date) as djrq, high_risk_factor as gwys, fy_fx(risk_colour_code) as rsfxdj,
    dian(assessed_date) as pgrq, assessing_institution_name as pgdwmc, diagnosis_name as gwzd,
    managing_institution_name as gljgmc, doctor_name as scysxm, dian(_changed_at) as xgsj
from high_risk_pregnancy;

-- 产后访视 (FS) 和 42 天检查 (JC)
create view fy_chfs as
select _institution, visit_no as _key, _event_id as _event_postpartum_visit,
    _institution as jgbm, visit_no as bh, 'FS' as lx, maternal_handbook_no as sch,
    dian(visited_date) as sfrq, dian(delivery_date) as fmrq, dian(discharged_date) as cyrq,
    postpartum_days as chts, temperature_celsius as tw, general_condition_exam as ybjkqk,
    psychological_state as ybxlzk, systolic_mmhg as ssy, diastolic_mmhg as szy,
    fy_sf(is_breast_abnormal) as rfyc, left_breast_finding as zcrxjcjg,
    right_breast_finding as ycrxjcjg, fy_sf(is_lochia_abnormal) as elyc,
    fy_sf(is_uterus_abnormal) as zgyc, fy_sf(is_wound_abnormal) as skyc,
    maternal_class_code as ycffl, postpartum_guidance_codes as zd, fy_sf(is_referred) as zz,
    referral_reason as zzyy, dian(next_followup_date) as xcsfrq, doctor_name as sfysqm, dian(_changed_at) as xgsj
from postpartum_visit
union all by name
select _institution, visit_no as _key, _event_id as _event_postpartum_42day,
    _institution as jgbm, visit_no as bh, 'JC' as lx, maternal_handbook_no as sch,
    dian(visited_date) as sfrq, dian(delivery_date) as fmrq, general_condition_exam as ybjkqk,
    psychological_state as ybxlzk, systolic_mmhg as ssy, diastolic_mmhg as szy,
    fy_sf(is_breast_abnormal) as rfyc, fy_sf(is_lochia_abnormal) as elyc,
    fy_sf(is_uterus_abnormal) as zgyc, fy_sf(is_wound_abnormal) as skyc,
    restore_class_code as chhffl, postpartum_guidance_codes as zd, fy_sf(is_closed) as ja,
    doctor_name as sfysqm, dian(_changed_at) as xgsj
from postpartum_42day;

-- 儿童保健手册
create view fy_etsc as
select _institution, child_handbook_no as _key, _event_id as _event_child_handbook,
    _institution as jgbm, child_handbook_no as bh, maternal_handbook_no as mqbjscbh,
    dian(created_date) as jcrq, created_institution_name as jcdwmc, name as etxm,
    fy_xb(sex_code) as xb, dian(birth_date) as csrq, id_no as sfzjhm,
    birth_certificate_no as csyxzmbh, phone_no as lxdh, registered_county as hkszdx,
    registered_township as hkszdx2, address_county as xzdx, address_township as xzdx2,
    address_village as xzdc, address_door as xzdmph, registration_area_code as hkzt,
    household_register_code as hksx, living_state_code as jzzt, fy_sf(is_single_parent) as dq,
    mother_name as mqxm, mother_id_no as mqsfzjhm, maternal_illness_code as mqrsqhbqk,
    times(birth_weight_g, 0.001) as cstz, birth_length_cm as cssc,
    yunzhou(birth_gestational_weeks, gestational_extra_days) as yz, birth_condition_codes as csqk,
    delivery_institution_name as zcjgmc, fy_sf(is_multiple_birth) as sdt, asphyxia_code as xsezx,
    fy_sf(has_malformation) as jx, hearing_screen_code as xsetlsc,
    fy_sf(is_disease_screened) as xsejbsc, fy_sf(is_bcg_vaccinated) as kjmjz,
    fy_sf(is_hbv_vaccinated) as ygymjz, fy_sf(is_moved_out) as qc, dian(_changed_at) as xgsj
from child_handbook;

-- 儿童访视和体检: 新生儿 (0)、1~8 月 (1)、12~30 月 (2)、3~6 岁 (3)
create view fy_ettj as
select _institution, visit_no as _key, _event_id as _event_newborn_visit,
    _institution as jgbm, visit_no as bh, '0' as lx, child_handbook_no as etbjscbh,
    dian(visited_date) as fsrq, age_days as sznlt, times(current_weight_kg, 1000) as mqtz,
    length_cm as sc, feeding_code as wyfslb, milk_ml_per_time as mccnl,
    milk_times_per_day as mtcncs, fy_sf(has_vomiting) as ot, stool_code as db,
    stool_times_per_day as dbcs, temperature_celsius as tw, pulse_per_min as ml,
    respiration_per_min as hxpl, face_colour_code as etms, jaundice_site_codes as hdbw,
    fontanelle_width_cm as qxhj, fontanelle_length_cm as qxzj, fontanelle_code as qxlx,
    fy_sf(is_eye_abnormal) as ywgjcyc, fy_sf(is_limb_abnormal) as szhddyc,
    fy_sf(is_ear_abnormal) as ewgjcyc, fy_sf(has_neck_mass) as jbbk,
    fy_sf(is_nose_abnormal) as bbjcyc, newborn_skin_code as pf, fy_sf(is_oral_abnormal) as kqjcyc,
    fy_sf(is_anus_abnormal) as gmjcyc, fy_sf(is_heart_lung_abnormal) as xfjcyc,
    fy_sf(is_chest_abnormal) as xbyc, fy_sf(is_genital_abnormal) as wszqyc,
    fy_sf(is_abdomen_abnormal) as fbjcyc, fy_sf(is_spine_abnormal) as jzjcyc,
    umbilical_code as qdjcjg, fy_sf(is_referred) as zz, newborn_guidance_codes as xsefsjkzdlb,
    dian(next_visit_date) as xcsfrq, doctor_name as sfysqm, dian(_changed_at) as xgsj
from newborn_visit
union all by name
select _institution, visit_no as _key, _event_id as _event_infant_checkup,
    _institution as jgbm, visit_no as bh, '1' as lx, child_handbook_no as etbjscbh,
    infant_visit_age_code as jcsd, dian(visited_date) as fsrq, age_months as sznly,
    weight_kg as tz, fy_pj(weight_grade_code) as nlbtzpj, length_cm as sc,
    fy_pj(length_grade_code) as nlbscpj, head_cm as tw2, physique_code as tgfypj,
    face_colour_code as etms, fy_zc(skin_code) as pf2, fontanelle_code as qxlx,
    fy_sf(has_neck_mass) as jbbk, fy_sf(is_eye_abnormal) as ywgjcyc,
    fy_sf(is_ear_abnormal) as ewgjcyc, fy_sf(is_oral_abnormal) as kqjcyc,
    fy_sf(is_chest_abnormal) as xbyc, fy_sf(is_abdomen_abnormal) as fbjcyc,
    fy_sf(is_limb_abnormal) as szhddyc, rickets_symptom_codes as kyglbzz,
    rickets_sign_codes as kyglbtz, fy_sf(is_anus_genital_abnormal) as gmwszqyc,
    times(haemoglobin_g_l, 0.1) as xhdbz, outdoor_hours_per_day as hwhd,
    vitamin_d_iu_per_day as fywssd, between_illness_codes as lcsfjhbqk, fy_sf(is_referred) as zz,
    child_guidance_codes as etjkzdlb, dian(next_visit_date) as xcsfrq, doctor_name as sfysqm,
    dian(_changed_at) as xgsj
from infant_checkup
union all by name
select _institution, visit_no as _key, _event_id as _event_toddler_checkup,
    _institution as jgbm, visit_no as bh, '2' as lx, child_handbook_no as etbjscbh,
    toddler_visit_age_code as jcsd2, dian(visited_date) as fsrq, age_months as sznly,
    weight_kg as tz, fy_pj(weight_grade_code) as nlbtzpj, length_cm as sc,
    fy_pj(length_grade_code) as nlbscpj, physique_code as tgfypj, face_colour_code as etms,
    fy_zc(skin_code) as pf2, fontanelle_code as qxlx, fy_sf(is_eye_abnormal) as ywgjcyc,
    fy_sf(is_ear_abnormal) as ewgjcyc, teeth_count as cys, caries_count as qcs,
    fy_sf(is_chest_abnormal) as xbyc, fy_sf(is_abdomen_abnormal) as fbjcyc,
    fy_sf(is_limb_abnormal) as szhddyc, fy_sf(is_gait_abnormal) as btyc,
    rickets_sign_codes as kyglbtz, times(haemoglobin_g_l, 0.1) as xhdbz,
    outdoor_hours_per_day as hwhd, between_illness_codes as lcsfjhbqk, fy_sf(is_referred) as zz,
    child_guidance_codes as etjkzdlb, dian(next_visit_date) as xcsfrq, doctor_name as sfysqm,
    dian(_changed_at) as xgsj
from toddler_checkup
union all by name
select _institution, visit_no as _key, _event_id as _event_preschool_checkup,
    _institution as jgbm, visit_no as bh, '3' as lx, child_handbook_no as etbjscbh,
    preschool_visit_age_code as jcsd3, dian(visited_date) as fsrq, age_years as sznls,
    weight_kg as tz, fy_pj(weight_grade_code) as nlbtzpj, height_cm as sg,
    fy_pj(height_grade_code) as nlbsgpj, physique_code as tgfypj, left_vision as zylyyslz,
    right_vision as yylyyslz, fy_tl(hearing_result_code) as tl, teeth_count as cys,
    caries_count as qcs, fy_sf(is_chest_abnormal) as xbyc, fy_sf(is_abdomen_abnormal) as fbjcyc,
    times(haemoglobin_g_l, 0.1) as xhdbz, between_illness_codes as lcsfjhbqk,
    fy_sf(is_referred) as zz, child_guidance_codes as etjkzdlb, dian(next_visit_date) as xcsfrq,
    doctor_name as sfysqm, dian(_changed_at) as xgsj
from preschool_checkup;

-- 儿童专项: 高危登记 (GW)、专案随访 (ZA)、眼保健 (YB)
create view fy_etzx as
select _institution, high_risk_child_no as _key, _event_id as _event_high_risk_child,
    _institution as jgbm, high_risk_child_no as bh, 'GW' as lx, child_handbook_no as etbjscbh,
    high_risk_kind_code as gwedalx, dian(registered_date) as ksglrq, mother_name as mqxm,
    sign_description as tz, child_assessment as pg, managing_institution_name as gljgmc,
    doctor_name as djysxm, fy_sf(is_closed) as ja, dian(_changed_at) as xgsj
from high_risk_child
union all by name
select _institution, followup_no as _key, _event_id as _event_high_risk_child_followup,
    _institution as jgbm, followup_no as bh, 'ZA' as lx, high_risk_child_no as gwedjbh,
    child_handbook_no as etbjscbh, dian(followup_date) as glrq, age_months as sznly,
    weight_kg as tz2, length_cm as sc, child_assessment as pg, treatment_plan as clygy,
    doctor_name as djysxm, dian(_changed_at) as xgsj
from high_risk_child_followup
union all by name
select _institution, screening_no as _key, _event_id as _event_child_eye_screening,
    _institution as jgbm, screening_no as bh, 'YB' as lx, child_handbook_no as etbjscbh,
    eye_stage_code as ybjjcsd, dian(screened_date) as jcrq, age_months as sznly,
    fy_zc(left_eye_appearance_code) as zywg, fy_zc(right_eye_appearance_code) as yywg,
    eye_conclusion_code as ybjjcjl, eye_guidance_codes as ybjzd, doctor_name as djysxm,
    institution_name as jcjgmc, dian(_changed_at) as xgsj
from child_eye_screening;

-- 分娩记录
create view fy_fmjl as
select _institution, delivery_no as _key, _event_id as _event_delivery,
    _institution as jgbm, delivery_no as bh, maternal_handbook_no as sch, name as cfxm,
    id_no as sfzjhm, dian(birth_date) as cfcsrq, age_years as cfnl, gravidity as yc, parity as cc,
    yunzhou(gestational_weeks, gestational_extra_days) as yz, dian(delivered_at) as fm,
    fy_fmfs(delivery_way_code) as fmfs, delivery_place_code as fmddlb, newborn_count as ts,
    total_bleeding_ml as fmzcxl, diagnosis_name as zd, midwife_name as jszxm,
    institution_name as fmjgmc, dian(_changed_at) as xgsj
from delivery;

-- 新生儿记录
create view fy_xsejl as
select _institution, newborn_no as _key, _event_id as _event_delivery_newborn,
    _institution as jgbm, newborn_no as bh, delivery_no as fmjlbh, name as xsexm,
    phone_no as mqlxdh, mother_name as mqxm, mother_id_no as mqsfzjhm, fetus_order_code as tb,
    fy_xb(sex_code) as xb, dian(birth_date) as csrq, dian(born_at) as cs,
    birth_status_code as csqk, times(birth_weight_g, 0.001) as xsecstz, birth_length_cm as cssc,
    birth_head_cm as cstw, apgar_1_score as f1fzapgarpf, apgar_5_score as f5fzapgarpf,
    dian(_changed_at) as xgsj
from delivery_newborn;

-- 出生: 登记 (DJ) 和证明 (ZM)
create view fy_cszm as
select _institution, registration_no as _key, _event_id as _event_birth_registration,
    _institution as jgbm, registration_no as bh, 'DJ' as lx, newborn_no as xsejlh, name as xsexm,
    fy_xb(sex_code) as xb, dian(birth_date) as csrq, dian(born_at) as cs,
    gestational_weeks as csyz, times(birth_weight_g, 0.001) as xsecstz, birth_length_cm as cssc,
    health_state_code as jkzk, fetus_order_code as tb, birth_place_code as csdd,
    birth_status_code as cszt, delivery_institution_name as fmjgmc, midwife_name as jszxm,
    mother_name as mqxm, dian(mother_birth_date) as mqcsrq, mother_id_no as mqsfzjhm,
    father_name as fqxm, father_id_no as fqsfzjhm, dian(registered_date) as djrq,
    dian(_changed_at) as xgsj
from birth_registration
union all by name
select _institution, birth_certificate_no as _key, _event_id as _event_birth_certificate,
    _institution as jgbm, birth_certificate_no as bh, 'ZM' as lx, registration_no as glkbh,
    newborn_no as xsejlh, issue_kind_code as scqflx, dian(issued_at) as qf,
    fy_sf(is_single_parent) as dq, name as xsexm, fy_xb(sex_code) as xb, dian(birth_date) as csrq,
    dian(born_at) as cs, yunzhou(gestational_weeks, gestational_extra_days) as yz,
    times(birth_weight_g, 0.001) as xsecstz, birth_length_cm as cssc, health_state_code as jkzk,
    birth_place_code as csdd, delivery_institution_name as fmjgmc, midwife_name as jszxm,
    mother_name as mqxm, dian(mother_birth_date) as mqcsrq, mother_id_type_code as mqsfzjlb,
    mother_id_no as mqsfzjhm, mother_nationality_code as mqgj, mother_ethnicity_code as mqmz,
    father_name as fqxm, father_id_no as fqsfzjhm, family_address as jtdz,
    recipient_name as lzrxm, recipient_id_no as lzrsfzjhm, issuer_name as qfrxm,
    institution_name as qfdwmc, dian(_changed_at) as xgsj
from birth_certificate;

-- 新生儿筛查: 听力 (TL)、代谢病 (DX)、先心病 (XX)
create view fy_xsesc as
select _institution, screening_no as _key, _event_id as _event_hearing_screening,
    _institution as jgbm, screening_no as bh, 'TL' as lx, newborn_no as xsejlh, name as etxm,
    fy_xb(sex_code) as xb, dian(birth_date) as csrq, mother_name as mqxm,
    mother_id_no as mqsfzjhm, phone_no as lxdh, hearing_stage_code as tlscjd,
    hearing_method_code as tlscff, dian(screened_date) as scrq, age_days as sznlt,
    fy_tl(left_hearing_code) as zescjg, fy_tl(right_hearing_code) as yescjg,
    doctor_name as scysxm, institution_name as scjgmc, dian(_changed_at) as xgsj
from hearing_screening
union all by name
select _institution, metabolic_screening_no as _key, _event_id as _event_metabolic_screening,
    _institution as jgbm, metabolic_screening_no as bh, 'DX' as lx, newborn_no as xsejlh,
    name as etxm, mother_name as mqxm, mother_id_no as mqsfzjhm, phone_no as lxdh,
    fy_xb(sex_code) as xb, dian(birth_date) as csrq, delivery_institution_name as fmjgmc,
    dian(sampled_at) as cx, sampled_by as cxrxm, sampling_institution_name as cxjgmc,
    tsh_mu_l as cjzxjs, fy_dx(ch_result_code) as xtxjzxgndxzjg, fy_dx(pku_result_code) as bbtnzjg,
    fy_dx(g6pd_result_code) as pttlstqmqfzjg, fy_dx(cah_result_code) as ssxpzszjg,
    fy_dx(total_result_code) as scjg, institution_name as scjgmc, dian(_changed_at) as xgsj
from metabolic_screening
union all by name
select _institution, chd_screening_no as _key, _event_id as _event_chd_screening,
    _institution as jgbm, chd_screening_no as bh, 'XX' as lx, newborn_no as xsejlh, name as etxm,
    mother_name as mqxm, mother_id_no as mqsfzjhm, phone_no as lxdh, fy_xb(sex_code) as xb,
    dian(birth_date) as csrq, delivery_institution_name as fmjgmc, dian(screened_at) as sc,
    age_hours as scsl, murmur_code as xzzyjb, right_hand_spo2_percent as ysxybhd,
    foot_spo2_percent as zbxybhd, chd_result_code as xxbscjg, doctor_name as scysxm,
    institution_name as scjgmc, dian(_changed_at) as xgsj
from chd_screening;
