{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge', merge_update_columns=['amount']) }}
select id, name, amount from {{ ref('raw') }}
