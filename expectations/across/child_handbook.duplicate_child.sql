-- One child's handbook made twice: name, mother's ID number, birth date and twin order, where
-- neither moved out (S1-3.11.4.4): all but the first.
with numbered as (
    select
        _institution, _feed, _source_key, _batch_id, name,
        row_number() over (
            partition by
                name, mother_id_no, birth_date, coalesce(fetus_order_code, ''),
                coalesce(is_multiple_birth, false)
            order by created_date, _institution, child_handbook_no, _feed, _source_key
        ) as nth
    from child_handbook
    where mother_id_no is not null and not coalesce(is_moved_out, false)
)

select _institution, _feed, _source_key, _batch_id, name as value
from numbered
where nth > 1
