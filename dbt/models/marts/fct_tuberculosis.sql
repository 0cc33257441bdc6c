-- Tuberculosis patients notified to primary care, when they were first served, and how they took
-- their medicine.
with

service as (
    select
        institution_code,
        registration_no,
        min(served_date) as first_service_date
    from (
        select
            institution_code,
            registration_no,
            followup_date as served_date
        from {{ silver('tb_first_visit') }}
        union all
        select
            institution_code,
            registration_no,
            followup_date as served_date
        from {{ silver('tb_followup') }}
    ) as served
    group by institution_code, registration_no
),

closing as (
    select
        institution_code,
        registration_no,
        max(stopped_date) as stopped_date,
        max_by(
            coalesce(is_regular_medication, dose_percent >= {{ parameter('tb_regular_dose_percent') }}), stopped_date
        ) as is_regular_medication
    from {{ silver('tb_closing') }}
    group by institution_code, registration_no
)

select
    r.institution_code || '|' || r.registration_no as tuberculosis_id,
    r.institution_code,
    r.resident_id,
    coalesce(cast(r.notified_at as date), r.registered_date, r.confirmed_date) as notified_date,
    s.first_service_date,
    c.stopped_date,
    c.is_regular_medication
from {{ silver('tb_registration') }} as r
left join service as s on r.institution_code = s.institution_code and r.registration_no = s.registration_no
left join closing as c on r.institution_code = c.institution_code and r.registration_no = c.registration_no
