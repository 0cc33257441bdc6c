select
    r.region_code,
    r.name as region_name,
    r.level as region_level_code,
    l.name_zh as region_level_name,
    r.parent as parent_region_code
from {{ source('standards', 'region') }} as r
left join {{ source('standards', 'code') }} as l
    on r.level = l.code and l.value_domain = 'KH.region_level'
