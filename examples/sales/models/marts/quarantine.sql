-- Lines that were loaded and cannot be facts, and why. They become facts when the reason is gone, such as when the product is listed.
select distinct
    sales.order_id,
    sales.line,
    sales.delivered,
    case
        when sales.sold_on is null then 'no date'
        when sales.unit_price is null then 'no price'
        when sales.quantity <= 0 then 'no quantity'
        else 'unknown product'
    end as reason
from {{ ref('stg_sales') }} as sales
left join {{ ref('dim_product') }} as products using (product_id)
where sales.sold_on is null or sales.unit_price is null or sales.quantity <= 0 or products.product_id is null
