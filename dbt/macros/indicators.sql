{# A parameter of standards/indicators, with the site's value where it has set one. #}
{% macro parameter(name) -%}
    {{ var('parameters')[name] }}
{%- endmacro %}

{# The rows behind one side of an indicator, as pipeline/indicator_sql.py compiled them. #}
{% macro rows_behind(side) -%}
    {%- set text = namespace(sql=side.sql) -%}
    {%- for mart in side.marts -%}
        {%- set text.sql = text.sql | replace('<' ~ mart ~ '>', ref(mart) | string) -%}
    {%- endfor -%}
    {{ text.sql }}
{%- endmacro %}

{# Every indicator's numerator and denominator, counted by level, organisation and month. #}
{% macro indicator_counts() %}
    {% for indicator in var('indicators') %}
    select
        '{{ indicator.id }}' as indicator,
        level,
        organisation_code,
        period_month,
        {{ indicator.numerator.counting }} as numerator,
        0 as denominator
    from ({{ rows_behind(indicator.numerator) }}) as behind
    group by level, organisation_code, period_month
    union all
    select
        '{{ indicator.id }}' as indicator,
        level,
        organisation_code,
        period_month,
        0 as numerator,
        {{ indicator.denominator.counting }} as denominator
    from ({{ rows_behind(indicator.denominator) }}) as behind
    group by level, organisation_code, period_month
    {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}

{# What standards/indicators declares, a row an indicator. #}
{% macro indicator_declarations() %}
    {% for indicator in var('indicators') %}
        
    select
        {% for name in ['id', 'name_zh', 'definition', 'formula', 'direction', 'target', 'source'] %}
        '{{ indicator[name] | replace("'", "''") }}' as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
        {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}
