{# Each column holds only its codes (or nothing). One pass over the relation, however many columns:
   a test a column would cost a scan each. #}
{% test accepted_codes(model, codes) %}
    select
        _institution,
        _feed,
        _source_key
    from {{ model }}
    where
        {% for column, known in codes.items() %}
            {{ column }} not in ('{{ known | join("', '") }}')
            {% if not loop.last %}or{% endif %}
        {% endfor %}
{% endtest %}
