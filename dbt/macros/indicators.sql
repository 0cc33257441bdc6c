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

{# A text of the standards as an SQL literal. #}
{% macro quoted(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}

{# What standards/indicators declares, a row an indicator. #}
{% macro indicator_declarations() %}
    {% for indicator in var('indicators') %}
    select
        {{ quoted(indicator.id) }} as id,
        {{ quoted(indicator.name_zh) }} as name_zh,
        {{ quoted(indicator.definition) }} as definition,
        {{ quoted(indicator.formula) }} as formula,
        {{ quoted(indicator.direction) }} as direction,
        {{ quoted(indicator.target) }} as target,
        {{ quoted(indicator.source) }} as source
    {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}
