-- High-risk children: one row a case, with its last special follow-up.
with

followup as (
    select
        institution_code,
        high_risk_child_no,
        count(*) as followup_count,
        max(followup_date) as last_followup_date
    from {{ silver('high_risk_child_followup') }}
    group by institution_code, high_risk_child_no
)

select
    c.institution_code || '|' || c.high_risk_child_no as high_risk_child_id,
    'child_handbook|' || c.institution_code || '|' || c.child_handbook_no as form_id,
    c.institution_code,
    c.institution_code || '|' || c.child_handbook_no as child_id,
    c.resident_id,
    h.child_handbook_no,
    h.sex_code,
    h.birth_date,
    h.address_village as committee_name,
    c.high_risk_kind_code,
    k.name_zh as high_risk_kind_name,
    c.registered_date,
    c.managing_institution_name,
    coalesce(c.is_closed, c.closed_date is not null) as is_closed,
    c.closed_date,
    cast(coalesce(f.followup_count, 0) as integer) as followup_count,
    f.last_followup_date
from {{ silver('high_risk_child') }} as c
left join {{ silver('child_handbook') }} as h
    on c.institution_code = h.institution_code and c.child_handbook_no = h.child_handbook_no
left join followup as f
    on c.institution_code = f.institution_code and c.high_risk_child_no = f.high_risk_child_no
left join {{ source('standards', 'code') }} as k
    on c.high_risk_kind_code = k.code and k.value_domain = 'KH.high_risk_kind'
