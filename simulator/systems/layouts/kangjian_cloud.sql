-- 康健云: a cloud product with a paged JSON API. camelCase, nested objects, instants as epoch
-- milliseconds or ISO with an offset, GUIDs, words for codes. A prescription nests its items; an
-- item that does not belong to its head's patient or time is a row of looseItems.
-- Each view gives one resource's rows as JSON; rows carry ``id``, ``updated`` and ``body``.

create macro gender(c) as case c when '1' then 'male' when '2' then 'female' when '0' then 'unknown' when '9' then 'other' else c end;
create macro wed(c) as case c when '10' then 'single' when '20' then 'married' when '30' then 'widowed' when '40' then 'divorced' when '90' then 'unknown' else c end;
create macro payer(c) as case c when '1' then 'employee' when '2' then 'resident' when '3' then 'ruralCoop' when '4' then 'aid' when '5' then 'commercial' when '6' then 'public' when '7' then 'self' when '8' then 'otherSocial' when '99' then 'other' else c end;
create macro mode(c) as case c when '1' then 'clinic' when '2' then 'home' when '3' then 'phone' when '4' then 'other' else c end;
create macro graded(c) as case c when '1' then 'good' when '2' then 'fair' when '3' then 'poor' else c end;
create macro result(c) as case c when '1' then 'controlled' when '2' then 'uncontrolled' when '3' then 'adverseReaction' when '4' then 'complication' else c end;
create macro taken(c) as case c when '1' then 'regular' when '2' then 'irregular' when '3' then 'none' else c end;
create macro num(n) as case when regexp_full_match(n, '-?(0|[1-9]\d*)(\.\d+)?') then n::json else to_json(n) end;
create macro bool(b) as case b when '1' then true::json when '0' then false::json else to_json(b) end;
create macro ms(d) as num(epoch_millis(d));
create macro iso(d) as to_json(offset_time(d));
create macro mobile(t) as case when t like '1%' then t end;
create macro landline(t) as case when t not like '1%' then t end;

create view patients as
select _institution, guid(_institution || patient_no) as _key, _event_id as _event_patient,
    guid(_institution || patient_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || patient_no), 'patientNo', patient_no, 'name', name, 'gender', gender(sex_code),
    'birthDate', birth_date, 'identity', json_object('type', id_type_code, 'no', id_no),
    'healthCardNo', health_card_no, 'insuranceType', insurance_type_code, 'ethnicity', ethnicity_code,
    'maritalStatus', wed(marital_status_code), 'occupation', occupation_code, 'workplace', workplace_name,
    'phone', json_object('mobile', mobile(phone_no), 'tel', landline(phone_no)),
    'address', json_object('county', address_county, 'township', address_township, 'village', address_village, 'door', address_door),
    'contact', json_object('name', contact_name, 'phone', contact_phone_no), 'motherName', mother_name,
    'deathDate', death_date, 'registeredAt', ms(registered_at), 'deleted', false, 'updatedAt', ms(_changed_at)) as body
from patient;

create view encounters as
select _institution, guid(_institution || encounter_no) as _key, _event_id as _event_outpatient_encounter,
    guid(_institution || encounter_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || encounter_no), 'encounterNo', encounter_no, 'patientNo', patient_no,
    'patientType', patient_type_code, 'visitedAt', ms(visited_at),
    'department', json_object('code', department_code, 'name', department_name),
    'visitKind', case visit_kind_code when '1' then 'first' when '2' then 'return' else visit_kind_code end,
    'age', num(age_years), 'complaint', chief_complaint, 'presentIllness', present_illness,
    'pastHistory', past_history, 'allergy', json_object('has', bool(has_allergy), 'text', allergy_history),
    'examination', physical_examination, 'vitals', json_object('systolic', num(systolic_mmhg),
        'diastolic', num(diastolic_mmhg), 'temperature', num(temperature_celsius), 'pulse', num(pulse_per_min),
        'glucose', num(glucose_mmol_l)),
    'diagnosis', json_object('code', main_diagnosis_code, 'name', main_diagnosis_name),
    'tcm', json_object('code', tcm_disease_code, 'name', tcm_disease_name), 'onsetDate', onset_date,
    'doctor', json_object('no', doctor_no, 'name', doctor_name), 'payer', payer(payer_code),
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from outpatient_encounter;

