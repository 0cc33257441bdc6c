-- The grades in force on the quality date, each from its lowest score up to the next.
select
    grade,
    cast(lowest_score as decimal(18, 2)) as lowest_score,
    cast(below_score as decimal(18, 2)) as below_score
from {{ source('quality_inputs', 'grade') }}
