-- Every impression, and every click that is not voided, is in the mart once as its campaign's and once as its advertiser's.
with happened as (
    select count(*) as events, sum(cost) as cost
    from (
        select cost from {{ source('events', 'impressions') }}
        union all
        select cost
        from {{ source('events', 'clicks') }} as clicks
        where not exists (select from {{ source('events', 'voided') }} as voided where voided.click_id = clicks.id)
    ) as events
)

select counted.level, counted.events, happened.events as expected
from happened
cross join (
    select campaign_id = 0 as level, sum(impressions + clicks) as events, sum(spend) as cost
    from {{ ref('kpi_days') }}
    group by 1
) as counted
where (counted.events, counted.cost) is distinct from (happened.events, happened.cost)
