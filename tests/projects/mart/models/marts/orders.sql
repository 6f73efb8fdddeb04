select * from {{ ref('int_orders_paid') }} join {{ ref('toolkit', 'calendar') }} on true
