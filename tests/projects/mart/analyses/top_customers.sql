select * from {{ ref('margins') }}
