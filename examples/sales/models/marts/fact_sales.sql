-- Each line of an order as it was delivered last, whichever file arrived last. A line that is in quarantine replaces nothing.
with latest as (
    select distinct on (sales.order_id, sales.line) sales.*
    from {{ ref('stg_sales') }} as sales
    join {{ ref('dim_product') }} as products using (product_id)
    where sales.sold_on is not null and sales.unit_price is not null and sales.quantity > 0
    order by sales.order_id, sales.line, sales.delivered desc
)

select
    latest.order_id,
    latest.line,
    latest.sold_on,
    coalesce(customers.customer_key, 'unknown') as customer_key,
    latest.product_id,
    latest.store_id,
    latest.status,
    latest.quantity,
    latest.unit_price,
    case when latest.status = 'sold' then latest.quantity * latest.unit_price else 0 end as revenue,
    latest.delivered
from latest
left join {{ ref('dim_customer') }} as customers
    on customers.customer_id = latest.customer_id and latest.sold_on >= customers.valid_from and latest.sold_on < customers.valid_to
