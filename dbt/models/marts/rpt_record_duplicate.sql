-- Health records that may be one person's: two of them agree in one of the five keys (the name
-- with the birth date, the identity number, the own and the contact's phone). Keys are hashed.
with

record as (
    select
        institution_code || '|' || record_no as health_record_id,
        institution_code,
        record_no,
        resident_id,
        created_date,
        birth_date,
        coalesce(committee_name, address_village) as committee_name,
        name,
        id_no,
        phone_no,
        contact_phone_no
    from {{ ref('stg_resident_record') }}
    where record_status_code is null or record_status_code in ('1', '2')
),

keyed as (
    select
        health_record_id,
        'name_birth' as matched_by,
        name || '|' || birth_date as matched
    from record
    union all
    select
        health_record_id,
        'id_no' as matched_by,
        id_no as matched
    from record
    union all
    select
        health_record_id,
        'phone_no' as matched_by,
        name || '|' || phone_no as matched
    from record
    union all
    select
        health_record_id,
        'contact_phone_no' as matched_by,
        name || '|' || contact_phone_no as matched
    from record
),

matched as (
    select
        health_record_id,
        matched_by,
        md5(matched_by || '|' || matched) as duplicate_key
    from keyed
    where matched is not null
    qualify count(*) over (partition by matched_by, matched) > 1
)

select
    r.health_record_id,
    'resident_record|' || r.health_record_id as form_id,
    r.institution_code,
    r.record_no,
    r.resident_id,
    r.created_date,
    r.birth_date,
    r.committee_name,
    m.matched_by,
    case m.matched_by
        when 'name_birth' then '姓名+出生日期'
        when 'id_no' then '身份证号'
        when 'phone_no' then '姓名+本人电话'
        when 'contact_phone_no' then '姓名+联系电话'
    end as matched_by_name,
    m.duplicate_key,
    cast(count(*) over (partition by m.duplicate_key) as integer) as duplicates
from matched as m
inner join record as r on m.health_record_id = r.health_record_id
