-- What is sold on each day, and in its month so far. A day without sales is a day with none.
with by_day as (
    select sold_on as day, count(distinct order_id) as orders, sum(revenue) as revenue
    from {{ ref('fact_sales') }}
    where status = 'sold'
    group by sold_on
)

select
    dates.day,
    dates.is_open,
    coalesce(by_day.orders, 0) as orders,
    coalesce(by_day.revenue, 0)::numeric(14, 2) as revenue,
    sum(coalesce(by_day.revenue, 0)) over (partition by dates.month order by dates.day)::numeric(14, 2) as revenue_of_month
from {{ ref('dim_date') }} as dates
left join by_day using (day)
where dates.day between (select min(day) from by_day) and (select max(day) from by_day)
