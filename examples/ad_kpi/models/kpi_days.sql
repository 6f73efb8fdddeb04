-- A row for each day in Berlin, advertiser and campaign, and one for all campaigns of the advertiser (0): users who saw two of them count once.
{{ config(
    materialized='incremental',
    incremental_strategy='partition_overwrite',
    partition_by={'field': 'day', 'granularity': 'day', 'time_zone': 'Europe/Berlin'},
    partitioned=true,
    dirty=true,
    restate="select day from {{ this }} as days join {{ ref('campaigns') }} as campaigns using (campaign_id) where days.advertiser_id = 0",
    indexes=[{'columns': ['day', 'advertiser_id', 'campaign_id'], 'unique': true}]
) }}

with events as (
    select campaign_id, at, user_id, cost, 1 as impressions, 0 as clicks
    from {{ source('events', 'impressions') }}
    where {{ in_partitions('at') }}
    union all
    select campaign_id, at, null, cost, 0, 1
    from {{ source('events', 'clicks') }}
    where {{ in_partitions('at') }}
        and id not in (select click_id from {{ source('events', 'voided') }} where {{ in_partitions('clicked_at') }})
),

-- an event may be there before its campaign: its advertiser is 0 until then
known as (
    select
        (events.at at time zone 'Europe/Berlin')::date as day,
        coalesce(campaigns.advertiser_id, 0) as advertiser_id,
        events.*
    from events
    left join {{ ref('campaigns') }} as campaigns using (campaign_id)
)

select
    day,
    advertiser_id,
    coalesce(campaign_id, 0) as campaign_id,
    sum(impressions) as impressions,
    sum(clicks) as clicks,
    count(distinct user_id) as users,
    sum(cost) as spend,
    timestamptz '{{ run_started_at }}' as built_at
from known
group by grouping sets ((day, advertiser_id, campaign_id), (day, advertiser_id))
