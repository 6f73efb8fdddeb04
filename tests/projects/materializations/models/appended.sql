{{ config(materialized='incremental') }}
select id, name from {{ ref('raw') }} {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
