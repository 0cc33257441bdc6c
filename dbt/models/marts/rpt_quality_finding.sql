-- Findings counted by institution, feed, column and rule; each single one lies in the lake's
-- quality/findings.
select
    institution_code,
    feed,
    dataset,
    coalesce(column_name, '') as column_name,
    rule,
    dimension,
    severity,
    any_value(mend) as mend,
    cast(count(*) as bigint) as findings,
    cast(count(distinct source_key) as bigint) as records
from {{ ref('stg_finding') }}
group by institution_code, feed, dataset, column_name, rule, dimension, severity
