select id, country from {{ ref('int_customers_geo') }}
