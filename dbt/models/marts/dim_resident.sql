-- One row a resident, as of the end of the last month with services. Where somebody holds records
-- in several institutions, the one that is open and was made last says where he or she belongs.
with

as_of as (
    select coalesce(max(month_end), current_date) as as_of_date
    from {{ ref('dim_month') }}
),

managing as (
    select
        resident_id,
        institution_code,
        address_township,
        region_code,
        residence_type_code,
        is_open,
        moved_out_date
    from {{ ref('fct_health_record') }}
    where resident_id is not null
    qualify
        row_number() over (
            partition by resident_id
            order by is_open desc, created_date desc, institution_code asc, health_record_id asc
        ) = 1
),

programme as (
    select
        resident_id,
        bool_or(programme_code = '1') as has_hypertension,
        bool_or(programme_code = '2') as has_diabetes
    from (
        select
            resident_id,
            programme_code
        from {{ ref('fct_programme') }}
        union all
        select
            resident_id,
            programme_code
        from {{ ref('fct_followup') }}
    ) as managed
    group by resident_id
),

person as (
    select
        i.resident_id,
        i.sex_code,
        i.birth_date,
        d.death_date,
        m.institution_code as managing_institution_code,
        m.address_township,
        m.region_code,
        m.residence_type_code,
        m.moved_out_date,
        m.resident_id is not null as has_record,
        coalesce(m.is_open, false) as has_open_record,
        coalesce(p.has_hypertension, false) as has_hypertension,
        coalesce(p.has_diabetes, false) as has_diabetes,
        a.as_of_date,
        coalesce(d.death_date > a.as_of_date, true) as is_alive,
        coalesce(m.moved_out_date <= a.as_of_date, false) as has_moved_out
    from {{ ref('stg_resident') }} as i
    left join {{ ref('stg_death') }} as d on i.resident_id = d.resident_id
    left join managing as m on i.resident_id = m.resident_id
    left join programme as p on i.resident_id = p.resident_id
    cross join as_of as a
)

select
    resident_id,
    sex_code,
    birth_date,
    cast(date_sub('year', birth_date, least(as_of_date, coalesce(death_date, as_of_date))) as integer) as age_years,
    death_date,
    is_alive,
    has_moved_out,
    moved_out_date,
    has_record,
    has_open_record,
    managing_institution_code,
    address_township,
    region_code,
    residence_type_code,
    coalesce(is_alive and birth_date > as_of_date - interval '7' year, false) as is_child_0_6,
    coalesce(
        is_alive and birth_date <= as_of_date - interval '{{ parameter('elder_age') }}' year, false
    ) as is_elder,
    has_hypertension,
    has_diabetes,
    as_of_date
from person
