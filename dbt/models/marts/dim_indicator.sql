-- What each indicator means, so that a figure can show its formula (law 7).
with

declared as (
    {{ indicator_declarations() }}
)

select
    id as indicator,
    name_zh,
    definition,
    formula,
    direction,
    cast(nullif(target, '') as decimal(18, 2)) as target_percent,
    source
from declared
