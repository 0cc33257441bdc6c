-- Eye care of children: screenings, and the vision that a check-up of 3 to 6 years measured.
select
    'child_eye_screening|' || s.institution_code || '|' || s.screening_no as eye_check_id,
    s.institution_code,
    s.institution_code || '|' || s.child_handbook_no as child_id,
    h.birth_date,
    s.screened_date as checked_date,
    s.left_vision is not null or s.right_vision is not null as has_vision
from {{ silver('child_eye_screening') }} as s
inner join {{ silver('child_handbook') }} as h
    on s.institution_code = h.institution_code and s.child_handbook_no = h.child_handbook_no
union all
select
    visit_id as eye_check_id,
    institution_code,
    child_id,
    birth_date,
    visited_date as checked_date,
    true as has_vision
from {{ ref('fct_child_visit') }}
where has_vision
