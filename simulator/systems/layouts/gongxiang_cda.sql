-- 共享文档: WS/T 500 documents in CDA form, a file each. C0001 (病历概要) gives a patient, C0002
-- (门急诊病历) an encounter with its diagnoses. What does not belong together (another patient,
-- another encounter) travels alone: a document without an encounter as C0002, an encounter or a
-- diagnosis without a document as C0003. The views hz, jz, zd and wd say where an event lies.

create macro x(t) as coalesce(replace(replace(replace(replace(t, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '');
create macro element(de, label, kind, content) as
    '<observation classCode="OBS" moodCode="EVN"><code code="' || de
    || '" codeSystem="2.16.156.10011.2.2.1" codeSystemName="卫生信息数据元目录" displayName="' || label
    || '"/>' || content || '</observation>';
create macro said(de, label, t) as coalesce('<entry>' || element(de, label, 'ST', '<value xsi:type="ST">' || x(nullif(t, '')) || '</value>') || '</entry>', '');
create macro said_if(de, label, t) as case when t is null then '' else said(de, label, t) end;
create macro measured(de, label, t, unit) as case when t is null then '' else '<entry>' || element(de, label, 'PQ', '<value xsi:type="PQ" value="' || x(t) || '" unit="' || unit || '"/>') || '</entry>' end;
create macro coded(de, label, c) as case when c is null then '' else '<entry>' || element(de, label, 'CD', '<value xsi:type="CD" code="' || x(c) || '"/>') || '</entry>' end;
create macro flagged(de, label, b) as case when b is null then '' else '<entry>' || element(de, label, 'BL', '<value xsi:type="BL" value="' || x(flag(b, 'true', 'false')) || '"/>') || '</entry>' end;
create macro section(code, label, entries) as
    '<component><section><code code="' || code || '" displayName="' || label
    || '" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC"/><text/>' || entries || '</section></component>';
create macro attribute(label, t) as case when t is null then '' else ' ' || label || '="' || x(t) || '"' end;
create macro tag(label, t) as case when t is null then '' else '<' || label || '>' || x(t) || '</' || label || '>' end;

create view known as
select * from patient
qualify row_number() over (partition by _institution, patient_no order by _event_id) = 1;

create view encounter_place as
select e.*, d._event_id as document_event, d.document_no as own_document, d.title, d.documented_at,
    d.author_name, d.document_text,
    coalesce(d.document_no, 'E' || substr(md5(e._event_id), 1, 16)) as unit,
    case when d._event_id is null then 'C0003' else 'C0002' end as document_kind
from (
    select *, row_number() over (partition by _institution, encounter_no order by _event_id) as nth
    from outpatient_encounter
) e
left join (
    select * from clinical_document
    qualify row_number() over (partition by _institution, document_no order by _event_id) = 1
) d
    on e.nth = 1 and d._institution = e._institution and d.document_no = 'D' || e.encounter_no
    and d.patient_no = e.patient_no;

create view lone_document as
select * from clinical_document
where _event_id not in (select document_event from encounter_place where document_event is not null);

create view diagnosis_place as
select d.*, e.unit is null as is_alone,
    coalesce(e.unit, 'G' || substr(md5(d._event_id), 1, 16)) as unit,
    row_number() over (partition by d._institution, e.unit, case when e.unit is null then d._event_id end order by d.diagnosis_no, d._event_id) as place,
    count(*) over (partition by d._institution, e.unit, case when e.unit is null then d._event_id end) as places
from diagnosis d
left join encounter_place e
    on d._institution = e._institution and d.encounter_no = e.encounter_no
    and d.patient_no = e.patient_no and d.stay_no is null and e.nth = 1;

create view hz as
select _institution, 'S' || coalesce(patient_no, '') || '/ClinicalDocument/recordTarget/patientRole' as _key,
    _event_id as _event_patient
from patient;
create view jz as
select _institution, unit || '/ClinicalDocument' as _key, _event_id as _event_outpatient_encounter
from encounter_place;
create view wd as
select _institution, unit || '/ClinicalDocument' as _key, document_event as _event_clinical_document
from encounter_place where document_event is not null
union all
select _institution, document_no || '/ClinicalDocument' as _key, _event_id from lone_document;
create view zd as
select _institution, unit || '/ClinicalDocument/component/structuredBody/component'
    || case when is_alone then '' else '[8]' end || '/section/entry'
    || case when places > 1 then '[' || place || ']' else '' end || '/observation' as _key,
    _event_id as _event_diagnosis
from diagnosis_place;

create macro opening(kind, number, title, made, no, role, body) as
    '<?xml version="1.0" encoding="UTF-8"?>' || chr(10)
    || '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    || '<realmCode code="CN"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_MT000040"/>'
    || '<id root="2.16.156.10011.1.1"' || attribute('extension', number) || '/>'
    || '<code code="' || kind || '" codeSystem="2.16.156.10011.2.4" codeSystemName="卫生信息共享文档规范编码体系"/>'
    || tag('title', title) || '<effectiveTime' || attribute('value', compact(made)) || '/>'
    || '<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="zh-CN"/>'
    || '<versionNumber value="0"/><recordTarget typeCode="RCT" contextControlCode="OP"><patientRole classCode="PAT">'
    || '<id root="1.2.156.112635.1.2.1.3"' || attribute('extension', no) || '/>' || role
    || '</patientRole></recordTarget>' || body || '</ClinicalDocument>';
create macro person(id_no, name, gender, born, more) as
    '<patient classCode="PSN" determinerCode="INSTANCE"><id root="2.16.156.10011.1.3"' || attribute('extension', id_no)
    || '/>' || tag('name', name) || '<administrativeGenderCode' || attribute('code', gender)
    || ' codeSystem="2.16.156.10011.2.3.3.4"/><birthTime' || attribute('value', compact(born)) || '/>' || more || '</patient>';
create macro author(no, name) as
    '<author typeCode="AUT" contextControlCode="OP"><assignedAuthor classCode="ASSIGNED"><id root="2.16.156.10011.1.7"'
    || attribute('extension', no) || '/><assignedPerson>' || tag('name', name) || '</assignedPerson></assignedAuthor></author>';
create macro signed(name) as
    '<legalAuthenticator><assignedEntity><code displayName="责任医生"/><assignedPerson>' || tag('name', name)
    || '</assignedPerson></assignedEntity></legalAuthenticator>';
create macro visit(kind, encounter, stay, started, code, department) as
    '<componentOf><encompassingEncounter><id root="1.2.156.112635.1.2.1.6"' || attribute('extension', encounter)
    || '/><id root="2.16.156.10011.1.12"' || attribute('extension', stay) || '/><code' || attribute('code', kind)
    || ' codeSystem="1.2.156.112635.1.1.80"/><effectiveTime' || attribute('value', compact(started))
    || '/><location><healthCareFacility><serviceProviderOrganization><asOrganizationPartOf classCode="PART">'
    || '<wholeOrganization classCode="ORG" determinerCode="INSTANCE"><id root="1.2.156.112635.1.1.1"'
    || attribute('extension', code) || '/>' || tag('name', department)
    || '</wholeOrganization></asOrganizationPartOf></serviceProviderOrganization></healthCareFacility></location>'
    || '</encompassingEncounter></componentOf>';
create macro body(sections) as '<component><structuredBody>' || sections || '</structuredBody></component>';

create view diagnosis_text as
select _institution, unit, section('29548-5', 'Diagnosis', string_agg(
    '<entry><observation classCode="OBS" moodCode="EVN"><id' || attribute('extension', diagnosis_no)
    || '/><code code="DE05.01.024.00" codeSystem="2.16.156.10011.2.2.1" displayName="诊断代码"/><effectiveTime'
    || attribute('value', compact(diagnosed_at)) || '/><value xsi:type="CD"' || attribute('code', diagnosis_code)
    || attribute('displayName', diagnosis_name) || ' codeSystem="2.16.156.10011.2.3.3.11"/><performer><assignedEntity><assignedPerson>'
    || tag('name', doctor_name) || '</assignedPerson></assignedEntity></performer>'
    || '<entryRelationship typeCode="COMP"><observation><code code="诊断类别"/><value xsi:type="CD"' || attribute('code', diagnosis_kind_code)
    || '/></observation></entryRelationship><entryRelationship typeCode="COMP"><observation><code code="主要诊断"/><value xsi:type="BL"'
    || attribute('value', flag(is_main, 'true', 'false')) || '/></observation></entryRelationship>'
    || '<entryRelationship typeCode="COMP"><observation><code code="DE02.01.060.00"/><value xsi:type="CD"' || attribute('code', patient_type_code)
    || '/></observation></entryRelationship></observation></entry>', '' order by place)) as text
from diagnosis_place
group by all;

create view encounter_document as
select e._institution, e.unit, e._changed_at, opening(
    e.document_kind, e.unit, coalesce(e.title, case when e.document_event is null then '急诊留观病历' end),
    case when e.document_event is null then e._changed_at else e.documented_at end, e.patient_no,
    person(p.id_no, p.name, p.sex_code, p.birth_date,
        '<age unit="岁"' || attribute('value', e.age_years) || '/>'),
    author(e.doctor_no, e.doctor_name) || signed(e.author_name)
    || visit(e.patient_type_code, e.encounter_no, null, e.visited_at, e.department_code, e.department_name)
    || body(
        section('48765-2', 'Allergies, adverse reactions, alerts',
            flagged('DE02.10.023.00', '过敏史标志', e.has_allergy) || said_if('DE02.10.022.00', '过敏史', e.allergy_history))
        || section('10154-3', 'CHIEF COMPLAINT', said_if('DE04.01.119.00', '主诉', e.chief_complaint)
            || coded('DE04.01.018.00', '发病日期', compact(e.onset_date)))
        || section('10164-2', 'HISTORY OF PRESENT ILLNESS', said_if('DE02.10.071.00', '现病史', e.present_illness))
        || section('11348-0', 'HISTORY OF PAST ILLNESS', said_if('DE02.10.099.00', '既往史', e.past_history))
        || section('29545-1', 'PHYSICAL EXAMINATION', said_if('DE04.10.258.00', '体格检查', e.physical_examination)
            || measured('DE04.10.174.00', '收缩压', e.systolic_mmhg, 'mmHg')
            || measured('DE04.10.176.00', '舒张压', e.diastolic_mmhg, 'mmHg')
            || measured('DE04.10.186.00', '体温', e.temperature_celsius, '℃')
            || measured('DE04.10.118.00', '脉率', e.pulse_per_min, '次/min')
            || measured('DE04.50.102.00', '血糖', e.glucose_mmol_l, 'mmol/L'))
        || section('48768-6', 'PAYMENT SOURCES', coded('DE07.00.007.00', '医疗付费方式代码', e.payer_code))
        || section('51848-0', 'ASSESSMENT', coded('DE06.00.196.00', '初诊标志代码', e.visit_kind_code)
            || said_if('DE05.01.025.00', '初步诊断名称', e.main_diagnosis_name)
            || coded('DE05.01.024.01', '初步诊断编码', e.main_diagnosis_code)
            || coded('DE05.10.130.00', '中医病名代码', e.tcm_disease_code)
            || said_if('DE05.10.172.00', '中医病名名称', e.tcm_disease_name)
            || said_if('文档正文', '文档正文', e.document_text))
        || coalesce(d.text, ''))) as text
from encounter_place e
left join known p on p._institution = e._institution and p.patient_no = e.patient_no
left join diagnosis_text d on d._institution = e._institution and d.unit = e.unit;

create view alone_document as
select _institution, document_no as unit, _changed_at, opening(
    'C0002', document_no, title, documented_at, patient_no, '', signed(author_name)
    || body(section('51848-0', 'ASSESSMENT', said_if('文档正文', '文档正文', document_text)))) as text
from lone_document;

create view alone_diagnosis as
select p._institution, p.unit, p._changed_at, opening(
    'C0003', p.unit, '急诊留观病历', p._changed_at, p.patient_no, '',
    visit(null, p.encounter_no, p.stay_no, null, null, null) || body(d.text)) as text
from diagnosis_place p
join diagnosis_text d on d._institution = p._institution and d.unit = p.unit
where p.is_alone;

create view patient_document as
select _institution, 'S' || coalesce(patient_no, '') as unit, _changed_at, opening(
    'C0001', 'S' || coalesce(patient_no, ''), '病历概要', _changed_at, patient_no,
    '<id root="2.16.156.10011.1.19"' || attribute('extension', health_card_no) || '/><addr>'
    || tag('houseNumber', address_door) || tag('streetName', address_village)
    || tag('township', address_township) || tag('county', address_county) || '</addr><telecom'
    || attribute('value', phone_no) || '/>' || person(id_no, name, sex_code, birth_date,
        '<maritalStatusCode' || attribute('code', marital_status_code) || '/><ethnicGroupCode'
        || attribute('code', ethnicity_code) || '/><occupation><occupationCode' || attribute('code', occupation_code)
        || '/></occupation>' || coalesce('<employerOrganization>' || tag('name', nullif(workplace_name, '')) || '</employerOrganization>', '')),
    '<participant typeCode="NOT"><associatedEntity classCode="ECON"><telecom' || attribute('value', contact_phone_no)
    || '/><associatedPerson>' || tag('name', contact_name) || '</associatedPerson></associatedEntity></participant>'
    || body(section('患者基本信息', '患者基本信息',
        coded('DE02.01.031.00', '身份证件类别代码', id_type_code)
        || coded('DE02.01.044.00', '医疗保险类别代码', insurance_type_code)
        || said_if('DE02.01.039.00', '母亲姓名', mother_name)
        || coded('DE02.01.035.00', '死亡日期', compact(death_date))
        || coded('DE06.00.218.00', '建档日期时间', compact(registered_at))))) as text
from patient;

create view document_text as
select 'C0001' as folder, * from patient_document
union all select 'C0002', * from encounter_document
union all select 'C0002', * from alone_document
union all select 'C0002', * from alone_diagnosis;
