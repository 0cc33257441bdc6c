-- noqa: disable=LT02
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
        '{{ one.dataset }}|' || f.institution_code || '|' || {{ one.key }} as row_id,
        '{{ one.subject }}|' || f.institution_code || '|' || {{ one.subject_key }} as form_id,
        f.institution_code,
        {{ 'f.resident_id' if one.person else 'cast(null as varchar)' }} as resident_id,
        {{ 'cast(' ~ one.event ~ ' as date)' if one.event else 'cast(null as date)' }} as filled_date,
        cast({{ one.stage }} as integer) as stage_months,
        cast(
            {%- for group in one.groups %}{% for item in group.asked %}
            (case when {{ item.column }} is null then 1 else 0 end) +
            {%- endfor %}{% endfor %} 0 as integer
        ) as missing_count,
        {{ missing_items(one.groups) }} as missing_items
    from {{ silver(one.dataset) }} as f
    {%- if one.with_record %}
    left join {{ ref('stg_resident_record') }} as r
        on f.institution_code = r.institution_code and f.record_no = r.record_no
    {%- endif %}
    {%- if one.within %}
    where (f.institution_code, f.{{ one.within.column }}) in (
        select (institution_code, {{ one.within.column }}) from {{ silver(one.within.dataset) }}
    )
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        {% for name in ['form', 'dataset', 'dataset_name', 'row_id', 'form_id', 'institution_code', 'resident_id'] %}
        cast(null as varchar) as {{ name }},
        {% endfor %}
        cast(null as date) as filled_date,
        cast(null as integer) as stage_months,
        cast(null as integer) as missing_count,
        cast(null as varchar) as missing_items
    where false
    {% endfor %}
{% endmacro %}
