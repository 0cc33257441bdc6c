{# The rows that bear a tag, tag by tag (standards/assets/tags.csv, as the var `tags`). #}
{% macro tagged_rows() -%}
    {% for tag in var('tags') %}
    select
        '{{ tag.tag }}' as tag,
        '{{ tag.subject }}' as subject,
        '{{ tag.dataset }}' as dataset,
        r.institution_code,
        r.feed,
        r.source_key,
        {{ 'r.resident_id' if tag.person else 'cast(null as varchar)' }} as resident_id
    from {{ silver(tag.dataset) }} as r
    cross join as_of
    where {{ tag.expression }}
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        null::varchar as tag,
        null::varchar as subject,
        null::varchar as dataset,
        null::varchar as institution_code,
        null::varchar as feed,
        null::varchar as source_key,
        null::varchar as resident_id
    where false
    {% endfor %}
{%- endmacro %}
