{{ config(materialized='materialized_view', indexes=[{'columns': ['id'], 'unique': true}]) }}
select id, amount from {{ ref('as_table') }}
