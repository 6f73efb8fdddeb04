-- What comes back, and what is sold below the price of the list.
select
    products.category,
    coalesce(sum(sales.quantity) filter (where sales.status = 'sold'), 0) as sold,
    coalesce(sum(sales.quantity) filter (where sales.status = 'returned'), 0) as returned,
    round(coalesce(sum(sales.quantity) filter (where sales.status = 'returned'), 0)::numeric / sum(sales.quantity), 4) as return_rate,
    count(*) filter (where sales.status = 'sold' and sales.unit_price < products.list_price) as below_list_price
from {{ ref('fact_sales') }} as sales
join {{ ref('dim_product') }} as products using (product_id)
where sales.status <> 'cancelled'
group by products.category
