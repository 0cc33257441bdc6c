-- Pregnant women by risk: the newest case of a handbook, else its newest assessment. Infection is a
-- class of its own that may stand beside a level (rules of the five colours).
with

case_file as (
    select
        institution_code,
        maternal_handbook_no,
        coalesce(assessed_date, registered_date) as assessed_date,
        high_risk_factor,
        high_risk_score,
        risk_colour_code,
        assessing_institution_name,
        next_exam_date,
        managing_institution_name,
        1 as rank
    from {{ silver('high_risk_pregnancy') }}
    union all
    select
        institution_code,
        maternal_handbook_no,
        assessed_date,
        null as high_risk_factor,
        null as high_risk_score,
        risk_colour_code,
        institution_name as assessing_institution_name,
        null as next_exam_date,
        null as managing_institution_name,
        2 as rank
    from {{ silver('pregnancy_risk_assessment') }}
),

newest as (
    select *
    from case_file
    qualify
        row_number() over (
            partition by institution_code, maternal_handbook_no
            order by rank asc, assessed_date desc, risk_colour_code desc
        ) = 1
),

factor as (
    select
        institution_code,
        maternal_handbook_no,
        string_agg(distinct risk_factor, '、' order by risk_factor) as risk_factors
    from {{ silver('pregnancy_risk_factor') }}
    where not coalesce(is_resolved, false)
    group by institution_code, maternal_handbook_no
),

infection as (
    select
        institution_code,
        maternal_handbook_no,
        bool_or(coalesce(has_infection_risk, false) or risk_colour_code = '5') as has_infection_risk
    from {{ silver('pregnancy_risk_assessment') }}
    group by institution_code, maternal_handbook_no
)

select
    m.maternal_id,
    m.form_id,
    m.institution_code,
    m.resident_id,
    m.committee_name,
    h.birth_date,
    coalesce(n.high_risk_factor, f.risk_factors) as high_risk_factor,
    n.high_risk_score,
    n.risk_colour_code,
    case n.risk_colour_code
        when '1' then '低风险'
        when '2' then '一般风险'
        when '3' then '较高风险'
        when '4' then '高风险'
        when '5' then '有传染性疾病'
    end as risk_level_name,
    n.risk_colour_code = '5' or coalesce(h.has_infection_risk, false) or coalesce(i.has_infection_risk, false)
        as has_infection_risk,
    n.assessed_date,
    n.assessing_institution_name,
    m.expected_delivery_date,
    m.delivered_date,
    m.is_delivered,
    n.next_exam_date,
    coalesce(n.managing_institution_name, h.managing_institution_name) as managing_institution_name,
    m.last_exam_date
from newest as n
inner join {{ ref('fct_maternal') }} as m
    on n.institution_code = m.institution_code and n.maternal_handbook_no = m.maternal_handbook_no
inner join {{ silver('maternal_handbook') }} as h
    on n.institution_code = h.institution_code and n.maternal_handbook_no = h.maternal_handbook_no
left join factor as f
    on n.institution_code = f.institution_code and n.maternal_handbook_no = f.maternal_handbook_no
left join infection as i
    on n.institution_code = i.institution_code and n.maternal_handbook_no = i.maternal_handbook_no
