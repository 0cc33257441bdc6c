{# How many of the columns that a standard health record must fill are empty. #}
{% macro missing_columns(relation) -%}
    ({% for column in var('record_columns') %}(case when {{ relation }}.{{ column }} is null then 1 else 0 end) + {% endfor %}0)
{%- endmacro %}
