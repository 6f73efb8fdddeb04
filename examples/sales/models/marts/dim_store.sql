select store_id, name, city, country
from {{ ref('stores') }}
