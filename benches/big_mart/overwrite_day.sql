-- psql -v day=2024-02-15: the day's rows are replaced by what the facts give for it now, in one transaction. The statement that
-- reads the facts remembers their fingerprint: a fact that arrives meanwhile is found by the next run.
begin;
select pg_advisory_xact_lock(hashtextextended('overwrite m1_d_ad_mart_metrics', 0));
delete from mart.m1_d_ad_mart_metrics where data_at = :'day';
with prints as (
    select 'source.ad_mart.ad.ad_impression' as input, count(*) as row_count, sum(hashint8extended(hash, hash)) + hashtextextended('day Asia/Seoul "user_id","lineitem_id","unit_id","revenue","created_at"', 0) as checksum
    from (
        select coalesce(hashtextextended(user_id collate "C", 1), hashint4extended(1, 0))
            # coalesce(hashint8extended(lineitem_id, lineitem_id # 2), hashint4extended(2, 0))
            # coalesce(hashint8extended(unit_id, unit_id # 3), hashint4extended(3, 0))
            # coalesce(nullif(hash_numeric_extended(revenue, case when revenue < 0 then -4 else 4 end), 4),
                hashtextextended(revenue::text collate "C", 4), hashint4extended(4, 0))
            # coalesce(timestamp_hash_extended(created_at, 5), hashint4extended(5, 0)) as hash
        from arriving.ad_impression
        where created_at >= :'day'::timestamp - interval '9 hours' and created_at < :'day'::timestamp + interval '15 hours'
        offset '0'
    ) as hashed
    union all
    select 'source.ad_mart.ad.ad_click' as input, count(*) as row_count, sum(hashint8extended(hash, hash)) + hashtextextended('day Asia/Seoul "user_id","lineitem_id","unit_id","revenue","created_at"', 0) as checksum
    from (
        select coalesce(hashtextextended(user_id collate "C", 1), hashint4extended(1, 0))
            # coalesce(hashint8extended(lineitem_id, lineitem_id # 2), hashint4extended(2, 0))
            # coalesce(hashint8extended(unit_id, unit_id # 3), hashint4extended(3, 0))
            # coalesce(nullif(hash_numeric_extended(revenue, case when revenue < 0 then -4 else 4 end), 4),
                hashtextextended(revenue::text collate "C", 4), hashint4extended(4, 0))
            # coalesce(timestamp_hash_extended(created_at, 5), hashint4extended(5, 0)) as hash
        from arriving.ad_click
        where created_at >= :'day'::timestamp - interval '9 hours' and created_at < :'day'::timestamp + interval '15 hours'
        offset '0'
    ) as hashed
),
remembered as (
    insert into rsdbt.periods (relation, input, period, row_count, checksum)
    select 'mart.m1_d_ad_mart_metrics'::regclass, input, :'day'::timestamp, row_count, checksum from prints
    on conflict (relation, input, period) do update set row_count = excluded.row_count, checksum = excluded.checksum
)
insert into mart.m1_d_ad_mart_metrics (
    lineitem_id, revenue_type, unit_type, unit_id, data_at, impression_count, click_count, revenue_sum, created_at, updated_at
)
select
    daily.lineitem_id, coalesce(revenue_type, 'UNKNOWN'), coalesce(unit_type, 'UNKNOWN'), daily.unit_id, :'day'::date,
    impression_count, click_count, revenue_sum, localtimestamp(0), localtimestamp(0)
from (
    select lineitem_id, unit_id, sum(impressions) as impression_count, sum(clicks) as click_count, sum(revenue) as revenue_sum
    from (
        select lineitem_id, unit_id, revenue, 1 as impressions, 0 as clicks
        from arriving.ad_impression
        where created_at >= :'day'::timestamp - interval '9 hours' and created_at < :'day'::timestamp + interval '15 hours'
        union all
        select lineitem_id, unit_id, revenue, 0, 1
        from arriving.ad_click
        where created_at >= :'day'::timestamp - interval '9 hours' and created_at < :'day'::timestamp + interval '15 hours'
    ) as events
    group by lineitem_id, unit_id
) as daily
left join mart.ad_lineitem on ad_lineitem.id = daily.lineitem_id
left join mart.unit on unit.id = daily.unit_id;
-- the rows as they were written: a table that is truncated or restored later is found out by them
insert into rsdbt.periods (relation, input, period, row_count, checksum)
select 'mart.m1_d_ad_mart_metrics'::regclass, 'own rows', :'day'::timestamp, count(*), sum(hashint8extended(hash, hash))
from (
    select coalesce(hashint8extended(lineitem_id, lineitem_id # 1), 0) # coalesce(hashtextextended(revenue_type collate "C", 2), 0)
        # coalesce(hashtextextended(unit_type collate "C", 3), 0) # coalesce(hashint8extended(unit_id, unit_id # 4), 0)
        # coalesce(hashtextextended(data_at::text collate "C", 5), 0) # coalesce(hashint8extended(impression_count, impression_count # 6), 0)
        # coalesce(hashint8extended(click_count, click_count # 7), 0)
        # coalesce(nullif(hash_numeric_extended(revenue_sum, case when revenue_sum < 0 then -8 else 8 end), 8), hashtextextended(revenue_sum::text collate "C", 8), 0)
        # coalesce(timestamp_hash_extended(created_at, 9), 0) # coalesce(timestamp_hash_extended(updated_at, 10), 0) as hash
    from mart.m1_d_ad_mart_metrics
    where data_at = :'day'
    offset '0'
) as hashed
on conflict (relation, input, period) do update set row_count = excluded.row_count, checksum = excluded.checksum;
commit;
