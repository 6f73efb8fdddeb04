{{ config(severity='warn', tags=['critical']) }}
select * from {{ ref('orders') }} where amount < 0
