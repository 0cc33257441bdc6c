-- What each form lacks, by the groups and items that expectations/completeness.csv declares: one row
-- a record of a form's dataset. Lists of items are made column by column, never row by row.
-- depends_on: {{ ref('stg_resident_record') }}
{{ form_completeness() }}
