-- Child handbooks that may be one child's: same name, mother's identity number, birth date, twin mark.
with

keyed as (
    select
        institution_code,
        child_handbook_no,
        resident_id,
        created_date,
        birth_date,
        -- Of a multiple birth each child has its own place.
        coalesce(is_multiple_birth, false) as is_multiple_birth,
        md5(concat_ws(
            '|', name, mother_id_no, birth_date, coalesce(is_multiple_birth, false), coalesce(fetus_order_code, '')
        )) as duplicate_key
    from {{ silver('child_handbook') }}
    where name is not null and mother_id_no is not null and birth_date is not null
)

select
    institution_code || '|' || child_handbook_no as child_id,
    'child_handbook|' || institution_code || '|' || child_handbook_no as form_id,
    institution_code,
    child_handbook_no,
    resident_id,
    created_date,
    birth_date,
    is_multiple_birth,
    duplicate_key,
    cast(count(*) over (partition by duplicate_key) as integer) as duplicates
from keyed
qualify count(*) over (partition by duplicate_key) > 1