create view diagnoses as
select _institution, guid(_institution || diagnosis_no) as _key, _event_id as _event_diagnosis,
    guid(_institution || diagnosis_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || diagnosis_no), 'diagnosisNo', diagnosis_no, 'patientNo', patient_no,
    'encounterNo', encounter_no, 'stayNo', stay_no, 'patientType', patient_type_code,
    'kind', diagnosis_kind_code, 'main', bool(is_main),
    'coding', json_object('code', diagnosis_code, 'display', diagnosis_name),
    'diagnosedAt', iso(diagnosed_at), 'doctorName', doctor_name, 'deleted', false, 'updatedAt', ms(_changed_at)) as body
from diagnosis;

create view head as
select * from prescription
qualify row_number() over (partition by _institution, prescription_no order by _event_id) = 1;

create view item_place as
select i.*, h._event_id as head_event,
    row_number() over (partition by i._institution, i.prescription_no, h._event_id order by length(i.prescription_item_no), i.prescription_item_no, i._event_id) - 1 as place
from prescription_item i
left join head h on h._institution = i._institution and h.prescription_no = i.prescription_no
    and h.patient_no = i.patient_no and h.prescribed_at = i.prescribed_at;

create macro item(no, code, name, spec, form, dose, unit, freq, route, days, quantity, grp, price, amount) as json_object(
    'itemNo', no, 'drug', json_object('code', code, 'name', name, 'specification', spec, 'form', form),
    'dose', num(dose), 'doseUnit', unit, 'frequency', freq, 'route', route, 'days', num(days),
    'quantity', num(quantity), 'groupNo', grp, 'price', num(price), 'amount', num(amount));

create view item_list as
select head_event, to_json(list(item(prescription_item_no, drug_code, drug_name, specification, dose_form_code,
    single_dose, dose_unit, frequency_code, route_code, days, quantity, group_no, unit_price_yuan, amount_yuan) order by place)) as items
from item_place where head_event is not null
group by all;

create view prescriptions as
select p._institution, guid(p._institution || p.prescription_no) as _key, p._event_id as _event_prescription,
    guid(p._institution || p.prescription_no) as id, epoch_millis(p._changed_at) as updated, json_object(
    'id', guid(p._institution || p.prescription_no), 'rxNo', p.prescription_no, 'encounterNo', p.encounter_no,
    'patientNo', p.patient_no, 'kind', case p.prescription_kind_code when '1' then 'herbal' when '2' then 'patent' when '3' then 'western' else p.prescription_kind_code end,
    'prescribedAt', ms(p.prescribed_at), 'validDays', num(p.valid_days), 'departmentName', p.department_name,
    'diagnosisCode', p.diagnosis_code, 'doctorName', p.doctor_name, 'reviewerName', p.reviewer_name,
    'dispenserName', p.dispenser_name, 'herbalDoses', num(p.herbal_doses), 'amount', num(p.amount_yuan),
    'status', p.status_code, 'items', coalesce(l.items, '[]'::json), 'deleted', false, 'updatedAt', ms(p._changed_at)) as body
from prescription p left join item_list l on l.head_event = p._event_id;

-- Not a resource: where the nested items lie.
create view items as
select _institution, guid(_institution || prescription_no) || '/items[' || place || ']' as _key,
    _event_id as _event_prescription_item
from item_place where head_event is not null;

create view looseitems as
select _institution, guid(_institution || prescription_item_no) as _key, _event_id as _event_prescription_item,
    guid(_institution || prescription_item_no) as id, epoch_millis(_changed_at) as updated, json_merge_patch(
    item(prescription_item_no, drug_code, drug_name, specification, dose_form_code, single_dose, dose_unit,
        frequency_code, route_code, days, quantity, group_no, unit_price_yuan, amount_yuan),
    json_object('id', guid(_institution || prescription_item_no), 'rxNo', coalesce(prescription_no, ''), 'patientNo', coalesce(patient_no, ''),
        'prescribedAt', coalesce(ms(prescribed_at), to_json('')), 'deleted', false, 'updatedAt', ms(_changed_at))) as body
from item_place where head_event is null;

