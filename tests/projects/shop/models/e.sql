select id from {{ ref('a') }} join {{ source('raw', 'events') }} using (id)
