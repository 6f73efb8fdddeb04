{{ config(materialized='view') }}

select
    dates.year,
    dates.month,
    count(distinct facts.order_id) filter (where facts.revenue > 0) as orders,
    coalesce(sum(facts.revenue), 0) as revenue
from {{ ref('dim_date') }} as dates
left join {{ ref('fact_orders') }} as facts on facts.ordered_on = dates.day
group by dates.year, dates.month
