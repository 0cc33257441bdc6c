-- A total that is less than what its items add up to. More may be right: an item may be in
-- quarantine. Where an item contradicts itself, that is its own fault (amount_matches).
with items as (
    select
        _institution, settlement_no, sum(amount_yuan) as items_yuan,
        max(
            case
                when amount_yuan is null then 1
                when
                    abs(amount_yuan - round(cast(quantity as decimal(19, 4)) * unit_price_yuan, 2))
                    > 0.01 then 1
                else 0
            end
        ) as doubtful
    from charge_detail
    where settlement_no is not null
    group by _institution, settlement_no
)

select
    whole._institution, whole._feed, whole._source_key, whole._batch_id,
    cast(whole.total_yuan as string) as value
from settlement as whole
inner join items on whole._institution = items._institution and whole.settlement_no = items.settlement_no
where items.doubtful = 0 and items.items_yuan - whole.total_yuan > 0.01
