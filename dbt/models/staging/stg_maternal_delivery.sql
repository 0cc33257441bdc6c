-- A delivery with the handbook of its pregnancy. The hospital is seldom where the handbook is kept:
-- the mother's handbook of that time counts, else the number that the delivery names.
with

delivery as (
    select
        d.*,
        cast(d.delivered_at as date) as delivered_date
    from {{ silver('delivery') }} as d
),

newborn as (
    select
        institution_code,
        delivery_no,
        count(*) as newborns,
        count(*) filter (where coalesce(birth_status_code, '1') in ('1', '4')) as live_births
    from {{ silver('delivery_newborn') }}
    group by institution_code, delivery_no
),

handbook as (
    select
        institution_code,
        maternal_handbook_no,
        resident_id,
        coalesce(last_menses_date, created_date - interval '84' day) as pregnant_since
    from {{ silver('maternal_handbook') }}
),

by_person as (
    select
        d.institution_code,
        d.delivery_no,
        max_by(h.institution_code || '|' || h.maternal_handbook_no, h.pregnant_since) as maternal_id
    from delivery as d
    inner join handbook as h
        on
            d.resident_id = h.resident_id
            and d.delivered_date between h.pregnant_since and h.pregnant_since + interval '330' day
    group by d.institution_code, d.delivery_no
)

select
    d.institution_code || '|' || d.delivery_no as delivery_id,
    d.institution_code as delivering_institution_code,
    coalesce(p.maternal_id, n.institution_code || '|' || n.maternal_handbook_no) as maternal_id,
    coalesce(split_part(p.maternal_id, '|', 1), d.institution_code) as institution_code,
    d.resident_id,
    d.delivered_date,
    cast(d.discharged_at as date) as discharged_date,
    -- A delivery whose newborns are recorded nowhere else says how many there were.
    cast(coalesce(b.live_births, d.newborn_count, 1) as bigint) as live_births
from delivery as d
left join newborn as b on d.institution_code = b.institution_code and d.delivery_no = b.delivery_no
left join by_person as p on d.institution_code = p.institution_code and d.delivery_no = p.delivery_no
left join handbook as n
    on d.institution_code = n.institution_code and d.maternal_handbook_no = n.maternal_handbook_no
