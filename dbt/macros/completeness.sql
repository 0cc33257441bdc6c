{# Missing items of one dataset of a form, as "group:item、item;group:item". #}
{% macro missing_items(groups) -%}
    nullif(list_aggregate(list_filter([
        {%- for group in groups %}
        nullif(concat('{{ group.name }}:', list_aggregate(list_filter([
            {%- for item in group.asked %}
            case when {{ item.column }} is null then '{{ item.name }}' end{{ ',' if not loop.last }}
            {%- endfor %}
        ], item -> item is not null), 'string_agg', '、')), '{{ group.name }}:'){{ ',' if not loop.last }}
        {%- endfor %}
    ], part -> part is not null), 'string_agg', ';'), '')
{%- endmacro %}

{# Every dataset of every form (pipeline/build.py hands them over as the var `completeness`). #}
{% macro form_completeness() %}
    {% for one in var('completeness') %}
    select
        '{{ one.form }}' as form,
        '{{ one.dataset }}' as dataset,
        '{{ one.dataset_zh }}' as dataset_name,
        '{{ one.dataset }}|' || institution_code || '|' || {{ one.key }} as row_id,
        '{{ one.subject }}|' || institution_code || '|' || {{ one.subject_key }} as form_id,
        institution_code,
        {{ 'resident_id' if one.person else 'cast(null as varchar)' }} as resident_id,
        {{ 'cast(' ~ one.event ~ ' as date)' if one.event else 'cast(null as date)' }} as filled_date,
        cast({{ one.stage }} as integer) as stage_months,
        cast({{ one.count }} as integer) as item_count,
        cast(({% for group in one.groups %}{% for item in group.asked %}(case when {{ item.column }} is null then 1 else 0 end) + {% endfor %}{% endfor %}0) as integer) as missing_count,
        {{ missing_items(one.groups) }} as missing_items
    from {{ silver(one.dataset) }} as f
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        cast(null as varchar) as form,
        cast(null as varchar) as dataset,
        cast(null as varchar) as dataset_name,
        cast(null as varchar) as row_id,
        cast(null as varchar) as form_id,
        cast(null as varchar) as institution_code,
        cast(null as varchar) as resident_id,
        cast(null as date) as filled_date,
        cast(null as integer) as stage_months,
        cast(null as integer) as item_count,
        cast(null as integer) as missing_count,
        cast(null as varchar) as missing_items
    where false
    {% endfor %}
{% endmacro %}
