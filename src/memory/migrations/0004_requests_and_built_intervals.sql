-- What is asked of whoever is in charge of the schedule: it looks at each tick.
alter table rsdbt.jobs add column paused text[] not null default '{}';
-- Raised whenever another process has changed intervals.
alter table rsdbt.jobs add column changes bigint not null default 0;
-- Of the SQL, the config and the macros that a node was built from.
alter table rsdbt.progress add column code text not null default '';

create table rsdbt.built (
  relation oid references rsdbt.relations on delete cascade,
  interval_start timestamp with time zone,
  interval_end timestamp with time zone,
  code text not null,
  built_at timestamp with time zone not null default pg_catalog.now(),
  primary key (relation, interval_start, interval_end)
);
comment on table rsdbt.built is 'which intervals of an incremental relation were built, by whomever, and from which SQL, config and macros';
alter table rsdbt.built enable row level security;
create policy owner on rsdbt.built using (relation in (select known.relation from rsdbt.relations as known));
grant select, insert, update, delete on rsdbt.built to public;
