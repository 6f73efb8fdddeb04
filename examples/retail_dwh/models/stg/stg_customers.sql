select
    id as customer_id,
    {{ clean_text('name') }} as name,
    lower({{ clean_text('email') }}) as email,
    {{ clean_text('city') }} as city,
    rsdbt_deleted_at is not null as is_deleted
from {{ source('shop', 'customers') }}
