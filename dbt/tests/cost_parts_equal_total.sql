-- The parts of each cost add up to its total.
select cost_id
from {{ ref('fct_cost') }}
where
    abs(
        {% for column in charge_groups() %}
        {{ column }} +
        {% endfor %}
        undetailed_yuan - total_yuan
    ) > 0.001
