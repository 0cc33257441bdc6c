-- A visit to a newborn dated before the birth that the handbook tells.
select
    visit._institution, visit._feed, visit._source_key, visit._batch_id,
    cast(visit.visited_date as string) as value
from newborn_visit as visit
inner join child_handbook as book
    on visit._institution = book._institution
    and visit.child_handbook_no = book.child_handbook_no
where visit.visited_date < book.birth_date
