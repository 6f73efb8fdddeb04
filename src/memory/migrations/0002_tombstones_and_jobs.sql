-- Known by the table of deleted keys, not by the relation: when that is gone, its tombstones are still known to be its.
drop table rsdbt.tombstones;
create table rsdbt.tombstones (
  tombstones oid primary key,
  schema_name text not null,
  tombstones_name text not null,
  relation oid not null
);
alter table rsdbt.tombstones enable row level security;
create policy owner on rsdbt.tombstones
  using (exists (select from pg_catalog.pg_class where oid = tombstones and pg_catalog.pg_has_role(relowner, 'USAGE')));
create policy orphan on rsdbt.tombstones
  using (not exists (select from pg_catalog.pg_class where oid = tombstones)) with check (false);
grant select, insert, update, delete on rsdbt.tombstones to public;

create table rsdbt.past_intervals (
  role text default current_user,
  project text,
  schema_name text,
  task text,
  first_time timestamp with time zone not null,
  until_time timestamp with time zone not null,
  primary key (role, project, schema_name, task)
);
comment on table rsdbt.past_intervals is 'what lies between has succeeded unless rsdbt.intervals says otherwise; its rows were removed';
alter table rsdbt.past_intervals enable row level security;
create policy owner on rsdbt.past_intervals
  using (role in (select rolname::text from pg_catalog.pg_roles where pg_catalog.pg_has_role(oid, 'USAGE')));
create policy orphan on rsdbt.past_intervals
  using (role not in (select rolname::text from pg_catalog.pg_roles)) with check (false);
grant select, insert, update, delete on rsdbt.past_intervals to public;

-- Whose job it is may be read by all: another role must not take it for one that has never run.
create table rsdbt.jobs (
  role text default current_user,
  project text,
  schema_name text,
  since timestamp with time zone not null default pg_catalog.now(),
  primary key (role, project, schema_name)
);
alter table rsdbt.jobs enable row level security;
create policy anybody on rsdbt.jobs for select using (true);
create policy owner on rsdbt.jobs
  using (role in (select rolname::text from pg_catalog.pg_roles where pg_catalog.pg_has_role(oid, 'USAGE')));
create policy orphan on rsdbt.jobs for delete using (role not in (select rolname::text from pg_catalog.pg_roles));
grant select, insert, update, delete on rsdbt.jobs to public;
