select id from {{ ref('int_customers_geo') }}
