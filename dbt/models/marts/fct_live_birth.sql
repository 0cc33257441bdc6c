-- Deliveries with living newborns, in the area of the institution that keeps the handbook.
select
    d.delivery_id,
    d.institution_code,
    d.delivering_institution_code,
    d.resident_id,
    d.maternal_id,
    d.delivered_date,
    d.live_births,
    coalesce(m.is_early, false) as is_early
from {{ ref('stg_maternal_delivery') }} as d
left join {{ ref('fct_maternal') }} as m on d.maternal_id = m.maternal_id
where d.live_births > 0
