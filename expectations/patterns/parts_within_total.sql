-- A total that is less than what its items add up to. More may be right: an item may be in
-- quarantine. Where an item contradicts itself, that is its own fault (amount_matches).
with items as (
    select
        _institution, {number}, sum(amount_yuan) as items_yuan,
        max(
            case
                when amount_yuan is null then 1
                when
                    abs(amount_yuan - round(cast(quantity as decimal(19, 4)) * unit_price_yuan, 2))
                    > 0.01 then 1
                else 0
            end
        ) as doubtful
    from {part}
    where {number} is not null
    group by _institution, {number}
)

select
    whole._institution, whole._feed, whole._source_key, whole._batch_id,
    cast(whole.{column} as string) as value
from {dataset} as whole
inner join items on whole._institution = items._institution and whole.{number} = items.{number}
where items.doubtful = 0 and items.items_yuan - whole.{column} > 0.01
