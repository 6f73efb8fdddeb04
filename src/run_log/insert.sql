with given as (
  select $1::json as run, $2::json as results
), forgotten as (
  delete from {schema}.runs where $3::text <> '' and started_at < now() - make_interval(secs => nullif($3::text, '')::double precision)
), run as (
  insert into {schema}.runs (
    invocation_id, command, project, target, job, attempt, interval_start, interval_end, status, started_at, ended_at, nodes, failures
  )
  select
    invocation_id, command, project, target, job, attempt, interval_start, interval_end, status, started_at, ended_at, nodes, failures
  from given, json_to_record(run) as one (
    invocation_id text, command text, project text, target text, job text, attempt integer, interval_start timestamp with time zone,
    interval_end timestamp with time zone, status text, started_at timestamp with time zone, ended_at timestamp with time zone,
    nodes integer, failures integer
  )
  returning run
), result as (
  select run.run, one.*
  from run, given, json_to_recordset(results) as one (
    kind text, id text, status text, started_at timestamp with time zone, ended_at timestamp with time zone, seconds double precision,
    rows bigint, failures bigint, message text, sql text, lock_wait double precision
  )
), node as (
  insert into {schema}.nodes (run, node, status, started_at, ended_at, seconds, rows, message, sql, lock_wait)
  select run, id, status, started_at, ended_at, seconds, rows, message, sql, lock_wait from result where kind = 'node'
), test as (
  insert into {schema}.tests (run, test, status, started_at, ended_at, seconds, failures, message, sql)
  select run, id, status, started_at, ended_at, seconds, failures, message, sql from result where kind = 'test'
)
insert into {schema}.loads (run, source, status, started_at, ended_at, seconds, rows, message)
select run, id, status, started_at, ended_at, seconds, rows, message from result where kind = 'load'
