-- An age in months that the handbook's birth date and the visit's date do not give.
select
    visit._institution, visit._feed, visit._source_key, visit._batch_id,
    cast(visit.age_months as string) as value
from toddler_checkup as visit
inner join child_handbook as book
    on visit._institution = book._institution
    and visit.child_handbook_no = book.child_handbook_no
where visit.visited_date >= book.birth_date
    and abs(visit.age_months - datediff(visit.visited_date, book.birth_date) / 30.4375) > 2
