-- Type 1: as the product was listed last.
select distinct on (product_id)
    product_id,
    name,
    category,
    list_price,
    dbt_valid_to is null as is_listed
from {{ ref('product_history') }}
order by product_id, dbt_valid_from desc
