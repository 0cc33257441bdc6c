-- The months for which indicators are counted: as many as the parameter history_months says, up to
-- the last one with services. One date in two thousand may lie beyond either end: a slip of the pen
-- must not add a year of empty months.
with

service as (
    select visited_date as service_date from {{ ref('fct_encounter') }}
    union all
    select admitted_date as service_date from {{ ref('fct_stay') }}
    union all
    select checked_date as service_date from {{ ref('fct_checkup') }}
    union all
    select followup_date as service_date from {{ ref('fct_followup') }}
),

ends as (
    select
        quantile_disc(service_date, 0.0005) as first_date,
        quantile_disc(service_date, 0.9995) as last_date
    from service
    where service_date <= current_date
),

span as (
    select
        date_trunc('month', last_date) as last_month,
        greatest(
            date_trunc('month', first_date),
            date_trunc('month', last_date) - interval '{{ parameter('history_months') }}' month + interval '1' month
        ) as first_month
    from ends
    where last_date is not null
),

months as (
    select cast(unnest(generate_series(first_month, last_month, interval '1' month)) as date) as period_month
    from span
)

select
    period_month,
    cast(date_trunc('year', period_month) as date) as year_start,
    cast(period_month + interval '1' month - interval '1' day as date) as month_end,
    cast(year(period_month) as integer) as year_number,
    cast(month(period_month) as integer) as month_number
from months
