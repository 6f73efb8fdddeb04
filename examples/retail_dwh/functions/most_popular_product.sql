-- Names without the database: a backup may be restored under another name.
select products.name
from {{ ref('fact_orders').include(database=false) }} as facts
join {{ ref('dim_date').include(database=false) }} as dates on dates.day = facts.ordered_on
join {{ ref('dim_product').include(database=false) }} as sold using (product_key)
join {{ ref('dim_product').include(database=false) }} as products on products.product_id = sold.product_id and products.is_current
where dates.year = of_year and facts.status in ('paid', 'shipped')
group by products.product_id, products.name
order by sum(facts.quantity) desc, products.product_id
limit 1
