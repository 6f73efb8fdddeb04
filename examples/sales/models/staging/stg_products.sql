select
    upper({{ clean_text('product_id') }}) as product_id,
    {{ clean_text('name') }} as name,
    initcap({{ clean_text('category') }}) as category,
    list_price
from {{ source('shop', 'products') }}
