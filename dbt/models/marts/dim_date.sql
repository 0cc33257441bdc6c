-- Whole calendar years around the months of the data, for trends without gaps.
with

days as (
    select cast(unnest(generate_series(min(year_start), max(year_start) + interval '1' year - interval '1' day, interval '1' day)) as date) as date_day
    from {{ ref('dim_month') }}
)

select
    date_day,
    cast(date_trunc('month', date_day) as date) as period_month,
    cast(year(date_day) as integer) as year_number,
    cast(quarter(date_day) as integer) as quarter_number,
    cast(month(date_day) as integer) as month_number,
    cast(day(date_day) as integer) as day_number,
    cast(isodow(date_day) as integer) as weekday_number,
    isodow(date_day) >= 6 as is_weekend
from days
