-- Customers as each file describes them; a country in a spelling that nobody has seen is unknown.
with cleaned as (
    select
        upper({{ clean_text('customer_id') }}) as customer_id,
        {{ clean_text('name') }} as name,
        {{ clean_text('city') }} as city,
        lower({{ clean_text('country') }}) as spelled,
        delivered
    from {{ source('shop', 'customers') }}
)

-- a customer twice in one file, with other blanks
select distinct on (customer_id, delivered)
    customer_id,
    name,
    city,
    coalesce(country_names.country, 'unknown') as country,
    delivered
from cleaned
left join {{ ref('country_names') }} as country_names using (spelled)
order by customer_id, delivered
