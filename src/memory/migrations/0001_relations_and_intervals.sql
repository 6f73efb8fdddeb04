create table rsdbt.layout (
  version integer primary key,
  applied_at timestamp with time zone not null default pg_catalog.now()
);
grant usage on schema rsdbt to public;
grant select on rsdbt.layout to public;

create table rsdbt.relations (
  relation oid primary key,
  schema_name text not null,
  relation_name text not null,
  files bigint,
  adopted boolean not null default false,
  remembered_at timestamp with time zone not null default pg_catalog.now()
);
comment on column rsdbt.relations.files is 'hash of the file nodes when all rows per period were known; null: some are not';
comment on column rsdbt.relations.adopted is 'the rows per period are not known but taken as they are: memory of an earlier rsdbt';
alter table rsdbt.relations enable row level security;
create policy owner on rsdbt.relations
  using (exists (select from pg_catalog.pg_class where oid = relation and pg_catalog.pg_has_role(relowner, 'USAGE')));
create policy orphan on rsdbt.relations
  using (not exists (select from pg_catalog.pg_class where oid = relation)) with check (false);
grant select, insert, update, delete on rsdbt.relations to public;

create table rsdbt.periods (
  relation oid references rsdbt.relations on delete cascade,
  input text,
  period timestamp without time zone,
  row_count bigint not null,
  checksum numeric,
  primary key (relation, input, period)
);
comment on column rsdbt.periods.input is 'unique id of the input; own rows: the rows of the relation itself';
alter table rsdbt.periods enable row level security;
create policy owner on rsdbt.periods using (relation in (select known.relation from rsdbt.relations as known));
grant select, insert, update, delete on rsdbt.periods to public;

create table rsdbt.builds (
  relation oid primary key references rsdbt.relations on delete cascade,
  kind text not null,
  row_count bigint,
  project text not null,
  node text not null,
  target text not null,
  built_at timestamp with time zone not null default pg_catalog.now(),
  details jsonb not null default '{}'
);
alter table rsdbt.builds enable row level security;
create policy owner on rsdbt.builds using (relation in (select known.relation from rsdbt.relations as known));
grant select, insert, update, delete on rsdbt.builds to public;

create table rsdbt.tombstones (
  relation oid primary key references rsdbt.relations on delete cascade,
  tombstones oid not null unique
);
alter table rsdbt.tombstones enable row level security;
create policy owner on rsdbt.tombstones using (relation in (select known.relation from rsdbt.relations as known));
grant select, insert, update, delete on rsdbt.tombstones to public;

create table rsdbt.logs (
  log oid primary key,
  log_schema text not null,
  log_name text not null,
  consumer oid not null,
  consumer_schema text not null,
  consumer_name text not null,
  since timestamp with time zone not null default pg_catalog.now()
);
alter table rsdbt.logs enable row level security;
create policy anybody on rsdbt.logs for select using (true);
create policy consumer on rsdbt.logs
  using (exists (select from pg_catalog.pg_class where oid = consumer and pg_catalog.pg_has_role(relowner, 'USAGE')))
  with check (
    exists (select from pg_catalog.pg_class where oid = consumer and pg_catalog.pg_has_role(relowner, 'USAGE'))
    and pg_catalog.has_table_privilege(log, 'DELETE')
  );
create policy owner on rsdbt.logs for delete
  using (exists (select from pg_catalog.pg_class where oid = log and pg_catalog.pg_has_role(relowner, 'USAGE')));
create policy orphan on rsdbt.logs for delete
  using ((select pg_catalog.count(*) from pg_catalog.pg_class where oid in (log, consumer)) < 2);
grant select, insert, update, delete on rsdbt.logs to public;

create table rsdbt.intervals (
  role text default current_user,
  project text,
  schema_name text,
  task text,
  logical_time timestamp with time zone,
  state text not null,
  attempt integer not null,
  not_before timestamp with time zone,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  message text not null default '',
  primary key (role, project, schema_name, task, logical_time)
);
alter table rsdbt.intervals enable row level security;
create policy owner on rsdbt.intervals
  using (role in (select rolname::text from pg_catalog.pg_roles where pg_catalog.pg_has_role(oid, 'USAGE')));
create policy orphan on rsdbt.intervals
  using (role not in (select rolname::text from pg_catalog.pg_roles)) with check (false);
grant select, insert, update, delete on rsdbt.intervals to public;
