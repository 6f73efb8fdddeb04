with run as (
  select * from {schema}.runs
  where project = $1::text and target = $2::text and started_at > now() - interval '90 days'
  order by run desc limit 400
), outcome as (
  select node.run, node.node as id, node.status, node.started_at, node.seconds, node.rows, node.message, node.sql
  from {schema}.nodes as node join run on run.run = node.run
  union all
  select load.run, load.source, load.status, load.started_at, load.seconds, load.rows, load.message, null
  from {schema}.loads as load join run on run.run = load.run
  union all
  select test.run, test.test, test.status, test.started_at, test.seconds, test.failures, test.message, test.sql
  from {schema}.tests as test join run on run.run = test.run
  where test.status in ('fail', 'error', 'runtime error')
), placed as (
  select *, row_number() over (partition by id order by run desc) as place from outcome
)
select pg_catalog.json_build_object(
  'runs', (select pg_catalog.json_agg(pg_catalog.json_build_array(
    run, command, job, status, extract(epoch from started_at), extract(epoch from ended_at - started_at), nodes, failures, attempt,
    to_char(interval_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
  ) order by run) from run),
  'nodes', (select pg_catalog.json_object_agg(id, points) from (
    select id, pg_catalog.json_agg(pg_catalog.json_build_array(run, extract(epoch from started_at), seconds, rows, status) order by run) as points from placed
    where place <= $3::integer and id not like 'test.%' and id not like 'unit_test.%'
    group by id
  ) as by_node),
  'failures', (select pg_catalog.json_agg(pg_catalog.json_build_array(run, id, status, message, sql) order by run desc, id) from (
    select * from outcome where status in ('fail', 'error', 'runtime error', 'partial success') order by run desc, id limit 40
  ) as last)
)::text
