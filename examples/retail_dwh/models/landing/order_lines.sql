-- Lines as they are in stg: the facts need them beside the dimensions.
select *
from {{ ref('stg_order_lines') }}
