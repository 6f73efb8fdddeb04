-- Each line of an order that was loaded is a fact or in quarantine, and the reports have the revenue of the facts.
select order_id || '/' || line as lost
from {{ ref('stg_sales') }}
where (order_id, line) not in (
    select order_id, line from {{ ref('fact_sales') }}
    union all
    select order_id, line from {{ ref('quarantine') }}
)
union all
select 'revenue'
where (select sum(revenue) from {{ ref('fact_sales') }}) is distinct from (select sum(revenue) from {{ ref('revenue_by_day') }})
    or (select sum(revenue) from {{ ref('fact_sales') }}) is distinct from (select sum(revenue) from {{ ref('revenue_by_country') }})
