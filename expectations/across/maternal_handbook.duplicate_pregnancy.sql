-- A second handbook of one pregnancy (one handbook per pregnancy, S1-2.4.2.2): on the later one.
select distinct
    later._institution, later._feed, later._source_key, later._batch_id,
    cast(later.last_menses_date as string) as value
from maternal_handbook as later
inner join maternal_handbook as other
    on coalesce(later.resident_id, later.id_no) = coalesce(other.resident_id, other.id_no)
where
    abs(datediff(later.last_menses_date, other.last_menses_date)) < {same_pregnancy_days}
    and not coalesce(later.is_moved_out, false)
    and not coalesce(other.is_moved_out, false)
    and concat(cast(later.created_date as string), '/', later.maternal_handbook_no)
    > concat(cast(other.created_date as string), '/', other.maternal_handbook_no)
