{{ config(materialized='incremental', unique_key=['id', 'day']) }}
select id, day, name, amount from {{ ref('raw') }}
