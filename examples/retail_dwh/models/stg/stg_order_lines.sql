-- Every line as a till wrote it, with what can be read of it.
select
    id as line_id,
    order_id,
    line_no,
    product_id,
    quantity as quantity_text,
    unit_price as price_text,
    nullif({{ clean_quantity('quantity') }}, 0) as quantity,
    {{ clean_price('unit_price') }} as unit_price
from {{ source('shop', 'order_lines') }}
