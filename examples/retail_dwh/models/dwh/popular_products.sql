{{ config(materialized='view') }}

select years.year, {{ function('most_popular_product') }}(years.year) as product
from (select distinct year from {{ ref('dim_date') }}) as years