create view healthrecords as
select _institution, guid(_institution || record_no) as _key, _event_id as _event_resident_record,
    guid(_institution || record_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || record_no), 'recordNo', record_no, 'patientNo', patient_no, 'householdNo', household_no,
    'relation', relation_to_head_code, 'name', name, 'gender', gender(sex_code), 'birthDate', birth_date,
    'idNo', id_no, 'phone', phone_no, 'contact', json_object('name', contact_name, 'phone', contact_phone_no),
    'workplace', workplace_name, 'residence', case residence_type_code when '1' then 'local' when '2' then 'migrant' else residence_type_code end,
    'ethnicity', ethnicity_code, 'blood', json_object('abo', abo_blood_code, 'rh', rh_blood_code),
    'education', education_code, 'occupation', occupation_code, 'maritalStatus', wed(marital_status_code),
    'payer', payer(payment_code), 'drugAllergy', bool(has_drug_allergy), 'exposure', bool(has_exposure),
    'disability', disability_code, 'geneticDisease', genetic_disease,
    'address', json_object('county', address_county, 'township', address_township, 'village', address_village, 'door', address_door, 'region', region_code),
    'doctorName', doctor_name, 'surveyor', surveyor_name, 'createdBy', created_by, 'createdDate', created_date,
    'electronic', bool(is_electronic), 'status', case record_status_code when '1' then 'active' when '2' then 'archived' when '3' then 'movedOut' when '4' then 'deceased' when '5' then 'cancelled' else record_status_code end,
    'movedOutDate', moved_out_date, 'deathDate', death_date, 'revisedAt', iso(updated_at), 'deleted', false,
    'updatedAt', ms(_changed_at)) as body
from resident_record;

create view checkups as
select _institution, guid(_institution || checkup_no) as _key, _event_id as _event_health_checkup,
    guid(_institution || checkup_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || checkup_no), 'checkupNo', checkup_no, 'recordNo', record_no, 'date', checked_date,
    'doctorName', doctor_name, 'symptoms', symptom_codes, 'general', json_object('temperature', num(temperature_celsius),
        'pulse', num(pulse_per_min), 'respiration', num(respiration_per_min), 'leftSystolic', num(left_systolic_mmhg),
        'leftDiastolic', num(left_diastolic_mmhg), 'rightSystolic', num(right_systolic_mmhg),
        'rightDiastolic', num(right_diastolic_mmhg), 'height', num(height_cm), 'weight', num(weight_kg),
        'waist', num(waist_cm), 'bmi', num(bmi)),
    'elderly', json_object('health', self_rated_health_code, 'selfCare', self_care_code, 'cognition', cognition_screen_code, 'emotion', emotion_screen_code),
    'life', json_object('exercise', exercise_frequency_code, 'exerciseMinutes', num(exercise_minutes), 'smoking', smoking_status_code,
        'cigarettes', num(cigarettes_per_day), 'drinking', drinking_frequency_code, 'alcohol', num(alcohol_liang_per_day)),
    'organs', json_object('leftVision', num(left_vision), 'rightVision', num(right_vision), 'hearing', hearing_code, 'motor', motor_function_code,
        'heartRate', num(heart_rate_per_min), 'heartRhythm', heart_rhythm_code, 'oedema', oedema_code),
    'lab', json_object('haemoglobin', num(haemoglobin_g_l), 'leukocyte', num(leukocyte_10e9_l), 'platelet', num(platelet_10e9_l),
        'urineProtein', urine_protein_code, 'urineGlucose', urine_glucose_code, 'fastingGlucose', num(fasting_glucose_mmol_l),
        'hba1c', num(hba1c_percent), 'alt', num(alt_u_l), 'ast', num(ast_u_l), 'albumin', num(albumin_g_l),
        'bilirubin', num(total_bilirubin_umol_l), 'creatinine', num(creatinine_umol_l), 'urea', num(urea_mmol_l),
        'cholesterol', num(total_cholesterol_mmol_l), 'triglyceride', num(triglyceride_mmol_l), 'ldl', num(ldl_mmol_l), 'hdl', num(hdl_mmol_l)),
    'abnormal', json_object('ecg', bool(is_ecg_abnormal), 'xray', bool(is_chest_xray_abnormal), 'ultrasound', bool(is_ultrasound_abnormal),
        'any', bool(is_abnormal), 'text', abnormal_description),
    'elderForm', json_object('skin', skin_code, 'sclera', sclera_code, 'lymphNode', lymph_node_code,
        'hasBarrelChest', bool(has_barrel_chest), 'isBreathSoundAbnormal', bool(is_breath_sound_abnormal),
        'isRaleAbnormal', bool(is_rale_abnormal), 'hasMurmur', bool(has_murmur),
        'hasAbdominalTenderness', bool(has_abdominal_tenderness),
        'hasAbdominalMass', bool(has_abdominal_mass), 'hasHepatomegaly', bool(has_hepatomegaly),
        'hasSplenomegaly', bool(has_splenomegaly), 'hasShiftingDullness', bool(has_shifting_dullness),
        'dorsalisPedis', dorsalis_pedis_code, 'urineKetone', urine_ketone_code,
        'urineBlood', urine_blood_code, 'cerebrovascularProblem', cerebrovascular_problem_codes,
        'kidneyProblem', kidney_problem_codes, 'heartProblem', heart_problem_codes,
        'vesselProblem', vessel_problem_codes, 'eyeProblem', eye_problem_codes,
        'riskControl', risk_control_codes),
    'guidance', guidance_code, 'recordedBy', recorded_by, 'enteredDate', entered_date, 'deleted', false, 'updatedAt', ms(_changed_at)) as body
