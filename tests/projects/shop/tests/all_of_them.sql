select 1 from {{ ref('a') }}, {{ ref('d') }}, {{ ref('e') }} where false
