-- The latest row per key, applied when it is not older than what is known; exactly the applied rows leave the log.
-- The lock keeps two runs from meeting each other's rows; a row without a key stops everything, by the check below.
begin;
select pg_advisory_xact_lock(hashtextextended('merge ad_lineitem', 0));
with taken as (
    delete from arriving.ad_lineitem_staging
    returning id, revenue_type, created_at, updated_at
)
insert into mart.ad_lineitem as known (id, revenue_type, created_at, updated_at)
select distinct on (id) id, revenue_type, created_at, updated_at
from taken
order by id, updated_at desc nulls last
on conflict (id) do update set
    revenue_type = excluded.revenue_type, created_at = excluded.created_at, updated_at = excluded.updated_at
where known.updated_at is null or excluded.updated_at >= known.updated_at;
-- fails when there is one
select 1 / (1 - count(*)) from (select from mart.ad_lineitem where id is null limit 1) as without_key;
commit;
