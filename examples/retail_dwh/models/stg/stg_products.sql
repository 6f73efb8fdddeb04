-- Snapshots keep time without a zone, so it is that of UTC.
select
    id as product_id,
    {{ clean_text('name') }} as name,
    coalesce(initcap({{ clean_text('category') }}), 'Unknown') as category,
    list_price,
    updated_at at time zone 'UTC' as updated_at
from {{ source('shop', 'products') }}
