{{ config(materialized='table') }}
select (price * amount)::numeric(10, 2) as total, id from {{ ref('raw') }}
