-- One model for every indicator that standards/indicators declares: the rows behind each
-- numerator and denominator come compiled (pipeline/indicator_sql.py) and are counted there.
with

counted as (
    {{ indicator_counts() }}
)

select
    indicator,
    level,
    organisation_code,
    period_month,
    cast(coalesce(sum(numerator), 0) as bigint) as numerator,
    cast(coalesce(sum(denominator), 0) as bigint) as denominator,
    cast(round(100.0 * sum(numerator) / nullif(sum(denominator), 0), 2) as decimal(18, 2)) as value
from counted
group by indicator, level, organisation_code, period_month
