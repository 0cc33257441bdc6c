-- A child's form at an age (in days) that it is not meant for.
select
    form._institution, form._feed, form._source_key, form._batch_id,
    cast(form.{column} as string) as value
from {dataset} as form
inner join child_handbook as child
    on form._institution = child._institution
    and form.child_handbook_no = child.child_handbook_no
where
    datediff(form.{column}, child.birth_date) < {low_days}
    or datediff(form.{column}, child.birth_date) > {high_days}
