-- Settled costs in fct_cost add up to the settlements' totals, for each institution.
with

costs as (
    select
        institution_code,
        sum(total_yuan) as yuan
    from {{ ref('fct_cost') }}
    where is_settled
    group by institution_code
),

settlements as (
    select
        institution_code,
        sum(total_yuan) as yuan
    from {{ ref('stg_settlement') }}
    group by institution_code
)

select
    coalesce(c.institution_code, s.institution_code) as institution_code,
    c.yuan as cost_yuan,
    s.yuan as settlement_yuan
from costs as c
full outer join settlements as s on c.institution_code = s.institution_code
where c.yuan is distinct from s.yuan
