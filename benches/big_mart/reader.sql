-- psql -v day=2024-02-15 -v seconds=6: how long tiny selects take beside the work of others, median and worst in ms.
set bench.day = :'day';
set bench.seconds = :seconds;
do $$
declare
  day constant date := current_setting('bench.day');
  ended constant timestamptz := clock_timestamp() + current_setting('bench.seconds')::int * interval '1 second';
  started timestamptz;
  number bigint := 0;
  taken float8[] := '{}';
begin
  while clock_timestamp() < ended loop
    number := number + 1;
    started := clock_timestamp();
    perform sum(click_count) from native.m1_d_ad_mart_metrics
      where data_at = day - (number % 2)::int and lineitem_id = 1 + 250 * (number % 4000);
    taken := taken || extract(epoch from clock_timestamp() - started)::float8 * 1000;
    -- or it would hold the lock of its first select
    commit;
  end loop;
  perform set_config('bench.worst', (select max(one)::text from unnest(taken) as one), false);
  perform set_config('bench.usual', (select percentile_cont(0.5) within group (order by one)::text from unnest(taken) as one), false);
end $$;
select current_setting('bench.usual'), current_setting('bench.worst');
