-- The parts of each cost add up to its total.
select cost_id
from {{ ref('fct_cost') }}
where
    abs(
        drug_yuan + examination_yuan + laboratory_yuan + treatment_yuan + material_yuan + service_yuan
        + other_yuan + undetailed_yuan - total_yuan
    ) > 0.001
