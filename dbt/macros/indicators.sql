{# The rows behind one side of an indicator, as pipeline/indicator_sql.py compiled them. #}
{% macro rows_behind(side) -%}
    {%- set text = namespace(sql=side.sql) -%}
    {%- for mart in side.marts -%}
        {%- set text.sql = text.sql | replace('<' ~ mart ~ '>', ref(mart) | string) -%}
    {%- endfor -%}
    {{ text.sql }}
{%- endmacro %}

{% macro quoted(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}
