{{ config(materialized='table') }}
with here as (select * from {{ ref('inlined') }}) select count(*) as n, sum(amount) as amount from here
