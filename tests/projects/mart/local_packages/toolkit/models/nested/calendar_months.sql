select {{ double('day') }} as month from {{ ref('calendar') }}
