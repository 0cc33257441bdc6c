-- One row a maternal handbook: the pregnancy from booking to the visit after birth.
with

exam as (
    select
        institution_code,
        maternal_handbook_no,
        count(distinct examined_date) as exam_count,
        min(examined_date) as first_exam_date,
        max(examined_date) as last_exam_date,
        list(distinct examined_date) as exam_dates
    from {{ ref('stg_maternal_exam') }}
    group by institution_code, maternal_handbook_no
),

birth as (
    select
        maternal_id,
        max(delivered_date) as delivered_date,
        max(discharged_date) as discharged_date,
        sum(live_births) as live_births
    from {{ ref('stg_maternal_delivery') }}
    where maternal_id is not null
    group by maternal_id
),

postpartum as (
    select
        institution_code,
        maternal_handbook_no,
        min(visited_date) as visited_date,
        max(delivery_date) as delivery_date,
        max(discharged_date) as discharged_date
    from {{ silver('postpartum_visit') }}
    group by institution_code, maternal_handbook_no
),

risk as (
    select
        institution_code,
        maternal_handbook_no,
        min(coalesce(assessed_date, registered_date)) as high_risk_since,
        min_by(next_exam_date, coalesce(assessed_date, registered_date)) as next_exam_date
    from {{ silver('high_risk_pregnancy') }}
    group by institution_code, maternal_handbook_no
),

pregnancy as (
    select
        h.*,
        h.institution_code || '|' || h.maternal_handbook_no as maternal_id,
        coalesce(e.exam_count, 0) as exam_count,
        e.first_exam_date,
        e.last_exam_date,
        e.exam_dates,
        coalesce(b.delivered_date, p.delivery_date) as delivered_date,
        coalesce(b.discharged_date, p.discharged_date) as discharged_date,
        b.live_births,
        p.visited_date as postpartum_visit_date,
        r.high_risk_since,
        coalesce(r.next_exam_date, r.high_risk_since + interval '{{ parameter('high_risk_review_days') }}' day)
            as review_due_date,
        coalesce(
            cast(date_diff('day', h.last_menses_date, h.created_date) as double) / 7, cast(h.created_weeks as double)
        ) as booked_weeks
    from {{ silver('maternal_handbook') }} as h
    left join exam as e
        on h.institution_code = e.institution_code and h.maternal_handbook_no = e.maternal_handbook_no
    left join birth as b on h.institution_code || '|' || h.maternal_handbook_no = b.maternal_id
    left join postpartum as p
        on h.institution_code = p.institution_code and h.maternal_handbook_no = p.maternal_handbook_no
    left join risk as r
        on h.institution_code = r.institution_code and h.maternal_handbook_no = r.maternal_handbook_no
)

select
    maternal_id,
    'maternal_handbook|' || maternal_id as form_id,
    institution_code,
    resident_id,
    maternal_handbook_no,
    address_village as committee_name,
    created_date,
    last_menses_date,
    expected_delivery_date,
    handbook_status_code,
    maternal_status_code,
    cast(floor(booked_weeks) as integer) as booked_weeks,
    coalesce(booked_weeks < {{ parameter('early_booking_weeks') }}, false) as is_early,
    cast(floor(date_diff('day', last_menses_date, coalesce(delivered_date, last_exam_date, created_date)) / 7) as integer)
        as gestational_weeks,
    cast(exam_count as integer) as exam_count,
    first_exam_date,
    last_exam_date,
    delivered_date,
    delivered_date is not null as is_delivered,
    cast(discharged_date as date) as discharged_date,
    cast(live_births as bigint) as live_births,
    postpartum_visit_date,
    coalesce(postpartum_visit_date is not null and date_diff(
        'day', coalesce(discharged_date, delivered_date, postpartum_visit_date), postpartum_visit_date
    ) <= 28, false) as is_postpartum_visited,
    cast(high_risk_since as date) as high_risk_since,
    cast(list_min(list_filter(exam_dates, day -> day > high_risk_since and day <= review_due_date)) as date)
        as high_risk_reviewed_date,
    closed_date
from pregnancy
