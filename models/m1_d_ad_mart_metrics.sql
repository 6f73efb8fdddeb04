{{ config(
    materialized='incremental',
    incremental_strategy='partition_overwrite',
    dirty=true,
    horizon=var('horizon_days'),
    restate=[
        "select data_at from {{ this }} join {{ ref('unit') }} as unit on unit.id = unit_id where m1_d_ad_mart_metrics.unit_type = 'UNKNOWN'",
        "select data_at from {{ this }} join {{ ref('ad_lineitem') }} as lineitem on lineitem.id = lineitem_id where m1_d_ad_mart_metrics.revenue_type = 'UNKNOWN'"
    ],
    partition_by={'field': 'data_at', 'granularity': 'day', 'time_zone': 'Asia/Seoul'},
    indexes=[
        {'columns': ['data_at', 'lineitem_id', 'unit_id'], 'unique': true},
        {'columns': ['data_at'], 'where': "unit_type = 'UNKNOWN' or revenue_type = 'UNKNOWN'"}
    ]
) }}

with events as (
    select lineitem_id, unit_id, revenue, created_at, 1 as impressions, 0 as clicks
    from {{ arrived('ad_impression') }}
    where {{ in_partitions('created_at') }}
    union all
    select lineitem_id, unit_id, revenue, created_at, 0 as impressions, 1 as clicks
    from {{ arrived('ad_click') }}
    where {{ in_partitions('created_at') }}
),

-- one row per KST day, line item and unit, whichever kind of event it came from
daily as (
    select
        (created_at at time zone 'UTC' at time zone 'Asia/Seoul')::date as data_at,
        lineitem_id,
        unit_id,
        sum(impressions) as impression_count,
        sum(clicks) as click_count,
        sum(revenue) as revenue_sum
    from events
    group by 1, 2, 3
)

-- a fact whose dimension has not arrived yet stays in the mart, as UNKNOWN
select
    daily.lineitem_id,
    coalesce(ad_lineitem.revenue_type, 'UNKNOWN') as revenue_type,
    coalesce(unit.unit_type, 'UNKNOWN') as unit_type,
    daily.unit_id,
    daily.data_at,
    daily.impression_count,
    daily.click_count,
    daily.revenue_sum,
    timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as created_at,
    timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as updated_at
from daily
left join {{ ref('ad_lineitem') }} as ad_lineitem on ad_lineitem.id = daily.lineitem_id
left join {{ ref('unit') }} as unit on unit.id = daily.unit_id
