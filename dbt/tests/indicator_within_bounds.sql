-- A share of a counted group never exceeds it. (F1, F2, F4 and F5 divide by a population figure
-- that somebody set, and may.)
select
    indicator,
    organisation_code,
    period_month
from {{ ref('rpt_indicator') }}
where indicator in ('F3', 'F6', 'F7', 'F8', 'F9') and numerator > denominator
