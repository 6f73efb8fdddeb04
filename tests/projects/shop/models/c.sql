select id from {{ ref('b') }} join {{ ref('a.b') }} using (id)
