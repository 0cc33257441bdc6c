-- Visits of children of all four forms, by the month of age that they are for (newborn: 0).
select
    institution_code,
    child_handbook_no,
    visit_no,
    'newborn_visit' as form,
    0 as stage_months,
    visited_date,
    cast(null as decimal(18, 4)) as left_vision,
    cast(null as decimal(18, 4)) as right_vision,
    doctor_name
from {{ silver('newborn_visit') }}
union all
select
    institution_code,
    child_handbook_no,
    visit_no,
    'infant_checkup' as form,
    try_cast(infant_visit_age_code as integer) as stage_months,
    visited_date,
    null as left_vision,
    null as right_vision,
    doctor_name
from {{ silver('infant_checkup') }}
union all
select
    institution_code,
    child_handbook_no,
    visit_no,
    'toddler_checkup' as form,
    try_cast(toddler_visit_age_code as integer) as stage_months,
    visited_date,
    null as left_vision,
    null as right_vision,
    doctor_name
from {{ silver('toddler_checkup') }}
union all
select
    institution_code,
    child_handbook_no,
    visit_no,
    'preschool_checkup' as form,
    12 * try_cast(preschool_visit_age_code as integer) as stage_months,
    visited_date,
    left_vision,
    right_vision,
    doctor_name
from {{ silver('preschool_checkup') }}
