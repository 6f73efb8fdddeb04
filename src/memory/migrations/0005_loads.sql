-- What was loaded into a table: each file once, written in the transaction of its rows.
create table rsdbt.loads (
  relation oid references rsdbt.relations on delete cascade,
  file text,
  bytes bigint not null,
  checksum text not null,
  modified_at timestamp with time zone,
  read_count bigint not null,
  applied_count bigint not null,
  rejected_count bigint not null,
  duplicate_count bigint not null,
  loaded_at timestamp with time zone not null default pg_catalog.clock_timestamp(),
  primary key (relation, file)
);
comment on column rsdbt.loads.applied_count is 'of files that one transaction loads together, all rows are counted with the first';
alter table rsdbt.loads enable row level security;
create policy owner on rsdbt.loads using (relation in (select known.relation from rsdbt.relations as known));
grant select, insert, update, delete on rsdbt.loads to public;
