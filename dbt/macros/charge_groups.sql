{# How the fifteen charge categories (KH.charge_category) are grouped in fct_cost. #}
{% macro charge_groups() %}
    {{ return({
        'drug_yuan': "'09', '10', '11'",
        'examination_yuan': "'03'",
        'laboratory_yuan': "'04'",
        'treatment_yuan': "'05', '06', '07'",
        'material_yuan': "'08'",
        'service_yuan': "'01', '02', '12', '13'",
        'other_yuan': "'14'"
    }) }}
{% endmacro %}
