-- Every line with its order and the version of its product, or with the reason why it cannot be a fact.
{{ config(materialized='view') }}

with found as (
    select
        lines.*,
        orders.number,
        orders.customer_id,
        orders.ordered_at,
        orders.status,
        products.product_key,
        products.list_price,
        case
            when lines.quantity is null then 'no quantity'
            when lines.unit_price is null then 'no price'
            when orders.order_id is null then 'no order'
            when orders.error is not null then 'order: ' || orders.error
            when products.product_key is null then 'unknown product'
        end as mistake
    from {{ ref('order_lines') }} as lines
    left join {{ ref('orders') }} as orders using (order_id)
    left join {{ ref('dim_product') }} as products
        on products.product_id = lines.product_id
        and orders.ordered_at >= products.valid_from
        and orders.ordered_at < products.valid_to
)

select
    *,
    coalesce(mistake, case when row_number() over (partition by order_id, line_no order by mistake is not null, line_id) > 1 then 'duplicate' end) as error
from found
