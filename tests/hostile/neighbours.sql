-- Objects of others, of each kind that our SQL has the server describe. Their columns are gone from the catalogs: to open one fails, as it
-- does when a table is dropped by another session between two steps of a statement.
begin;
create schema broken;
create table broken.parent (id int, day date not null default current_date, constraint positive check (id > 0), primary key (id, day)) partition by range (day);
create table broken.part partition of broken.parent for values from ('2024-01-01') to ('2024-01-02');
create table broken.rest partition of broken.parent default;
create table broken.plain (id int primary key, n numeric default 1 + 1, g int generated always as (id + 1) stored, constraint few check (n < 10), constraint other unique (n));
create table broken.child (id int references broken.plain on delete cascade, day date, foreign key (id, day) references broken.parent on delete cascade);
create index on broken.child ((id + 1)) where id > 2;
create table broken.heir () inherits (broken.plain);
create view broken.view as select * from broken.plain;
create materialized view broken.stored as select * from broken.parent;
create rule logs as on insert to broken.plain do also select 1;
create function broken.note() returns trigger language plpgsql as 'begin return new; end';
create trigger noted before update on broken.plain for each row when (new.id > 1) execute function broken.note();
create statistics broken.of_two on id, (n + 1) from broken.plain;
alter table broken.plain enable row level security;
create policy some_rows on broken.plain using (id > 1) with check (id > 2);
create publication of_broken for table broken.plain where (id > 1), broken.parent;
create publication of_schema for tables in schema broken;
-- deletes of the tables of specs are not published: they would need a replica identity
create publication of_all for all tables with (publish = 'insert');
commit;
begin;
delete from pg_attribute where attrelid in (select oid from pg_class where relnamespace = 'broken'::regnamespace);
insert into pg_publication_rel (oid, prpubid, prrelid) select 999999, oid, 999998 from pg_publication where pubname = 'of_broken';
commit;
-- whatever order of joins the planner may choose: functions of a filter are then called for whole catalogs
do $$ begin
  execute format('alter database %I set enable_nestloop = off', current_database());
  execute format('alter database %I set enable_indexscan = off', current_database());
  execute format('alter database %I set enable_indexonlyscan = off', current_database());
  execute format('alter database %I set enable_bitmapscan = off', current_database());
  execute format('alter database %I set jit = off', current_database());
end $$;
