select c.*, n.name as country from {{ ref('stg_customers') }} c join {{ ref('countries') }} n on true
