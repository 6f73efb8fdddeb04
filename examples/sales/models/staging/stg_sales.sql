-- Every line that was loaded, with what can be read of it. A line without a status is a sale.
select
    upper({{ clean_text('order_id') }}) as order_id,
    line,
    upper({{ clean_text('customer') }}) as customer_id,
    upper({{ clean_text('product') }}) as product_id,
    upper({{ clean_text('store') }}) as store_id,
    quantity,
    {{ clean_number('price') }} as unit_price,
    {{ clean_date('sold_on') }} as sold_on,
    coalesce(lower({{ clean_text('status') }}), 'sold') as status,
    delivered
from {{ source('shop', 'sales') }}
