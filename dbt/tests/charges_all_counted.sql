-- Every charge line is counted in exactly one cost.
with

costs as (
    select coalesce(sum(charge_lines), 0) as charge_lines
    from {{ ref('fct_cost') }}
),

delivered as (
    select count(*) as charge_lines
    from {{ ref('stg_charge_detail') }}
)

select
    costs.charge_lines as in_costs,
    delivered.charge_lines as delivered
from costs
cross join delivered
where costs.charge_lines != delivered.charge_lines
