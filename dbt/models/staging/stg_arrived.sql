-- Every record that the lake holds: in silver, in quarantine, or in both (its newest version did
-- not pass, an older one had). The batch id is the store's clock in UTC.
{{ config(materialized='table') }}

select
    institution_code,
    feed,
    dataset,
    source_key,
    bool_or(is_quarantined) as is_quarantined,
    max(event_date) as event_date,
    cast(timezone('Asia/Shanghai', timezone('UTC', try_strptime(substr(max(batch_id), 2, 14), '%Y%m%d%H%M%S'))) as date)
        as arrived_date
from {{ source('quality', 'records') }}
group by institution_code, feed, dataset, source_key
