{{ config(materialized='incremental', unique_key='id', on_schema_change='sync_all_columns') }}
select id, {{ "amount::bigint as amount, price" if is_incremental() else "amount, name" }} from {{ ref('raw') }}
