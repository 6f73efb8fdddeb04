select o.* from {{ ref('stg_orders') }} o join {{ ref('stg_payments') }} p using (id)
