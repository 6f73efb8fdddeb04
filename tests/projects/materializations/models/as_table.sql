{{ config(materialized='table', indexes=[{'columns': ['id'], 'unique': true}]) }}
select *, price * amount as total from {{ ref('raw') }}