from health_checkup;

create view chroniccards as
select _institution, guid(_institution || registration_no) as _key, _event_id as _event_chronic_registration,
    guid(_institution || registration_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || registration_no), 'cardNo', registration_no, 'recordNo', record_no,
    'programme', case programme_code when '1' then 'hypertension' when '2' then 'diabetes' else programme_code end,
    'confirmed', json_object('date', confirmed_date, 'by', confirmed_by), 'registeredDate', registered_date,
    'riskLevel', risk_level_code, 'status', management_status_code, 'doctorName', doctor_name,
    'closedDate', closed_date, 'deleted', false, 'updatedAt', ms(_changed_at)) as body
from chronic_registration;

-- 随访: one resource for both programmes, told apart by type.
create view followups as
select _institution, guid(_institution || 'HTN' || followup_no) as _key, _event_id as _event_hypertension_followup,
    null as _event_diabetes_followup, guid(_institution || 'HTN' || followup_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'HTN' || followup_no), 'type', 'HTN', 'followupNo', followup_no, 'recordNo', record_no, 'date', followup_date,
    'mode', mode(followup_method_code), 'symptoms', symptom_codes, 'body', json_object('systolic', num(systolic_mmhg),
        'diastolic', num(diastolic_mmhg), 'weight', num(weight_kg), 'targetWeight', num(target_weight_kg), 'height', num(height_cm),
        'bmi', num(bmi), 'heartRate', num(heart_rate_per_min)),
    'life', json_object('cigarettes', num(cigarettes_per_day), 'alcohol', num(alcohol_liang_per_day), 'exerciseTimes', num(exercise_per_week),
        'exerciseMinutes', num(exercise_minutes), 'salt', salt_code, 'mental', graded(psychological_code), 'compliance', graded(compliance_behaviour_code)),
    'medication', json_object('compliance', taken(medication_compliance_code), 'adverse', bool(has_adverse_reaction), 'adverseText', adverse_reaction),
    'classification', result(classification_code), 'referral', json_object('done', bool(is_referred), 'reason', referral_reason),
    'nextDate', next_followup_date, 'doctorName', doctor_name, 'enteredDate', entered_date, 'deleted', false, 'updatedAt', ms(_changed_at)) as body
