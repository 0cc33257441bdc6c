-- Which institutions count in whose area: each in its own, its county's and the city's.
select
    'institution' as level,
    organisation_code,
    organisation_code as institution_code
from {{ ref('dim_institution') }}
where kind in ('institution', 'authority')
union all
select
    'county' as level,
    county_code as organisation_code,
    organisation_code as institution_code
from {{ ref('dim_institution') }}
where kind in ('institution', 'authority') and county_code is not null
union all
select
    'city' as level,
    city_code as organisation_code,
    organisation_code as institution_code
from {{ ref('dim_institution') }}
where kind in ('institution', 'authority') and city_code is not null
