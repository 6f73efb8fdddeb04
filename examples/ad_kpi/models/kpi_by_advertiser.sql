{{ config(materialized='view') }}

with advertisers as (
    select distinct advertiser_id, advertiser
    from {{ ref('campaigns') }}
)

select
    days.day,
    days.advertiser_id,
    coalesce(advertisers.advertiser, 'unknown') as advertiser,
    days.impressions,
    days.clicks,
    days.users,
    days.spend,
    round(days.clicks::numeric / nullif(days.impressions, 0), 6) as ctr,
    round(days.spend / nullif(days.clicks, 0), 6) as cpc
from {{ ref('kpi_days') }} as days
left join advertisers using (advertiser_id)
where days.campaign_id = 0
