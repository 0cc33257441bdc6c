-- How many records and residents bear each tag, by institution.
select
    tag,
    subject,
    dataset,
    institution_code,
    cast(count(*) as bigint) as record_count,
    cast(count(distinct resident_id) as bigint) as resident_count
from {{ ref('fct_tag') }}
group by tag, subject, dataset, institution_code
