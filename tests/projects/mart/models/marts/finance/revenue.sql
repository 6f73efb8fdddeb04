{{ config(access='private', contract={'enforced': true}) }}
select 1::int as month, sum(amount) as amount from {{ ref('orders') }} where {{ var('start_date') }} is not null
