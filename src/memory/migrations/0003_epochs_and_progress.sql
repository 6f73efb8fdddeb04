-- Raised by whoever takes charge of the schedule: what was begun before commits nothing any more.
alter table rsdbt.jobs add column epoch bigint not null default 0;

create table rsdbt.progress (
  role text default current_user,
  project text,
  schema_name text,
  task text,
  logical_time timestamp with time zone,
  step integer,
  node text,
  done_at timestamp with time zone not null default pg_catalog.clock_timestamp(),
  primary key (role, project, schema_name, task, logical_time, step, node)
);
comment on table rsdbt.progress is 'what an unfinished interval of a job has done: nodes, each written in the transaction of its work, and steps (no node)';
alter table rsdbt.progress enable row level security;
create policy owner on rsdbt.progress
  using (role in (select rolname::text from pg_catalog.pg_roles where pg_catalog.pg_has_role(oid, 'USAGE')));
create policy orphan on rsdbt.progress
  using (role not in (select rolname::text from pg_catalog.pg_roles)) with check (false);
grant select, insert, update, delete on rsdbt.progress to public;
