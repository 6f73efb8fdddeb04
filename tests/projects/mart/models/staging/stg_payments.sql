{{ config(materialized='incremental', unique_key='id', tags=['heavy']) }}
select * from {{ source('shop', 'payments') }}
{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