from hypertension_followup
union all by name
select _institution, guid(_institution || 'DM' || followup_no) as _key, _event_id as _event_diabetes_followup,
    guid(_institution || 'DM' || followup_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'DM' || followup_no), 'type', 'DM', 'followupNo', followup_no, 'recordNo', record_no, 'date', followup_date,
    'mode', mode(followup_method_code), 'symptoms', symptom_codes, 'body', json_object('systolic', num(systolic_mmhg),
        'diastolic', num(diastolic_mmhg), 'weight', num(weight_kg), 'targetWeight', num(target_weight_kg), 'height', num(height_cm),
        'bmi', num(bmi), 'footPulse', dorsalis_pedis_code),
    'life', json_object('cigarettes', num(cigarettes_per_day), 'alcohol', num(alcohol_liang_per_day), 'exerciseTimes', num(exercise_per_week),
        'exerciseMinutes', num(exercise_minutes), 'stapleFood', num(staple_food_g), 'mental', graded(psychological_code), 'compliance', graded(compliance_behaviour_code)),
    'lab', json_object('fastingGlucose', num(fasting_glucose_mmol_l), 'postprandialGlucose', num(postprandial_glucose_mmol_l),
        'hba1c', num(hba1c_percent), 'hba1cDate', hba1c_date),
    'medication', json_object('compliance', taken(medication_compliance_code), 'adverse', bool(has_adverse_reaction), 'hypoglycaemia', hypoglycaemia_code,
        'insulin', insulin_kind, 'insulinDose', num(insulin_dose_u)),
    'classification', result(classification_code), 'referral', json_object('done', bool(is_referred), 'reason', referral_reason),
    'nextDate', next_followup_date, 'doctorName', doctor_name, 'enteredDate', entered_date, 'deleted', false, 'updatedAt', ms(_changed_at)) as body
from diabetes_followup;

-- 公卫项目: mental health, Chinese medicine, family doctors.
create macro stability(c) as case c when '0' then 'notSeen' when '1' then 'unstable' when '2' then 'fairlyStable' when '3' then 'stable' else c end;
create macro constitution(c) as case c when '1' then 'balanced' when '2' then 'qiDeficient' when '3' then 'yangDeficient' when '4' then 'yinDeficient' when '5' then 'phlegmDamp' when '6' then 'dampHeat' when '7' then 'bloodStasis' when '8' then 'qiStagnant' when '9' then 'special' else c end;
create macro contract_status(c) as case c when '01' then 'pending' when '02' then 'approved' when '03' then 'refused' when '04' then 'unpaid' when '05' then 'paid' when '06' then 'active' when '07' then 'ending' when '08' then 'ended' when '09' then 'cancelled' else c end;
create macro mode5(c) as case c when '1' then 'clinic' when '2' then 'home' when '3' then 'phone' when '4' then 'other' when '5' then 'video' else c end;
create macro adherence(c) as case c when '1' then 'regular' when '2' then 'irregular' when '3' then 'none' when '4' then 'notNeeded' else c end;

create view mentalcards as
select _institution, guid(_institution || 'mentalcards' || registration_no) as _key, _event_id as _event_mental_registration,
    guid(_institution || 'mentalcards' || registration_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'mentalcards' || registration_no), 'registrationNo', registration_no,
    'recordNo', record_no, 'committeeContactName', committee_contact_name,
    'committeePhoneNo', committee_phone_no, 'householdRegister', household_register_code,
    'employment', employment_code, 'mentalConsent', mental_consent_code, 'consentSignedBy', consent_signed_by,
    'consentSignedDate', consent_signed_date, 'onsetDate', onset_date, 'pastSymptom', past_symptom_codes,
    'lockup', lockup_code, 'mentalOutpatient', mental_outpatient_code,
    'firstAntipsychoticDate', first_antipsychotic_date, 'admissionCount', num(admission_count),
    'mentalDiagnosis', mental_diagnosis_code, 'diseaseName', disease_name, 'disease', disease_code,
    'confirmedBy', confirmed_by, 'confirmedDate', confirmed_date, 'mentalEffect', mental_effect_code,
    'mentalDanger', mental_danger_codes, 'mentalEconomy', mental_economy_code, 'filledDate', filled_date,
    'doctorName', doctor_name, 'managementStatus', management_status_code, 'closedDate', closed_date,
    'guardian', json_object('guardianName', guardian_name, 'guardianRelation', guardian_relation_code, 'guardianAddress', guardian_address, 'guardianPhoneNo', guardian_phone_no),
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from mental_registration;

