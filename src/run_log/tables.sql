create schema if not exists {schema};

create table if not exists {schema}.runs (
  run bigint generated always as identity primary key,
  invocation_id text not null,
  command text not null,
  project text not null,
  target text not null,
  job text,
  attempt integer,
  interval_start timestamp with time zone,
  interval_end timestamp with time zone,
  status text not null,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone not null,
  nodes integer not null,
  failures integer not null
);
comment on table {schema}.runs is 'a run of rsdbt; status: success, error or interrupted';
create index if not exists runs_started_at on {schema}.runs (started_at);

create table if not exists {schema}.nodes (
  run bigint not null references {schema}.runs on delete cascade,
  node text not null,
  status text not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  seconds double precision not null,
  rows bigint,
  message text,
  sql text,
  primary key (run, node)
);
comment on table {schema}.nodes is 'models, seeds, snapshots and hooks of a run; sql: what was compiled, of a node that failed';

create table if not exists {schema}.tests (
  run bigint not null references {schema}.runs on delete cascade,
  test text not null,
  status text not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  seconds double precision not null,
  failures bigint,
  message text,
  sql text,
  primary key (run, test)
);
comment on table {schema}.tests is 'data tests and unit tests of a run; sql: what was compiled, of a test that failed';

create table if not exists {schema}.loads (
  run bigint not null references {schema}.runs on delete cascade,
  source text not null,
  status text not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  seconds double precision not null,
  rows bigint,
  message text,
  primary key (run, source)
);
alter table {schema}.nodes add column if not exists lock_wait double precision;
comment on column {schema}.nodes.lock_wait is 'seconds of waiting for locks of others';
comment on table {schema}.loads is 'sources that a run loaded or checked for freshness';
