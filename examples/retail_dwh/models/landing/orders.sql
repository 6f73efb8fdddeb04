-- Orders that are still there. An order that was entered twice counts once: the first one without a mistake.
select
    order_id,
    number,
    customer_id,
    ordered_at,
    status,
    note,
    coalesce(error, case when row_number() over (partition by number order by error is not null, order_id) > 1 then 'duplicate' end) as error
from {{ ref('stg_orders') }}
where order_id not in (select order_id from {{ ref('stg_deleted_orders') }})
