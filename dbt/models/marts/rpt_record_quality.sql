-- Health records with what their form lacks: the basis of the record tasks and of the list by
-- institution. Abnormal: something required is missing.
with

missing as (
    select
        form_id,
        sum(missing_count) as missing_count,
        string_agg(missing_items, ';' order by dataset desc, row_id asc) as missing_items
    from {{ ref('fct_form_completeness') }}
    where form = 'resident_record' and missing_count > 0
    group by form_id
)

select
    r.health_record_id,
    'resident_record|' || r.health_record_id as form_id,
    r.institution_code,
    r.resident_id,
    r.record_no,
    p.committee_name,
    p.sex_code,
    p.birth_date,
    r.created_date,
    r.closed_date,
    r.is_open,
    r.is_electronic,
    r.is_standard,
    coalesce(c.missing_count, 0) = 0 as is_complete,
    cast(coalesce(c.missing_count, 0) as integer) as missing_count,
    c.missing_items
from {{ ref('fct_health_record') }} as r
inner join {{ ref('stg_record_person') }} as p on r.health_record_id = p.health_record_id
left join missing as c on 'resident_record|' || r.health_record_id = c.form_id
