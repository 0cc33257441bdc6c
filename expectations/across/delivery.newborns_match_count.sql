-- A delivery whose newborns are not as many as it says (one without any is not judged).
with newborns as (
    select _institution, delivery_no, count(distinct newborn_no) as told
    from delivery_newborn
    group by _institution, delivery_no
)

select
    birth._institution, birth._feed, birth._source_key, birth._batch_id,
    cast(birth.newborn_count as string) as value
from delivery as birth
inner join newborns
    on birth._institution = newborns._institution and birth.delivery_no = newborns.delivery_no
where birth.newborn_count <> newborns.told
