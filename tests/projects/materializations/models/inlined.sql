{{ config(materialized='ephemeral') }}
select id, amount from {{ ref('raw') }} where amount > 10
