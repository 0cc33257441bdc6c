select
    institution as institution_code,
    feed,
    dataset,
    source_key,
    "column" as column_name,
    rule,
    dimension,
    severity,
    mend
from {{ source('quality', 'findings') }}
