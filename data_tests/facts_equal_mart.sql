-- For every day in Seoul the facts and the mart agree on counts and revenue: no fact is lost or counted twice. A fact without a
-- time belongs to no day.
with facts as (
    select
        (created_at at time zone 'UTC' at time zone 'Asia/Seoul')::date as data_at,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(revenue) as revenue
    from (
        select created_at, revenue, 1 as impressions, 0 as clicks from {{ arrived('ad_impression') }}
        union all
        select created_at, revenue, 0, 1 from {{ arrived('ad_click') }}
    ) as events
    where created_at is not null
    group by 1
),

mart as (
    select data_at, sum(impression_count) as impressions, sum(click_count) as clicks, sum(revenue_sum) as revenue
    from {{ ref('m1_d_ad_mart_metrics') }}
    group by 1
)

select data_at, facts.impressions, mart.impressions as in_mart, facts.revenue, mart.revenue as revenue_in_mart
from facts
full join mart using (data_at)
where (facts.impressions, facts.clicks, facts.revenue) is distinct from (mart.impressions, mart.clicks, mart.revenue)
