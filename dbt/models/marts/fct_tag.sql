-- Which record bears which tag; a tag of a resident also says whose.
with

as_of as (
    select coalesce(max(month_end), current_date) as as_of_date
    from {{ ref('dim_month') }}
),

tagged as (
    {{ tagged_rows() }}
)

select
    tag,
    subject,
    dataset,
    institution_code,
    feed,
    source_key,
    resident_id
from tagged
