-- Which files a table has the rows of.
create table rsdbt.loads (
  relation oid references rsdbt.relations on delete cascade,
  file text,
  size bigint not null,
  modified bigint not null,
  checksum text not null,
  row_count bigint not null,
  loaded_at timestamp with time zone not null default pg_catalog.now(),
  primary key (relation, file)
);
comment on column rsdbt.loads.modified is 'time of the last change, in nanoseconds since 1970: a file with the same time and size is not read again';
alter table rsdbt.loads enable row level security;
create policy owner on rsdbt.loads using (relation in (select known.relation from rsdbt.relations as known));
grant select, insert, update, delete on rsdbt.loads to public;
