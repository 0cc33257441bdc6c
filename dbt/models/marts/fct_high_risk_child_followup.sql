-- Special follow-ups of high-risk children: what makes the management of a case effective.
select
    f.institution_code || '|' || f.followup_no as followup_id,
    f.institution_code,
    f.institution_code || '|' || f.high_risk_child_no as high_risk_child_id,
    f.followup_date,
    c.registered_date,
    c.closed_date
from {{ silver('high_risk_child_followup') }} as f
inner join {{ ref('fct_high_risk_child') }} as c
    on f.institution_code || '|' || f.high_risk_child_no = c.high_risk_child_id
