-- Type 2: what each product was, and when. Before its first version it is what it is in it.
select
    product_id || '.' || row_number() over versions as product_key,
    product_id,
    name,
    category,
    list_price,
    case when row_number() over versions = 1 then '-infinity' else updated_at at time zone 'UTC' end as valid_from,
    coalesce(lead(updated_at) over versions at time zone 'UTC', 'infinity') as valid_to,
    lead(updated_at) over versions is null as is_current,
    last_value(dbt_valid_to) over (versions rows between unbounded preceding and unbounded following) is null as is_listed
from {{ ref('product_history') }}
window versions as (partition by product_id order by updated_at)
