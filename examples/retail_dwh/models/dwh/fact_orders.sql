-- A row for each line of an order, with the product as it was when it was ordered.
select
    lines.line_id,
    lines.order_id,
    lines.line_no,
    lines.number,
    (lines.ordered_at at time zone 'Europe/Berlin')::date as ordered_on,
    coalesce(customers.customer_id, 0) as customer_id,
    lines.product_key,
    lines.status,
    lines.quantity,
    lines.unit_price,
    case when lines.status in ('paid', 'shipped') then lines.quantity * lines.unit_price else 0 end as revenue,
    lines.quantity * (lines.list_price - lines.unit_price) as discount
from {{ ref('checked_lines') }} as lines
left join {{ ref('dim_customer') }} as customers using (customer_id)
where lines.error is null
