-- The facts of all days and the mart have the same counts and revenue.
with facts as (
    select
        sum(impressions)::numeric as impressions,
        sum(clicks)::numeric as clicks,
        sum(revenue) as revenue
    from (
        select 1 as impressions, 0 as clicks, revenue from {{ source('ad', 'ad_impression') }}
        union all
        select 0, 1, revenue from {{ source('ad', 'ad_click') }}
    ) as events
),

mart as (
    select sum(impression_count)::numeric as impressions, sum(click_count)::numeric as clicks, sum(revenue_sum) as revenue
    from {{ ref('m1_d_ad_mart_metrics') }}
)

select * from facts
except
select * from mart
