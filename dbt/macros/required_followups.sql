{# How many follow-ups the norm asks for between two days: one every so many, within 1 and the cap. #}
{% macro required_followups(first_day, last_day) -%}
    greatest(1, least(
        {{ parameter('followup_cap') }},
        floor((date_diff('day', {{ first_day }}, {{ last_day }}) + 1) / {{ parameter('followup_interval_days') }})
    ))
{%- endmacro %}
