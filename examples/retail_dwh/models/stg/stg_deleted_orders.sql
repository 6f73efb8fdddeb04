select order_id, deleted_at
from {{ source('shop', 'deleted_orders') }}
