-- Campaigns as they are, deleted ones as they were last.
with campaigns as (
    select distinct on (id) *
    from {{ ref('campaign_history') }}
    order by id, dbt_valid_from desc
),

advertisers as (
    select distinct on (id) id, name
    from {{ ref('advertiser_history') }}
    order by id, dbt_valid_from desc
)

select
    campaigns.id as campaign_id,
    campaigns.name as campaign,
    campaigns.advertiser_id,
    advertisers.name as advertiser,
    campaigns.pricing,
    campaigns.daily_budget,
    campaigns.dbt_valid_to is not null as is_deleted
from campaigns
join advertisers on advertisers.id = campaigns.advertiser_id
