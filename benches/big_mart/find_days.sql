-- The days whose facts are not those of the remembered fingerprints, and those with a dimension that was unknown.
-- Seoul has had one offset since 1988: a day is a bin. Behind `offset '0'` the planner hashes instead of sorting.
with found as (
    select 'source.ad_mart.ad.ad_impression' as input, period, count(*) as row_count, sum(hashint8extended(hash, hash)) + hashtextextended('day Asia/Seoul "user_id","lineitem_id","unit_id","revenue","created_at"', 0) as checksum
    from (
        select
            date_bin('1 day', created_at, '2000-01-01 15:00') + interval '9 hours' as period,
            coalesce(hashtextextended(user_id collate "C", 1), hashint4extended(1, 0))
            # coalesce(hashint8extended(lineitem_id, lineitem_id # 2), hashint4extended(2, 0))
            # coalesce(hashint8extended(unit_id, unit_id # 3), hashint4extended(3, 0))
            # coalesce(nullif(hash_numeric_extended(revenue, case when revenue < 0 then -4 else 4 end), 4),
                hashtextextended(revenue::text collate "C", 4), hashint4extended(4, 0))
            # coalesce(timestamp_hash_extended(created_at, 5), hashint4extended(5, 0)) as hash
        from arriving.ad_impression
        where created_at >= '2023-12-31 15:00'
        offset '0'
    ) as hashed
    group by period
    union all
    select 'source.ad_mart.ad.ad_click', period, count(*), sum(hashint8extended(hash, hash)) + hashtextextended('day Asia/Seoul "user_id","lineitem_id","unit_id","revenue","created_at"', 0)
    from (
        select
            date_bin('1 day', created_at, '2000-01-01 15:00') + interval '9 hours' as period,
            coalesce(hashtextextended(user_id collate "C", 1), hashint4extended(1, 0))
            # coalesce(hashint8extended(lineitem_id, lineitem_id # 2), hashint4extended(2, 0))
            # coalesce(hashint8extended(unit_id, unit_id # 3), hashint4extended(3, 0))
            # coalesce(nullif(hash_numeric_extended(revenue, case when revenue < 0 then -4 else 4 end), 4),
                hashtextextended(revenue::text collate "C", 4), hashint4extended(4, 0))
            # coalesce(timestamp_hash_extended(created_at, 5), hashint4extended(5, 0)) as hash
        from arriving.ad_click
        where created_at >= '2023-12-31 15:00'
        offset '0'
    ) as hashed
    group by period
)
select coalesce(found.period, known.period)::date
from found
full join (
    select * from rsdbt.periods
    where relation = 'mart.m1_d_ad_mart_metrics'::regclass and input <> 'own rows' and period >= '2024-01-01'
) as known using (input, period)
where found.row_count is distinct from known.row_count or found.checksum is distinct from known.checksum
union
select data_at from mart.m1_d_ad_mart_metrics join mart.unit on unit.id = unit_id where m1_d_ad_mart_metrics.unit_type = 'UNKNOWN'
union
select data_at from mart.m1_d_ad_mart_metrics join mart.ad_lineitem on ad_lineitem.id = lineitem_id
where m1_d_ad_mart_metrics.revenue_type = 'UNKNOWN'
order by 1;
