select * from {{ ref('revenue') }} cross join {{ ref('dim_customers') }} cross join {{ ref('rates') }} join {{ ref('dim_customers', v=1) }} on true
