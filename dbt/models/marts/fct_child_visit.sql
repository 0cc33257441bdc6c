-- Visits of children 0 to 6, of all four forms.
select
    v.form || '|' || v.institution_code || '|' || v.visit_no as visit_id,
    v.institution_code,
    v.institution_code || '|' || v.child_handbook_no as child_id,
    h.resident_id,
    v.form,
    cast(v.stage_months as integer) as stage_months,
    v.visited_date,
    h.birth_date,
    v.left_vision is not null or v.right_vision is not null as has_vision
from {{ ref('stg_child_visit') }} as v
inner join {{ silver('child_handbook') }} as h
    on v.institution_code = h.institution_code and v.child_handbook_no = h.child_handbook_no
