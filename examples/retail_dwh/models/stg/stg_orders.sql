-- Every order, and what is wrong with it.
{{ config(materialized='incremental', unique_key='order_id') }}

select
    id as order_id,
    upper({{ clean_text('number') }}) as number,
    customer_id,
    ordered_at,
    lower({{ clean_text('status') }}) as status,
    note,
    case
        when ordered_at is null then 'no date'
        when lower({{ clean_text('status') }}) in ('paid', 'shipped', 'returned', 'cancelled') then null
        else 'unknown status'
    end as error,
    updated_at
from {{ source('shop', 'orders') }}
{% if is_incremental() %}
-- as far back as the mirror is loaded again
where updated_at >= {{ high_water('updated_at') }} - interval '6 hours'
{% endif %}
