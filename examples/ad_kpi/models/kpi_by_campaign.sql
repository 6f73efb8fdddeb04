{{ config(materialized='view') }}

select
    days.day,
    days.advertiser_id,
    days.campaign_id,
    coalesce(campaigns.campaign, 'unknown') as campaign,
    coalesce(campaigns.is_deleted, false) as is_deleted,
    days.impressions,
    days.clicks,
    days.users,
    days.spend,
    round(days.clicks::numeric / nullif(days.impressions, 0), 6) as ctr,
    round(days.spend / nullif(days.clicks, 0), 6) as cpc,
    -- a campaign that has spent more than it may in a day
    coalesce(days.spend > campaigns.daily_budget, false) as is_over_budget
from {{ ref('kpi_days') }} as days
left join {{ ref('campaigns') }} as campaigns using (campaign_id)
where days.campaign_id <> 0
