-- Antenatal examinations of all four forms: which handbook, which day.
select
    institution_code,
    maternal_handbook_no,
    resident_id,
    visited_date as examined_date
from {{ silver('antenatal_first_visit') }}
union all
select
    institution_code,
    maternal_handbook_no,
    resident_id,
    visited_date as examined_date
from {{ silver('antenatal_visit') }}
union all
select
    institution_code,
    maternal_handbook_no,
    resident_id,
    examined_date
from {{ silver('antenatal_initial_exam') }}
union all
select
    institution_code,
    maternal_handbook_no,
    resident_id,
    examined_date
from {{ silver('antenatal_reexam') }}
