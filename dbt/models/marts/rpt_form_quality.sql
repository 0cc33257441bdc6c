-- Programme forms with what they lack, and what the lists of each programme choose by.
with

as_of as (
    select coalesce(max(month_end), current_date) as as_of_date
    from {{ ref('dim_month') }}
),

person as (
    select
        c.*,
        case
            when starts_with(c.form_id, 'resident_record|') then substr(c.form_id, length('resident_record|') + 1)
        end as health_record_id
    from {{ ref('fct_form_completeness') }} as c
    where c.form != 'resident_record'
)

select
    c.form,
    c.dataset,
    c.dataset_name,
    c.row_id,
    c.form_id,
    c.institution_code,
    c.resident_id,
    coalesce(p.record_no, h.record_no, m.record_no, split_part(c.form_id, '|', 3)) as record_no,
    coalesce(p.committee_name, h.committee_name, m.committee_name, g.committee_name) as committee_name,
    coalesce(h.birth_date, p.birth_date, i.birth_date) as birth_date,
    coalesce(g.created_date, h.created_date, m.filled_date, p.created_date) as created_date,
    c.filled_date,
    c.stage_months,
    s.name_zh as maternal_status_name,
    coalesce(g.is_delivered, false) as is_delivered,
    c.missing_count,
    c.missing_count = 0 as is_complete,
    c.missing_items
from person as c
cross join as_of as a
left join {{ ref('stg_record_person') }} as p on c.health_record_id = p.health_record_id
left join {{ ref('fct_child') }} as h on c.form_id = h.form_id
left join {{ ref('fct_maternal') }} as g on c.form_id = g.form_id
left join {{ ref('fct_mental') }} as m on c.form_id = m.form_id
left join {{ ref('stg_resident') }} as i on c.resident_id = i.resident_id
left join {{ source('standards', 'code') }} as s
    on g.maternal_status_code = s.code and s.value_domain = 'KH.maternal_status'
where
    -- A check-up is the elders' form where it was an elder's; children's TCM is for 0 to 36 months.
    (c.form != 'elder' or i.birth_date <= c.filled_date - interval '{{ parameter('elder_age') }}' year)
    and (c.form != 'tcm' or c.dataset != 'child_handbook' or h.birth_date > a.as_of_date - interval '37' month)
