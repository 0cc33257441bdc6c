-- Each follow-up of a chronic patient in its row of follow-ups: on target or not, how many in a row
-- were not, whether a referral was advised since then, how many in a row have one and the same
-- reading, and what should not be: a service dated after death, or entered late.
with

judged as (
    select
        f.programme_code || '|' || f.institution_code || '|' || f.followup_no as followup_id,
        f.*,
        coalesce(f.resident_id, f.record_no) as person,
        -- Hypertension: pressure under the target of the age. Diabetes: fasting glucose.
        case
            when f.programme_code = '2' then f.fasting_glucose_mmol_l < {{ parameter('glucose_target') }}
            when date_sub('year', i.birth_date, f.followup_date) >= {{ parameter('bp_elder_age') }}
                then
                    f.systolic_mmhg < {{ parameter('elder_systolic_target') }}
                    and f.diastolic_mmhg < {{ parameter('elder_diastolic_target') }}
            else
                f.systolic_mmhg < {{ parameter('systolic_target') }}
                and f.diastolic_mmhg < {{ parameter('diastolic_target') }}
        end as is_controlled,
        case
            when f.programme_code = '2' then cast(cast(f.fasting_glucose_mmol_l as decimal(18, 1)) as varchar)
            else cast(f.systolic_mmhg as integer) || '/' || cast(f.diastolic_mmhg as integer)
        end as reading
    from {{ ref('stg_chronic_followup') }} as f
    left join {{ ref('stg_resident') }} as i on f.resident_id = i.resident_id
),

placed as (
    select
        *,
        -- Rows between two changes share their block.
        count(*) filter (where is_controlled) over (
            partition by programme_code, institution_code, person order by followup_date, followup_no
        ) as control_block,
        row_number() over (
            partition by programme_code, institution_code, person order by followup_date, followup_no
        ) - row_number() over (
            partition by programme_code, institution_code, person, reading order by followup_date, followup_no
        ) as reading_block
    from judged
),

counted as (
    select
        *,
        count(*) filter (where not is_controlled) over (
            partition by programme_code, institution_code, person, control_block
            order by followup_date, followup_no
        ) as uncontrolled_in_row,
        bool_or(has_referral and not coalesce(is_controlled, false)) over (
            partition by programme_code, institution_code, person, control_block
            order by followup_date, followup_no
        ) as has_referral_since,
        case when reading is not null then row_number() over (
            partition by programme_code, institution_code, person, reading, reading_block
            order by followup_date, followup_no
        ) else 0 end as equal_in_row
    from placed
)

select
    c.followup_id,
    'resident_record|' || c.institution_code || '|' || c.record_no as form_id,
    c.programme_code,
    c.institution_code,
    c.resident_id,
    c.record_no,
    p.sex_code,
    p.birth_date,
    p.committee_name,
    c.followup_date,
    c.entered_date,
    c.next_followup_date,
    c.doctor_name,
    c.reading,
    c.is_controlled,
    case when c.is_controlled then '控制满意' when not c.is_controlled then '控制不满意' else '未测量' end
        as control_name,
    cast(c.uncontrolled_in_row as integer) as uncontrolled_in_row,
    coalesce(c.has_referral_since, false) as has_referral_since,
    c.has_referral,
    c.uncontrolled_in_row >= {{ parameter('uncontrolled_referral_count') }}
    and not c.is_controlled and not coalesce(c.has_referral_since, false) as is_referral_missing,
    cast(c.equal_in_row as integer) as equal_in_row,
    c.equal_in_row >= {{ parameter('equal_reading_count') }} as is_equal_reading,
    coalesce(c.followup_date > d.death_date, false) as is_after_death,
    coalesce(date_diff('day', c.followup_date, c.entered_date) > {{ parameter('late_entry_days') }}, false)
        as is_late_entry,
    row_number() over (
        partition by c.programme_code, c.institution_code, c.person order by c.followup_date desc, c.followup_no desc
    ) = 1 as is_latest
from counted as c
left join {{ ref('stg_record_person') }} as p
    on c.institution_code || '|' || c.record_no = p.health_record_id
left join {{ ref('stg_death') }} as d on c.resident_id = d.resident_id
