{#
  A dataset of silver, one row a key. Two feeds of one institution may deliver the same event
  (its HIS and the document it shares): the first feed by name is kept, its latest batch first.
  Keys are the catalogue's (pipeline/build.py hands them over as the var `keys`).
#}
{% macro silver(dataset) -%}
    (
        select
            _institution as institution_code,
            _feed as feed,
            _source_key as source_key,
            _batch_id as batch_id,
            * exclude (_institution, _feed, _source_key, _batch_id, _row_hash)
        from {{ source('silver', dataset) }}
        qualify
            row_number() over (
                partition by _institution, {{ var('keys')[dataset] | join(', ') }}
                order by _feed, _batch_id desc, _source_key
            ) = 1
    )
{%- endmacro %}
