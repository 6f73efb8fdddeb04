-- Rows of the shop that are no facts, and why. A row that is repaired there leaves this table.
select 'orders' as table_name, order_id as row_id, error as reason, jsonb_build_object('number', number, 'ordered_at', ordered_at, 'status', status, 'note', note) as raw
from {{ ref('orders') }}
where error is not null
union all
select 'order_lines', line_id, error, jsonb_build_object('order_id', order_id, 'product_id', product_id, 'quantity', quantity_text, 'unit_price', price_text)
from {{ ref('checked_lines') }}
where error is not null
