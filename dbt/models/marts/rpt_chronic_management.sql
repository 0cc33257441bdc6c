-- One row a chronic disease card (or a patient who has follow-ups and no card): how he or she is
-- managed in the year up to the last month with services.
with

as_of as (
    select
        coalesce(max(month_end), current_date) as as_of_date,
        coalesce(max_by(year_start, month_end), date_trunc('year', current_date)) as year_start
    from {{ ref('dim_month') }}
),

card as (
    select
        programme_code,
        institution_code,
        record_no,
        any_value(resident_id) as resident_id,
        min(confirmed_date) as confirmed_date,
        min(registered_date) as registered_date,
        case when bool_and(closed_date is not null) then max(closed_date) end as closed_date
    from {{ ref('stg_chronic_registration') }}
    where programme_code in ('1', '2')
    group by programme_code, institution_code, record_no
),

followup as (
    select
        f.programme_code,
        f.institution_code,
        f.record_no,
        any_value(f.resident_id) as resident_id,
        count(distinct f.followup_date) filter (where f.followup_date between a.year_start and a.as_of_date)
            as followups_in_year,
        max(f.followup_date) as followup_date,
        max_by(f.doctor_name, f.followup_date) as doctor_name,
        max_by(f.next_followup_date, f.followup_date) as next_followup_date,
        max_by(f.entered_date, f.followup_date) as entered_date,
        max_by(f.control_name, f.followup_date) as control_name,
        bool_or(f.is_after_death) as has_service_after_death,
        bool_or(f.is_late_entry) as has_late_entry,
        bool_or(f.is_equal_reading) as has_equal_reading
    from {{ ref('fct_chronic_control') }} as f
    cross join as_of as a
    group by f.programme_code, f.institution_code, f.record_no
),

checkup as (
    select
        c.institution_code,
        c.record_no,
        max(c.checked_date) as checked_date,
        -- The one before the last.
        list_extract(list_reverse_sort(list(distinct c.checked_date)), 2) as previous_checked_date,
        bool_or(c.checked_date between a.year_start and a.as_of_date) as has_checkup_in_year,
        bool_or(coalesce(c.checked_date > d.death_date, false)) as has_checkup_after_death
    from {{ ref('stg_health_checkup') }} as c
    cross join as_of as a
    left join {{ ref('stg_death') }} as d on c.resident_id = d.resident_id
    group by c.institution_code, c.record_no
),

managed as (
    select
        coalesce(c.programme_code, f.programme_code) as programme_code,
        coalesce(c.institution_code, f.institution_code) as institution_code,
        coalesce(c.record_no, f.record_no) as record_no,
        coalesce(c.resident_id, f.resident_id) as resident_id,
        c.confirmed_date,
        c.registered_date,
        c.closed_date,
        f.* exclude (programme_code, institution_code, record_no, resident_id)
    from card as c
    full outer join followup as f
        on
            c.programme_code = f.programme_code
            and c.institution_code = f.institution_code
            and c.record_no = f.record_no
)

select
    m.programme_code || '|' || m.institution_code || '|' || m.record_no as patient_id,
    'resident_record|' || m.institution_code || '|' || m.record_no as form_id,
    m.programme_code,
    m.institution_code,
    m.resident_id,
    m.record_no,
    p.sex_code,
    p.birth_date,
    p.committee_name,
    m.confirmed_date,
    m.registered_date,
    m.closed_date,
    m.followup_date,
    m.doctor_name,
    m.next_followup_date,
    cast(coalesce(m.followups_in_year, 0) as integer) as followups_in_year,
    coalesce(m.followups_in_year, 0) > 0 as is_managed,
    coalesce(m.followups_in_year, 0) >= {{ required_followups('greatest(a.year_start, coalesce(m.registered_date, a.year_start))', 'a.as_of_date') }} as is_standard_managed,
    case
        when coalesce(m.followups_in_year, 0) = 0 then '本年未随访'
        when m.next_followup_date < a.as_of_date and m.followup_date < m.next_followup_date then '随访逾期'
        else '随访正常'
    end as followup_state,
    k.checked_date,
    k.previous_checked_date,
    coalesce(k.has_checkup_in_year, false) as has_checkup_in_year,
    m.entered_date,
    m.control_name,
    d.death_date is not null as is_dead,
    coalesce(m.has_service_after_death, false) or coalesce(k.has_checkup_after_death, false)
        as has_service_after_death,
    coalesce(m.has_late_entry, false) as has_late_entry,
    coalesce(m.has_equal_reading, false) as has_equal_reading
from managed as m
cross join as_of as a
left join {{ ref('stg_record_person') }} as p
    on m.institution_code || '|' || m.record_no = p.health_record_id
left join checkup as k on m.institution_code = k.institution_code and m.record_no = k.record_no
left join {{ ref('stg_death') }} as d on m.resident_id = d.resident_id
where m.record_no is not null
