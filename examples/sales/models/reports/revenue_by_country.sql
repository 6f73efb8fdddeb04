-- Where customers lived when they bought, by month.
select
    dates.month,
    customers.country,
    count(distinct customers.customer_id) as customers,
    sum(sales.revenue)::numeric(14, 2) as revenue
from {{ ref('fact_sales') }} as sales
join {{ ref('dim_date') }} as dates on dates.day = sales.sold_on
join {{ ref('dim_customer') }} as customers using (customer_key)
where sales.status = 'sold'
group by dates.month, customers.country
