-- Guarded like dim_resident_identity: the names, numbers and phones that a form itself says, for the
-- lists that an institution is sent. Everything else in gold does without.
select
    'resident_record|' || institution_code || '|' || record_no as form_id,
    name,
    id_no,
    phone_no,
    contact_name,
    contact_phone_no
from {{ ref('stg_resident_record') }}
union all
select
    'maternal_handbook|' || institution_code || '|' || maternal_handbook_no as form_id,
    name,
    id_no,
    phone_no,
    husband_name as contact_name,
    husband_phone_no as contact_phone_no
from {{ silver('maternal_handbook') }}
union all
select
    'child_handbook|' || institution_code || '|' || child_handbook_no as form_id,
    name,
    id_no,
    coalesce(phone_no, mother_phone_no, father_phone_no) as phone_no,
    mother_name as contact_name,
    mother_phone_no as contact_phone_no
from {{ silver('child_handbook') }}
union all
select
    'mental_registration|' || m.institution_code || '|' || m.registration_no as form_id,
    r.name,
    r.id_no,
    r.phone_no,
    m.guardian_name as contact_name,
    m.guardian_phone_no as contact_phone_no
from {{ silver('mental_registration') }} as m
left join {{ ref('stg_resident_record') }} as r
    on m.institution_code = r.institution_code and m.record_no = r.record_no
