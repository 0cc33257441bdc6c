-- One model for every indicator that standards/indicators declares: the rows behind each
-- numerator and denominator come compiled (pipeline/indicator_sql.py), here they are counted.
with

{% for indicator in var('indicators') %}
{{ indicator.id | lower }}_numerator as (
    select
        level,
        organisation_code,
        period_month,
        {{ indicator.numerator.counting }} as counted
    from ({{ rows_behind(indicator.numerator) }}) as behind
    group by level, organisation_code, period_month
),

{{ indicator.id | lower }}_denominator as (
    select
        level,
        organisation_code,
        period_month,
        {{ indicator.denominator.counting }} as counted
    from ({{ rows_behind(indicator.denominator) }}) as behind
    group by level, organisation_code, period_month
),
{% endfor %}

counted as (
    {% for indicator in var('indicators') %}
    select
        '{{ indicator.id }}' as indicator,
        coalesce(n.level, d.level) as level,
        coalesce(n.organisation_code, d.organisation_code) as organisation_code,
        coalesce(n.period_month, d.period_month) as period_month,
        coalesce(n.counted, 0) as numerator,
        coalesce(d.counted, 0) as denominator
    from {{ indicator.id | lower }}_numerator as n
    full outer join {{ indicator.id | lower }}_denominator as d
        on
            n.organisation_code = d.organisation_code
            and n.period_month = d.period_month
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    indicator,
    level,
    organisation_code,
    period_month,
    cast(numerator as bigint) as numerator,
    cast(denominator as bigint) as denominator,
    cast(round(100.0 * numerator / nullif(denominator, 0), 2) as decimal(18, 2)) as value
from counted
