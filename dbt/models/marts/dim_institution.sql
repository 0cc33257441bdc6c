-- The organisation tree: city -> county -> institution. An institution that sends data, or is said
-- to manage people, but is not in the tree hangs below the city: its figures are not lost.
with

listed as (
    select
        organisation_code,
        name,
        kind,
        tier_code,
        parent_code,
        region_code,
        true as is_listed
    from {{ source('standards', 'organisation') }}
),

city as (
    select min(organisation_code) as city_code
    from listed
    where kind = 'city'
),

named as (
    select institution_code as organisation_code from {{ ref('stg_arrived') }}
    union
    select managing_institution_code as organisation_code from {{ ref('stg_resident_population') }}
),

unlisted as (
    select
        n.organisation_code,
        n.organisation_code as name,
        'institution' as kind,
        cast(null as varchar) as tier_code,
        c.city_code as parent_code,
        cast(null as varchar) as region_code,
        false as is_listed
    from named as n
    cross join city as c
    where n.organisation_code not in (select l.organisation_code from listed as l)
),

everyone as (
    select * from listed
    union all
    select * from unlisted
)

select
    e.organisation_code,
    e.name,
    e.kind,
    e.tier_code,
    t.name_zh as tier_name,
    e.parent_code,
    case
        when e.kind = 'county' then e.organisation_code
        when p.kind = 'county' then p.organisation_code
    end as county_code,
    case
        when e.kind = 'county' then e.name
        when p.kind = 'county' then p.name
    end as county_name,
    c.city_code,
    e.region_code,
    e.is_listed
from everyone as e
left join everyone as p on e.parent_code = p.organisation_code
left join {{ source('standards', 'code') }} as t
    on e.tier_code = t.code and t.value_domain = 'KH.institution_tier'
cross join city as c
