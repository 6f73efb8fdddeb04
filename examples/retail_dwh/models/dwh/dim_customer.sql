-- Type 1. Orders of nobody, and of customers whose row is not there yet, belong to customer 0.
select customer_id, coalesce(name, 'unknown') as name, email, city, is_deleted
from {{ ref('stg_customers') }}
union all
select 0, 'unknown', null, null, false
