{{ config(materialized='table') }}
select id, happened_at, name from {{ ref('raw') }}
