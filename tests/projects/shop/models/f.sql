select id from {{ ref('d') }} join {{ ref('e') }} using (id) join {{ ref('s') }} using (id)
