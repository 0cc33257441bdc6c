-- The months for which indicators are counted: the last {{ var('parameters')['history_months'] }}
-- up to the last one with services. One date in two thousand may lie beyond either end: a slip of
-- the pen must not add a year of empty months.
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

months as (
    select cast(unnest(generate_series(
        greatest(
            date_trunc('month', first_date),
            date_trunc('month', last_date) - interval '{{ var('parameters')['history_months'] | int - 1 }}' month
        ),
        date_trunc('month', last_date),
        interval '1' month
    )) as date) as period_month
    from ends
    where last_date is not null
)

select
    period_month,
    cast(date_trunc('year', period_month) as date) as year_start,
    cast(period_month + interval '1' month - interval '1' day as date) as month_end,
    cast(year(period_month) as integer) as year_number,
    cast(month(period_month) as integer) as month_number
from months
