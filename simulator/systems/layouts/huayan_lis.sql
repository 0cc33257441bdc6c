-- 华验LIS: HL7 v2 messages. ADT^A04 registers a patient, OML^O21 (2.5) carries an order, ORU^R01
-- (2.4) a report with its results. The views pid, orc, obr, obx and msh say where in which message
-- an event lies; message_text has the messages themselves.

create macro h(t) as coalesce(replace(replace(replace(replace(replace(replace(replace(t,
    '\', '\E\'), '|', '\F\'), '^', '\S\'), '~', '\R\'), '&', '\T\'), chr(13), ''), chr(10), '\.br\'), '');
create macro sex(c) as case c when '1' then 'M' when '2' then 'F' when '0' then 'U' when '9' then 'O' else c end;
create macro class(c) as case c when '1' then 'O' when '2' then 'E' when '3' then 'I' when '9' then 'C' else c end;
create macro marital(c) as case c when '10' then 'S' when '20' then 'M' when '30' then 'W' when '40' then 'D' when '90' then 'U' else c end;
create macro flag_of(c) as case c when 'P' then 'POS' when 'N' then 'NORM' else c end;
create macro repeated(nth) as case when nth > 1 then '-' || nth else '' end;

create view known as
select * from patient
qualify row_number() over (partition by _institution, patient_no order by _event_id) = 1;

create view order_place as
select *, 'O' || coalesce(order_no, substr(md5(_event_id), 1, 12)) || repeated(
    row_number() over (partition by _institution, order_no order by _event_id)) as message_no
from lab_order;

create view report_place as
select *, 'R' || coalesce(report_no, substr(md5(_event_id), 1, 12)) || repeated(
    row_number() over (partition by _institution, report_no order by _event_id)) as message_no
from lab_report;

-- A result whose report or patient is not the message's travels alone, under an OBR without status.
create view result_place as
select t.*, t.report_no as own_report_no, r.message_no is null as is_alone,
    coalesce(r.message_no, 'X' || substr(md5(t._event_id), 1, 12)) as message_no
from lab_result t
left join report_place r
    on t._institution = r._institution and t.report_no = r.report_no
    and t.patient_no = r.patient_no and r.message_no = 'R' || r.report_no;

create view result_segment as
select *, row_number() over (
    partition by _institution, message_no order by length(result_no), result_no, _event_id) as place
from result_place;

create view pid as
select _institution, 'P' || patient_no || '/PID[1]' as _key, _event_id as _event_patient from patient;
create view orc as
select _institution, message_no || '/ORC[1]' as _key, _event_id as _event_lab_order from order_place;
create view obr as
select _institution, message_no || '/OBR[1]' as _key, _event_id as _event_lab_report from report_place;
create view obx as
select _institution, message_no || '/OBX[' || place || ']' as _key, _event_id as _event_lab_result
from result_segment;
create view msh as
select _institution, message_no || '/' as _key, _event_id as _event_exchange_message
from exchange_message;

create macro header(kind, number, version, sender, sent) as
    'MSH|^~\&|HUAYAN|' || h(sender) || '|KANGHU|SANMING|' || h(compact(sent)) || '||' || kind || '|'
    || h(number) || '|P|' || version || '||||||${CHARSET}' || chr(13);

create macro person(no, name, mother, born, gender) as
    h(no) || '^^^HIS^PI||' || h(name) || '|' || h(mother) || '|' || h(compact(born)) || '|' || h(sex(gender));

create macro visit(kind, encounter, stay) as
    'PV1|1|' || h(class(kind)) || repeat('|', 17) || h(encounter) || repeat('|', 31) || h(stay) || chr(13);

create view order_message as
select o._institution, o.message_no, o._changed_at,
    header('OML^O21^OML_O21', o.message_no, '2.5', m.sender_name, case when m._event_id is null then o._changed_at else m.sent_at end)
    || 'PID|1||' || person(o.patient_no, p.name, null, p.birth_date, p.sex_code) || chr(13)
    || visit('1', o.encounter_no, null)
    || 'ORC|NW|' || h(o.order_no) || '|||' || h(o.order_status_code) || '||||'
    || h(compact(o.ordered_at)) || '|||' || h(o.doctor_name) || '|||||' || h(o.department_name) || chr(13)
    || 'OBR|1|' || h(o.order_no) || '||' || h(o.item_code) || '^' || h(o.item_name) || chr(13)
    || 'SPM|1|||' || h(o.specimen_category) || chr(13) as text
from order_place o
left join exchange_message m on m._institution = o._institution and m.message_no = o.message_no
left join known p on p._institution = o._institution and p.patient_no = o.patient_no;

create view result_text as
select _institution, message_no, string_agg(
    'OBX|' || place || '|' || case when result_number is null then 'ST' else 'NM' end || '|'
    || h(item_code) || '^' || h(item_name) || '|' || h(result_no) || '|' || h(result_text)
    || coalesce('~' || h(result_number), '') || '|' || h(unit_name) || '|' || h(reference_range) || '|'
    || h(flag_of(abnormal_flag_code)) || '|||F|||' || h(compact(tested_at)) || chr(13), ''
    order by place) as text
from result_segment
group by all;

create view report_message as
select r._institution, r.message_no, r._changed_at,
    header('ORU^R01', r.message_no, '2.4', m.sender_name, case when m._event_id is null then r._changed_at else m.sent_at end)
    || 'PID|1||' || person(r.patient_no, p.name, null, p.birth_date, p.sex_code) || chr(13)
    || visit(r.patient_type_code, r.encounter_no, r.stay_no)
    || 'OBR|1|' || h(r.order_no) || '|' || h(r.report_no) || '|' || h(r.report_name) || '|||'
    || h(compact(r.sampled_at)) || repeat('|', 7) || h(compact(r.received_at)) || '|'
    || h(r.specimen_category) || '|||' || h(r.department_name) || '||' || h(r.specimen_no) || '||'
    || h(compact(r.reported_at)) || '||' || h(r.item_category) || '|F|||||||' || h(r.reviewer_name)
    || '||' || h(r.technician_name) || chr(13) || coalesce(x.text, '') as text
from report_place r
left join exchange_message m on m._institution = r._institution and m.message_no = r.message_no
left join known p on p._institution = r._institution and p.patient_no = r.patient_no
left join result_text x on x._institution = r._institution and x.message_no = r.message_no;

create view lone_message as
select r._institution, r.message_no, r._changed_at,
    header('ORU^R01', r.message_no, '2.4', null, r._changed_at)
    || 'PID|1||' || h(r.patient_no) || '^^^HIS^PI' || chr(13)
    || 'OBR|1||' || h(r.report_no) || chr(13) || x.text as text
from result_segment r
join result_text x on x._institution = r._institution and x.message_no = r.message_no
where r.is_alone;

create view patient_message as
select _institution, 'P' || patient_no as message_no, _changed_at,
    header('ADT^A04', 'P' || patient_no, '2.4', null, _changed_at)
    || 'EVN|A04|' || h(compact(registered_at)) || chr(13)
    || 'PID|1|' || h(health_card_no) || '|' || person(patient_no, name, mother_name, birth_date, sex_code)
    || '|||' || h(address_door) || '^' || h(address_village) || '^' || h(address_county) || '^^^^^^'
    || h(address_township) || '||' || h(phone_no) || '|||' || h(marital(marital_status_code)) || '|||'
    || h(id_no) || '|||' || h(ethnicity_code) || '|||||||' || h(compact(death_date)) || chr(13)
    || 'NK1|1|' || h(contact_name) || '|||' || h(contact_phone_no) || chr(13)
    || 'ZPI|' || h(id_type_code) || '|' || h(occupation_code) || '|' || h(workplace_name) || '|'
    || h(insurance_type_code) || chr(13) as text
from patient;

create view message_text as
select 'ADT' as kind, * from patient_message
union all select 'OML', * from order_message
union all select 'ORU', * from report_message
union all select 'ORU', * from lone_message;
