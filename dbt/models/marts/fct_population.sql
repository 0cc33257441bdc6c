-- Resident population by managing institution: a year's figure holds until the next one is set.
with

yearly as (
    select
        managing_institution_code as institution_code,
        population_year,
        cast(sum(resident_count) as bigint) as resident_count,
        cast(sum(registered_count) as bigint) as registered_count,
        cast(sum(resident_65_count) as bigint) as resident_65_count,
        cast(sum(child_0_6_year_count) as bigint) as child_0_6_year_count,
        cast(sum(child_0_36_month_count) as bigint) as child_0_36_month_count
    from {{ ref('stg_resident_population') }}
    group by managing_institution_code, population_year
)

select
    institution_code,
    population_year,
    resident_count,
    registered_count,
    resident_65_count,
    child_0_6_year_count,
    child_0_36_month_count,
    cast(make_date(population_year, 1, 1) as date) as valid_from,
    cast(coalesce(
        make_date(lead(population_year) over (partition by institution_code order by population_year), 1, 1),
        date '9999-12-31' + interval '1' day
    ) - interval '1' day as date) as valid_to
from yearly