create view mentalvisits as
select _institution, guid(_institution || 'mentalvisits' || followup_no) as _key, _event_id as _event_mental_followup,
    guid(_institution || 'mentalvisits' || followup_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'mentalvisits' || followup_no), 'followupNo', followup_no,
    'registrationNo', registration_no, 'recordNo', record_no, 'followupDate', followup_date,
    'followupMethod', mode5(followup_method_code), 'mentalRespondent', mental_respondent_code,
    'mentalLost', mental_lost_code, 'mentalRisk', mental_risk_code, 'psychoticSymptom', psychotic_symptom_codes,
    'insight', insight_code, 'sleep', sleep_code, 'diet', diet_code, 'selfCareFunction', self_care_function_code,
    'houseworkFunction', housework_function_code, 'workFunction', work_function_code,
    'learningFunction', learning_function_code, 'socialFunction', social_function_code,
    'mentalDanger', mental_danger_codes, 'lockup', lockup_code, 'mentalAdmission', mental_admission_code,
    'hasLabTest', bool(has_lab_test), 'medicationCompliance', adherence(medication_compliance_code),
    'hasAdverseReaction', bool(has_adverse_reaction), 'adverseReaction', adverse_reaction,
    'mentalEffect', mental_effect_code,
    'mentalClassification', stability(mental_classification_code), 'isReferred', bool(is_referred),
    'referralReason', referral_reason, 'rehabilitation', rehabilitation_codes,
    'nextFollowupDate', next_followup_date, 'doctorName', doctor_name, 'enteredDate', entered_date,
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from mental_followup;

create view constitutions as
select _institution, guid(_institution || 'constitutions' || identification_no) as _key, _event_id as _event_tcm_constitution,
    guid(_institution || 'constitutions' || identification_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'constitutions' || identification_no), 'identificationNo', identification_no,
    'recordNo', record_no, 'identifiedDate', identified_date,
    'mainConstitution', constitution(main_constitution_code), 'tcmGuidance', tcm_guidance_codes,
    'dietGuidance', diet_guidance, 'livingGuidance', living_guidance, 'exerciseGuidance', exercise_guidance,
    'guidanceEffect', guidance_effect, 'satisfaction', satisfaction_code, 'nextGuidanceDate', next_guidance_date,
    'doctorName', doctor_name, 'answers', json_object('q01', num(answer_01), 'q02', num(answer_02),
    'q03', num(answer_03), 'q04', num(answer_04), 'q05', num(answer_05), 'q06', num(answer_06),
    'q07', num(answer_07), 'q08', num(answer_08), 'q09', num(answer_09), 'q10', num(answer_10),
    'q11', num(answer_11), 'q12', num(answer_12), 'q13', num(answer_13), 'q14', num(answer_14),
    'q15', num(answer_15), 'q16', num(answer_16), 'q17', num(answer_17), 'q18', num(answer_18),
    'q19', num(answer_19), 'q20', num(answer_20), 'q21', num(answer_21), 'q22', num(answer_22),
    'q23', num(answer_23), 'q24', num(answer_24), 'q25', num(answer_25), 'q26', num(answer_26),
    'q27', num(answer_27), 'q28', num(answer_28), 'q29', num(answer_29), 'q30', num(answer_30),
    'q31', num(answer_31), 'q32', num(answer_32), 'q33', num(answer_33)),
    'scores', json_object('balanced', num(balanced_score), 'qiDeficient', num(qi_deficient_score),
    'yangDeficient', num(yang_deficient_score), 'yinDeficient', num(yin_deficient_score),
    'phlegmDamp', num(phlegm_damp_score), 'dampHeat', num(damp_heat_score),
    'bloodStasis', num(blood_stasis_score), 'qiStagnant', num(qi_stagnant_score), 'special', num(special_score)),
    'results', json_object('balanced', balanced_result_code, 'qiDeficient', qi_deficient_result_code,
    'yangDeficient', yang_deficient_result_code, 'yinDeficient', yin_deficient_result_code,
    'phlegmDamp', phlegm_damp_result_code, 'dampHeat', damp_heat_result_code,
    'bloodStasis', blood_stasis_result_code, 'qiStagnant', qi_stagnant_result_code,
    'special', special_result_code),
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from tcm_constitution;

create view childtcm as
select _institution, guid(_institution || 'childtcm' || guidance_no) as _key, _event_id as _event_tcm_child_guidance,
    guid(_institution || 'childtcm' || guidance_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'childtcm' || guidance_no), 'guidanceNo', guidance_no, 'recordNo', record_no,
    'childHandbookNo', child_handbook_no, 'guidedDate', guided_date, 'tcmChildAge', tcm_child_age_code,
    'tcmChildGuidance', tcm_child_guidance_codes, 'parentMastery', parent_mastery_code,
    'satisfaction', satisfaction_code, 'nextGuidanceDate', next_guidance_date, 'doctorName', doctor_name,
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from tcm_child_guidance;

