-- Every charge line is counted in exactly one cost.
select
    costs.charge_lines as in_costs,
    lines.charge_lines as delivered
from (select coalesce(sum(charge_lines), 0) as charge_lines from {{ ref('fct_cost') }}) as costs
cross join (select count(*) as charge_lines from {{ ref('stg_charge_detail') }}) as lines
where costs.charge_lines != lines.charge_lines
