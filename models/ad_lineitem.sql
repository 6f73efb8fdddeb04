{{ config(
    materialized='incremental',
    incremental_strategy='merge_upsert',
    unique_key='id',
    updated_at='updated_at',
    consume=true
) }}

select id, revenue_type, created_at, updated_at
from {{ arrived('ad_lineitem_staging') }}
