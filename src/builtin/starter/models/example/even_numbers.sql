select n
from {{ ref('numbers') }}
where is_even