create view teams as
select _institution, guid(_institution || 'teams' || team_no) as _key, _event_id as _event_family_doctor_team,
    guid(_institution || 'teams' || team_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'teams' || team_no), 'teamNo', team_no, 'teamName', team_name,
    'institution', institution_code, 'leaderNo', leader_no, 'leaderName', leader_name,
    'teamStatus', team_status_code, 'createdAt', ms(created_at),
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from family_doctor_team;

create view teammembers as
select _institution, guid(_institution || 'teammembers' || team_no || '-' || staff_no) as _key, _event_id as _event_family_doctor_member,
    guid(_institution || 'teammembers' || team_no || '-' || staff_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'teammembers' || team_no || '-' || staff_no), 'teamNo', team_no,
    'staffNo', staff_no, 'staffName', staff_name, 'doctorCategory', doctor_category_code,
    'healthyPopulationLimit', num(healthy_population_limit), 'keyPopulationLimit', num(key_population_limit),
    'joinedDate', joined_date, 'status', status_code,
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from family_doctor_member;

create view packages as
select _institution, guid(_institution || 'packages' || package_no) as _key, _event_id as _event_service_package,
    guid(_institution || 'packages' || package_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'packages' || package_no), 'packageNo', package_no, 'packageName', package_name,
    'packageKind', package_kind_code, 'serviceObject', service_object_codes, 'institution', institution_code,
    'annualFee', num(annual_fee_yuan), 'publicHealthSubsidy', num(public_health_subsidy_yuan),
    'status', status_code, 'updatedAtOwn', ms(updated_at),
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from service_package;

create view packageitems as
select _institution, guid(_institution || 'packageitems' || package_no || '-' || package_item_no) as _key, _event_id as _event_service_package_item,
    guid(_institution || 'packageitems' || package_no || '-' || package_item_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'packageitems' || package_no || '-' || package_item_no), 'packageNo', package_no,
    'packageItemNo', package_item_no, 'packageItemName', package_item_name, 'yearlyTimes', num(yearly_times),
    'providerCategory', provider_category_code, 'status', status_code, 'updatedAtOwn', ms(updated_at),
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from service_package_item;

create view contracts as
select _institution, guid(_institution || 'contracts' || contract_no) as _key, _event_id as _event_family_doctor_contract,
    guid(_institution || 'contracts' || contract_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'contracts' || contract_no), 'contractNo', contract_no, 'recordNo', record_no,
    'name', name, 'sex', gender(sex_code), 'birthDate', birth_date, 'idNo', id_no, 'phoneNo', phone_no,
    'population', population_codes, 'teamNo', team_no, 'institution', institution_code, 'doctorNo', doctor_no,
    'doctorName', doctor_name, 'packageNos', package_nos, 'contractWay', contract_way_code,
    'contractSource', contract_source_code, 'signedDate', signed_date, 'startDate', start_date,
    'endDate', end_date, 'termYears', num(term_years), 'agreementFee', num(agreement_fee_yuan),
    'paymentStatus', payment_status_code, 'contractStatus', contract_status(contract_status_code),
    'renewedFromNo', renewed_from_no, 'cancelSource', cancel_source_code, 'cancelledAt', ms(cancelled_at),
    'guardian', json_object('guardianName', guardian_name, 'guardianPhoneNo', guardian_phone_no),
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from family_doctor_contract;

create view contractservices as
select _institution, guid(_institution || 'contractservices' || service_no) as _key, _event_id as _event_contract_service,
    guid(_institution || 'contractservices' || service_no) as id, epoch_millis(_changed_at) as updated, json_object(
    'id', guid(_institution || 'contractservices' || service_no), 'serviceNo', service_no,
    'contractNo', contract_no, 'recordNo', record_no, 'packageNo', package_no, 'packageItemNo', package_item_no,
    'servedAt', ms(served_at), 'serviceForm', service_form_code, 'serviceContentText', service_content_text,
    'isComplete', bool(is_complete), 'doctorName', doctor_name,
    'isResidentConfirmed', bool(is_resident_confirmed), 'rating', rating_code,
    'deleted', false, 'updatedAt', ms(_changed_at)) as body
from contract_service;
