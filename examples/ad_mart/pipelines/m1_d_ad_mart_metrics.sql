with events as (
    select lineitem_id, unit_id, revenue, created_at, 1 as impressions, 0 as clicks
    from {{ source('ad', 'ad_impression') }}
    where {{ in_partitions('created_at') }}
    union all
    select lineitem_id, unit_id, revenue, created_at, 0, 1
    from {{ source('ad', 'ad_click') }}
    where {{ in_partitions('created_at') }}
)

select
    lineitem_id,
    coalesce(ad_lineitem.revenue_type, 'UNKNOWN') as revenue_type,
    coalesce(unit.unit_type, 'UNKNOWN') as unit_type,
    unit_id,
    (events.created_at at time zone 'UTC' at time zone 'Asia/Seoul')::date as data_at,
    sum(impressions) as impression_count,
    sum(clicks) as click_count,
    sum(revenue) as revenue_sum
from events
left join {{ ref('ad_lineitem') }} as ad_lineitem on ad_lineitem.id = lineitem_id
left join {{ ref('unit') }} as unit on unit.id = unit_id
group by 1, 2, 3, 4, 5
