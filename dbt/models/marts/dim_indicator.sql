-- What each indicator means, so that a figure can show its formula (law 7).
{% for indicator in var('indicators') %}
select
    {{ quoted(indicator.id) }} as indicator,
    {{ quoted(indicator.name_zh) }} as name_zh,
    {{ quoted(indicator.definition) }} as definition,
    {{ quoted(indicator.formula) }} as formula,
    {{ quoted(indicator.direction) }} as direction,
    cast({{ indicator.target }} as decimal(18, 2)) as target_percent,
    {{ quoted(indicator.source) }} as source
{% if not loop.last %}union all{% endif %}
{% endfor %}
