select id, country, 1 as extra from {{ ref('int_customers_geo') }}
