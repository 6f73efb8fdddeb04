{{ config(materialized='table') }}

select n, n % 2 = 0 as is_even
from generate_series(1, 10) as n
