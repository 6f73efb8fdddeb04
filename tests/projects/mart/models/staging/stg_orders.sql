select id, customer_id, status, {{ cents('amount') }} as amount from {{ source('shop', 'orders') }}
