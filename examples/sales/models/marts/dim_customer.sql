-- Type 2: a row for each period in which a customer did not change. It is rebuilt from all files, so a late file takes effect from its own date.
with compared as (
    select
        *,
        (name, city, country) is distinct from lag((name, city, country)) over by_customer as is_change
    from {{ ref('stg_customers') }}
    window by_customer as (partition by customer_id order by delivered)
),

periods as (
    select
        *,
        row_number() over by_customer as version,
        lead(delivered) over by_customer as next_change
    from compared
    where is_change
    window by_customer as (partition by customer_id order by delivered)
)

select
    customer_id || '@' || delivered as customer_key,
    customer_id,
    name,
    city,
    country,
    -- a sale may be older than the first file that has its customer
    case when version = 1 then '-infinity' else delivered end as valid_from,
    coalesce(next_change, 'infinity') as valid_to,
    next_change is null as is_current
from periods
union all
-- sales without a customer, or with one who is in no file
select 'unknown', null, 'unknown', null, 'unknown', '-infinity', 'infinity', true
