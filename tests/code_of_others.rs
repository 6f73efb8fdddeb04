//! A role that may create tables in the target's schema makes one first, with code of its own on it: a run by a superuser
//! writes nothing into it, for every kind of object that can hold code. Harmless code stays.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use postgres::Client;

use crate::support::{Database, Output, Project};

/// A role with a schema of its own, and the right to create tables in the target's.
struct Stage {
    database: Database,
    evil: String,
    project: Project,
}

/// A role that may create operators in the schema of the test.
fn role_that_may_create(database: &mut Database) -> String {
    let (schema, role) = (database.schema.clone(), format!("{}_op", database.schema));
    database.execute(&format!("create role {role}; grant create, usage on schema {schema} to {role}"));
    if !is_superuser(database) {
        database.execute(&format!("grant {role} to current_user"));
    }
    role
}

/// A key whose types differ in table and query is compared by whatever operator there is for the two.
#[test]
fn operators_of_others_compare_no_keys() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let (schema, role) = (database.schema.clone(), role_that_may_create(&mut database));
    let strategies = ["merge", "delete+insert", "merge_upsert"];
    for (at, strategy) in strategies.iter().enumerate() {
        project.write(
            &format!("models/m{at}.sql"),
            &format!(
                "{{{{ config(materialized='incremental', incremental_strategy='{strategy}', unique_key='id', updated_at='at') }}}} \
                 select {{{{ var('id', '1') }}}} as id, timestamp '2024-01-01' as at"
            ),
        );
    }
    project.run_ok(&["run"]);
    let mut of_role = database.client();
    of_role
        .batch_execute(&format!(
            "set role {role}; set search_path = {schema};
             create function same(int, text) returns bool language plpgsql as 'begin raise exception $m$called$m$; end';
             create function same(text, int) returns bool language plpgsql as 'begin raise exception $m$called$m$; end';
             create operator = (leftarg = int, rightarg = text, function = same);
             create operator = (leftarg = text, rightarg = int, function = same)"
        ))
        .unwrap();
    drop(of_role);
    let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    project.write("profiles.yml", &format!("{profile}      search_path: {schema}\n"));
    let output = project.run(&["run", "--vars", "{id: \"'1'::text\"}"]);
    let refused = output.text.matches(&format!("of role {role}")).count();
    database.execute(&format!("drop owned by {role}; drop role {role}"));
    assert_eq!(refused, strategies.len(), "{}", output.text);
    assert!(!output.text.contains("called"), "{}", output.text);
    assert_eq!(output.status, 1);
}

/// varchar has no operator of its own in pg_catalog: one for just that type would be taken.
#[test]
fn operators_of_others_compare_nothing_in_snapshots_and_tests() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let (schema, role) = (database.schema.clone(), role_that_may_create(&mut database));
    project
        .write("models/kinds.sql", "{{ config(materialized='table') }} select 'a'::varchar as kind, 1 as id");
    project.write(
        "models/kinds.yml",
        "models: [{name: kinds, columns: [{name: kind, data_tests: [accepted_values: {arguments: {values: [a, b]}}, \
         relationships: {arguments: {to: ref('kinds'), field: kind}}]}]}]",
    );
    project.write(
        "snapshots/by_check.sql",
        "{% snapshot by_check %}{{ config(unique_key='id', strategy='check', check_cols=['kind']) }} select * from {{ ref('kinds') }}{% endsnapshot %}",
    );
    project.write(
        "snapshots/by_key.sql",
        "{% snapshot by_key %}{{ config(unique_key='kind', strategy='check', check_cols=['id']) }} select * from {{ ref('kinds') }}{% endsnapshot %}",
    );
    project.run_ok(&["build"]);
    let mut of_role = database.client();
    of_role.batch_execute(&format!("set role {role}; set search_path = {schema}")).unwrap();
    of_role
        .batch_execute(
            "create function called(varchar, varchar) returns bool language plpgsql as 'begin raise exception $m$called$m$; end';
             create operator = (leftarg = varchar, rightarg = varchar, function = called);
             create operator <> (leftarg = varchar, rightarg = varchar, function = called)",
        )
        .unwrap();
    drop(of_role);
    let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    project.write("profiles.yml", &format!("{profile}      search_path: {schema}\n"));
    let outputs = ["snapshot", "test"].map(|command| project.run(&[command]));
    database.execute(&format!("drop owned by {role}; drop role {role}"));
    for output in outputs {
        assert_eq!(output.text.matches("may compare columns by").count(), 2, "{}", output.text);
        assert!(!output.text.contains("called"), "{}", output.text);
        assert_eq!(output.status, 1);
    }
}

/// What the role may do for others to run. The function says who ran it.
const CODE: &str = r"
create table EVIL.ran (by text);
grant all on EVIL.ran to public;
grant usage on schema EVIL to public;
create function EVIL.note() returns int language plpgsql as $$
  begin insert into EVIL.ran values (current_user); return 1; end $$;
create function EVIL.holds(what anyelement) returns bool language plpgsql immutable as $$
  begin perform EVIL.note(); return true; end $$;
create function EVIL.same(what anyelement) returns anyelement language plpgsql immutable as $$
  begin perform EVIL.note(); return what; end $$;
create function EVIL.fire() returns trigger language plpgsql as $$
  begin perform EVIL.note(); return coalesce(new, old); end $$;
create function EVIL.differ(int, int) returns bool language plpgsql immutable as $$
  begin perform EVIL.note(); return $1 <> $2; end $$;
create operator EVIL.!~= (leftarg = int, rightarg = int, function = EVIL.differ);
create operator EVIL.!? (leftarg = tsquery, rightarg = text, function = pg_catalog.ts_rewrite);
create domain EVIL.positive as int check (EVIL.holds(value));
create type EVIL.wrapped as (a int);
create function EVIL.wrap(int) returns EVIL.wrapped language plpgsql immutable as $$
  begin perform EVIL.note(); return row($1)::EVIL.wrapped; end $$;
create cast (int as EVIL.wrapped) with function EVIL.wrap(int) as assignment;
create type EVIL.holder as (p EVIL.positive, n int);
create view EVIL.seen as select EVIL.note() as n;
create table EVIL.other (id int);
create trigger t after insert on EVIL.other for each row execute function EVIL.fire();
create function EVIL.reader(text) returns text language sql as 'select $1';
create function EVIL.defined() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
  begin perform EVIL.note(); return null; end $$;
";

/// Each makes `TABLE (id int, t text)` with one way for code to run, and the words that the error says of it.
const WAYS: [(&str, &str); 37] = [
    ("create table TABLE (id int, t text);
      create trigger a after insert or update or delete on TABLE for each row execute function EVIL.fire()", "trigger a on TABLE calls EVIL.fire()"),
    ("create table TABLE (id int, t text);
      create trigger a after truncate on TABLE for each statement execute function EVIL.fire()", "trigger a on TABLE"),
    ("create table TABLE (id int, t text);
      create trigger a before insert on TABLE for each row when (EVIL.holds(new.id)) execute function suppress_redundant_updates_trigger()", "EVIL.holds("),
    ("create table TABLE (id int, t text);
      create constraint trigger a after insert on TABLE deferrable initially deferred for each row execute function EVIL.fire()", "trigger a on TABLE"),
    ("create table TABLE (id int, t text); create rule a as on insert to TABLE do also select EVIL.note()", "rule a on TABLE"),
    ("create table TABLE (id int, t text); create rule a as on insert to TABLE do also insert into EVIL.other values (new.id)", "EVIL.fire()"),
    ("create table TABLE (id int, t text); create rule a as on insert to TABLE do also select * from EVIL.seen", "EVIL.note()"),
    ("create table TABLE (id int, t text, u int default EVIL.note())", "default value for TABLE.u calls EVIL.note()"),
    ("create table TABLE (id int, t text, u int generated always as (EVIL.same(id)) stored)", "EVIL.same("),
    ("create table TABLE (id int check (EVIL.holds(id)), t text)", "table constraint"),
    ("create table TABLE (id int check (id OPERATOR(EVIL.!~=) 0), t text)", "EVIL.differ(integer,integer)"),
    ("create table TABLE (id EVIL.positive, t text)", "table column TABLE.id calls EVIL.holds("),
    ("create table TABLE (id int, t text, u EVIL.positive[])", "table column TABLE.u"),
    ("create table TABLE (id int, t text, u EVIL.holder)", "table column TABLE.u"),
    ("create table TABLE (id EVIL.wrapped, t text)", "EVIL.wrap(integer)"),
    ("create table TABLE (id int, t text); create index a on TABLE (EVIL.same(id))", "EVIL.same("),
    ("create table TABLE (id int, t text); create index a on TABLE (id) where EVIL.holds(id)", "EVIL.holds("),
    ("create table TABLE (id int, t text, exclude using btree (EVIL.same(id) with =))", "EVIL.same("),
    ("create table TABLE (id int, t text); alter table TABLE enable row level security, force row level security;
      create policy a on TABLE using (EVIL.holds(id))", "policy a on TABLE"),
    ("create table TABLE (id int, t text); create statistics SCHEMA.a on (EVIL.same(id)), t from TABLE", "statistics object SCHEMA.a"),
    ("create table TABLE (id int, t text) partition by list (EVIL.same(id)); create table TABLE_1 partition of TABLE default", "EVIL.same("),
    ("create table TABLE (id int, t text) partition by list (id); create table TABLE_1 partition of TABLE default;
      create trigger a after insert on TABLE_1 for each row execute function EVIL.fire()", "trigger a on TABLE_1"),
    ("create table EVIL.parent (id int, t text) partition by list (EVIL.same(id));
      create table TABLE partition of EVIL.parent default", "EVIL.same("),
    ("create table EVIL.parent (id int, t text); create table TABLE () inherits (EVIL.parent);
      create trigger a after insert on TABLE for each row execute function EVIL.fire()", "trigger a on TABLE"),
    // the one that calls it is named, not what refers to the same table
    ("create table TABLE (id int, t text); create index a on TABLE (EVIL.same(id));
      alter table TABLE enable row level security; create policy p on TABLE using (id > 0);
      create policy q on TABLE using (exists (select from TABLE as other where other.id = 0))", "index SCHEMA.a calls EVIL.same("),
    // with its own rights, but in this session
    ("create table TABLE (id int, t text);
      create trigger a after insert or update or delete or truncate on TABLE for each statement execute function EVIL.defined()",
     "code that is not trusted would run in this session"),
    ("create table TABLE (id int, t text);
      create trigger a after insert or update or delete or truncate on TABLE for each statement execute function EVIL.defined()",
     "with the rights of that role, but may change settings of the session"),
    // what others see of their own sessions only
    ("create table TABLE (id int, t text, u inet default inet_client_addr())", "pg_catalog.inet_client_addr()"),
    ("create table TABLE (id int, t text, u text default current_query())", "pg_catalog.current_query()"),
    // functions of the server that carry out texts, or that the role may not call itself
    ("create table TABLE (id int, t text, u xml default query_to_xml('select EVIL.note()', true, true, ''))", "pg_catalog.query_to_xml("),
    ("create table TABLE (id int, t text, u xml default table_to_xml('EVIL.seen', true, true, ''))", "pg_catalog.table_to_xml("),
    ("create table TABLE (id int, t text, u text default pg_read_file('PG_VERSION'))", "pg_catalog.pg_read_file("),
    ("create table TABLE (id int, t text, u text default set_config('search_path', 'EVIL', false))", "pg_catalog.set_config("),
    ("create table TABLE (id int, t text, u text default SCHEMA.carries_out('select EVIL.note()'))", "SCHEMA.carries_out("),
    ("create table TABLE (id int, t text, u text default current_setting('data_directory'))", "pg_catalog.current_setting("),
    ("create table TABLE (id int, t text check (domain_in('1', 1, -1) is not null))", "pg_catalog.domain_in("),
    ("create table TABLE (id int, t text check (not ('a'::tsquery operator(EVIL.!?) 'select EVIL.note()') @@ to_tsvector(t)))", "pg_catalog.ts_rewrite("),
];

/// What is everyday's work may stay.
const HARMLESS: &str = r"
create table TABLE (
  id int primary key check (id > 0), t text not null default 'x' check (length(t) < 100 and t ~ '^[a-z]*$'),
  made timestamptz default now(), day date default current_date, key uuid default gen_random_uuid(), roll float default random(),
  number bigint generated always as identity, serial bigserial, twice int generated always as (id * 2) stored,
  tags text[] default array['a']::text[], doc jsonb default jsonb_build_object('at', clock_timestamp()), who text default current_user,
  label text default concat('a', to_char(now(), 'YYYY')), pid int default pg_backend_pid(), server text default version(),
  log pg_lsn default pg_current_wal_lsn(), address inet default inet_server_addr(), base text default current_database(), unique (t)
);
create index on TABLE (lower(t)) where id > 1;
create trigger idle before update on TABLE for each row execute function suppress_redundant_updates_trigger();
create trigger trusted before insert or update on TABLE for each row execute function SCHEMA.trusted();
create statistics SCHEMA.harmless on id, t from TABLE;
";

const MODELS: [(&str, &str); 4] = [
    ("rebuilt", "{{ config(materialized='table') }} select 1 as id, 'a'::text as t"),
    ("incremental", "{{ config(materialized='incremental', unique_key='id') }} select 1 as id, 'a'::text as t"),
    ("appended", "{{ config(materialized='incremental', incremental_strategy='append') }} select 1 as id, 'a'::text as t"),
    (
        "batched",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', unique_key='id', event_time='at', begin='2026-01-01', batch_size='year') }}
         select 1 as id, 'a'::text as t",
    ),
];

fn is_superuser(database: &Database) -> bool {
    let sql = "select rolsuper from pg_roles where rolname = current_user";
    database.client().query_one(sql, &[]).unwrap().get(0)
}

impl Stage {
    fn new() -> Self {
        let mut database = Database::new();
        let (schema, evil) = (database.schema.clone(), format!("{}_evil", database.schema));
        database.execute(&format!("create role {evil}"));
        if !is_superuser(&database) {
            database.execute(&format!("grant {evil} to current_user"));
        }
        database.execute(&format!(
            "create schema {evil} authorization {evil}; grant usage, create on schema {schema} to {evil};
             create function {schema}.trusted() returns trigger language plpgsql as 'begin return new; end';
             create function {schema}.carries_out(text) returns text stable language plpgsql as 'begin execute $1; return $1; end'"
        ));
        let project = Project::new(&database);
        for (name, model) in MODELS {
            project.write(&format!("models/{name}.sql"), model);
        }
        project.write("seeds/seed.csv", "id,t\n1,a\n");
        project.write(
            "snapshots/snapshot.sql",
            "{% snapshot snapshot %} {{ config(strategy='check', check_cols='all', unique_key='id') }}
             select 1 as id, 'a'::text as t {% endsnapshot %}",
        );
        let stage = Self { database, evil, project };
        stage.as_evil(&stage.text(CODE, ""));
        stage
    }

    fn text(&self, sql: &str, table: &str) -> String {
        let table = format!("{}.{table}", self.database.schema);
        sql.replace("TABLE", &table).replace("EVIL", &self.evil).replace("SCHEMA", &self.database.schema)
    }

    fn as_evil(&self, sql: &str) {
        let mut client = self.database.client();
        let sql = format!("set role {}; {sql}", self.evil);
        client.batch_execute(&sql).unwrap_or_else(|error| panic!("{error:?}: {sql}"));
    }

    /// Whether the role's code ran as somebody else, since the last time.
    fn ran(&self) -> bool {
        let mut client: Client = self.database.client();
        let sql = format!(
            "with ran as (delete from {0}.ran returning by) select count(*) from ran where by <> '{0}'",
            self.evil
        );
        client.query_one(&sql, &[]).unwrap().get::<_, i64>(0) > 0
    }

    fn drop(&mut self, table: &str) {
        let sql =
            self.text("drop table if exists TABLE cascade; drop table if exists EVIL.parent cascade", table);
        self.database.execute(&sql);
    }

    fn build(&self, name: &str) -> Output {
        self.project.run(&["build", "--select", name])
    }

    fn finish(mut self) {
        let evil = &self.evil;
        self.database.execute(&format!("drop owned by {evil} cascade; drop role {evil}"));
    }
}

#[test]
fn on_every_kind_of_object() {
    let mut stage = Stage::new();
    for (way, words) in WAYS {
        if way.contains("query_to_xml") && !stage.supports_xml() {
            continue;
        }
        // the two that differ most: rows into the table, and a new table with what the old one had
        for name in ["incremental", "rebuilt"] {
            stage.as_evil(&stage.text(way, name));
            let output = stage.build(name);
            assert!(!stage.ran(), "{way}\n{}", output.text);
            assert_eq!(output.status, 1, "{way}\n{}", output.text);
            let relation = format!("{}.{name}", stage.database.schema);
            assert!(
                output.text.contains(&format!("cannot write into {relation}")) || way.contains("EVIL.parent"),
                "{way}\n{}",
                output.text
            );
            assert!(output.text.contains(&stage.text(words, name)), "{way}\n{}", output.text);
            stage.drop(name);
        }
    }
    stage.finish();
}

/// The strategies that `MODELS` lack, with their configs.
const STRATEGIES: [(&str, &str); 8] = [
    ("delete_insert", "incremental_strategy='delete+insert', unique_key='id'"),
    ("merge", "incremental_strategy='merge', unique_key='id'"),
    ("merge_upsert", "incremental_strategy='merge_upsert', unique_key='id', updated_at='at'"),
    ("insert_overwrite", "incremental_strategy='insert_overwrite', incremental_predicates=['id > 0']"),
    ("partition_overwrite", "incremental_strategy='partition_overwrite', PARTITION"),
    ("dirty", "incremental_strategy='partition_overwrite', dirty=true, PARTITION"),
    ("partitioned", "incremental_strategy='partition_overwrite', partitioned=true, PARTITION"),
    ("default", "unique_key='id'"),
];
const LOAD_MODES: [(&str, &str); 3] = [
    ("loaded", "mode: append"),
    ("loaded_by_key", "mode: upsert, unique_key: id"),
    ("loaded_anew", "mode: replace"),
];

#[test]
fn by_every_kind_of_write() {
    let mut stage = Stage::new();
    let schema = stage.database.schema.clone();
    stage.database.execute("create table facts (id int, t text, day date, at timestamp); insert into facts values (1, 'a', '2024-01-01', '2024-01-01')");
    let mut sources = format!(
        "sources:\n  - name: raw\n    schema: {schema}\n    tables:\n      - {{name: facts, config: {{event_time: at}}}}\n"
    );
    for (name, mode) in LOAD_MODES {
        let load = format!("{{load: {{from: {{files: seeds/seed.csv}}, {mode}}}}}");
        let columns = "[{name: id, data_type: int}, {name: t, data_type: text}]";
        let _ = writeln!(sources, "      - {{name: {name}, config: {load}, columns: {columns}}}");
    }
    stage.project.write("models/sources.yml", &sources);
    for (name, config) in STRATEGIES {
        let config = config.replace("PARTITION", "partition_by={'field': 'day', 'granularity': 'day'}");
        let condition = if name == "dirty" { "where {{ in_partitions('at') }}" } else { "" };
        stage.project.write(
            &format!("models/{name}.sql"),
            &format!("{{{{ config(materialized='incremental', {config}) }}}} select * from {{{{ source('raw', 'facts') }}}} {condition}"),
        );
    }
    let macros = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/builtin/macros/strategies");
    for entry in fs::read_dir(macros).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for strategy in text.split("{% macro get_incremental_").skip(1) {
            let strategy = strategy.split("_sql(").next().unwrap();
            let is_played = |name: &str| name == strategy || strategy == "append" || strategy == "microbatch";
            assert!(STRATEGIES.iter().any(|(name, _)| is_played(name)), "{strategy}");
        }
    }

    let mut writes: Vec<(&str, &[&str])> = MODELS.iter().map(|(name, _)| (*name, &["build"][..])).collect();
    writes.extend(STRATEGIES.iter().map(|(name, _)| (*name, &["build"][..])));
    writes.extend([("seed", &["build"][..]), ("snapshot", &["build"])]);
    writes.extend(LOAD_MODES.iter().map(|(name, _)| (*name, &["load"][..])));
    for (name, command) in writes {
        for flags in [&[][..], &["--full-refresh"]] {
            if (name == "snapshot" || command == ["load"]) && !flags.is_empty() {
                continue;
            }
            stage.as_evil(&stage.text(
                "create table TABLE (id int, t text, day date, at timestamp, dbt_scd_id text, dbt_updated_at timestamp, dbt_valid_from timestamp, dbt_valid_to timestamp);
                 create trigger a after insert or update or delete on TABLE for each row execute function EVIL.fire();
                 create trigger b after truncate on TABLE for each statement execute function EVIL.fire();
                 alter table TABLE add check (EVIL.holds(id))",
                name,
            ));
            let selected = if command == ["load"] { format!("source:raw.{name}") } else { name.to_owned() };
            let output = stage.project.run(&[command, &["--select", &selected], flags].concat());
            assert!(!stage.ran(), "{name}\n{}", output.text);
            assert_eq!(output.status, 1, "{name}\n{}", output.text);
            assert!(output.text.contains("cannot write into"), "{name}\n{}", output.text);
            stage.drop(name);
        }
    }
    stage.finish();
}

impl Stage {
    fn supports_xml(&self) -> bool {
        self.database.client().batch_execute("select query_to_xml('select 1', true, true, '')").is_ok()
    }
}

#[test]
fn what_is_harmless_stays_and_so_does_what_was_taken_over() {
    let mut stage = Stage::new();
    for name in ["incremental", "appended", "seed", "rebuilt"] {
        stage.as_evil(&stage.text(HARMLESS, name));
        stage.as_evil(&stage.text("insert into TABLE (id, t) values (5, 'e')", name));
        if MODELS[1..].iter().any(|(model, _)| *model == name) {
            let columns = [
                "made", "day", "key", "roll", "number", "serial", "twice", "tags", "doc", "who", "label",
                "pid", "server", "log", "address", "base",
            ];
            let drops = columns.map(|column| format!("drop column {column}")).join(", ");
            stage.as_evil(&stage.text(&format!("alter table TABLE {drops}"), name));
        }
        let output = stage.build(name);
        assert_eq!(output.status, 0, "{name}\n{}", output.text);
        stage.drop(name);
    }

    stage.as_evil(&stage.text(
        "create table TABLE (id int, t text);
         create trigger a after insert on TABLE for each row execute function EVIL.fire()",
        "appended",
    ));
    let output = stage.build("appended");
    assert_eq!(output.status, 1, "{}", output.text);
    let (_, help) = output.text.split_once("take it over: ").unwrap();
    let statements = help.lines().next().unwrap();
    assert!(statements.contains(&format!("alter routine {}.fire() owner to ", stage.evil)), "{statements}");
    stage.database.execute(statements);
    let output = stage.build("appended");
    assert_eq!(output.status, 0, "{}", output.text);
    stage.finish();
}

#[test]
fn owners_who_could_do_it_anyway_are_trusted() {
    let mut stage = Stage::new();
    let (schema, evil) = (stage.database.schema.clone(), stage.evil.clone());
    let ways = [
        (format!("alter role {evil} createrole"), format!("alter role {evil} nocreaterole")),
        (format!("alter role {evil} superuser"), format!("alter role {evil} nosuperuser")),
        (
            format!("grant current_user to {evil}").replace("current_user", &stage.user()),
            format!("revoke {} from {evil}", stage.user()),
        ),
        (
            format!("alter schema {schema} owner to {evil}"),
            format!("alter schema {schema} owner to current_user"),
        ),
    ];
    for (give, take) in ways {
        if !is_superuser(&stage.database) && !give.contains(" createrole") && !give.contains("alter schema") {
            continue;
        }
        stage.as_evil(&stage.text(
            "create table TABLE (id int, t text);
             create trigger a after insert on TABLE for each row execute function EVIL.fire()",
            "appended",
        ));
        stage.database.execute(&give);
        let output = stage.build("appended");
        assert_eq!(output.status, 0, "{give}\n{}", output.text);
        assert!(stage.ran());
        stage.database.execute(&take);
        assert_eq!(stage.build("appended").status, 1, "{take}");
        stage.drop("appended");
    }
    stage.finish();
}

impl Stage {
    fn user(&self) -> String {
        self.database.client().query_one("select quote_ident(current_user)", &[]).unwrap().get(0)
    }
}

/// Attached while the node is at work: the table is held, so that it comes after the node's commit.
#[test]
fn what_is_attached_meanwhile_waits() {
    let stage = Stage::new();
    stage.as_evil(&stage.text("create table TABLE (id int, t text)", "appended"));
    stage.project.write(
        "models/appended.sql",
        &MODELS[2].1.replace("select 1", "select pg_catalog.length(pg_catalog.pg_sleep(1.5)::text) + 1"),
    );
    let attach = stage
        .text("create trigger a after insert on TABLE for each row execute function EVIL.fire()", "appended");
    let output = std::thread::scope(|scope| {
        let building = scope.spawn(|| stage.build("appended"));
        let mut client = stage.database.client();
        let held = "select count(*) from pg_locks where relation = to_regclass('appended') and mode = 'RowExclusiveLock'";
        while client.query_one(held, &[]).unwrap().get::<_, i64>(0) == 0 {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        stage.as_evil(&attach);
        building.join().unwrap()
    });
    assert_eq!(output.status, 0, "{}", output.text);
    assert!(!stage.ran());
    assert_eq!(stage.build("appended").status, 1);
    stage.finish();
}

/// Also what a node empties besides its own relation, and a table of its own with a partition of others.
#[test]
fn other_tables_that_a_node_writes_into() {
    let mut stage = Stage::new();
    let schema = stage.database.schema.clone();
    stage.project.write(
        "models/consuming.sql",
        "{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key='id', updated_at='at', consume=true,
                   delete_when='gone') }}
         select id, at, gone from {{ source('staging', 'staged') }}",
    );
    stage.project.write(
        "models/sources.yml",
        &format!("sources: [{{name: staging, schema: {schema}, tables: [{{name: staged}}]}}]"),
    );
    let staged = "create table TABLE (id int, at timestamp, gone bool) partition by list (EVIL.same(id));
        create table TABLE_1 partition of TABLE default; insert into TABLE values (1, '2026-01-01', false), (2, '2026-01-01', true)";
    stage.as_evil(&stage.text(staged, "staged"));
    stage.as_evil(&stage.text(
        "create trigger inserted after insert on TABLE for each row execute function EVIL.fire();
         alter table TABLE add check (EVIL.holds(id))",
        "staged",
    ));
    stage.ran();
    let output = stage.build("consuming");
    assert_eq!(output.status, 0, "deletes fire none of them\n{}", output.text);
    assert!(!stage.ran(), "{}", output.text);
    stage.as_evil(&stage.text(
        "insert into TABLE values (3, '2026-01-02', false);
         create trigger deleted after delete on TABLE for each row execute function EVIL.fire()",
        "staged",
    ));
    stage.ran();
    let output = stage.build("consuming");
    assert!(!stage.ran(), "{}", output.text);
    assert!(output.text.contains("trigger deleted on "), "{}", output.text);

    stage.as_evil(&stage.text("drop trigger deleted on TABLE", "staged"));
    stage.database.execute(&format!("drop table {schema}.consuming__tombstones"));
    stage.as_evil(&stage.text(
        "create table TABLE (id int primary key, at timestamp);
         create trigger buried after insert on TABLE for each row execute function EVIL.fire();
         insert into SCHEMA.staged values (4, '2026-01-02', true)",
        "consuming__tombstones",
    ));
    stage.ran();
    let output = stage.build("consuming");
    assert!(!stage.ran(), "{}", output.text);
    assert!(output.text.contains("trigger buried on "), "{}", output.text);

    stage.database.execute(&format!(
        "create table appended (id int, t text) partition by list (id); create table part partition of appended default;
         alter table part owner to {}",
        stage.evil
    ));
    stage.as_evil(&stage.text(
        "create trigger parted after insert on SCHEMA.part for each row execute function EVIL.fire()",
        "",
    ));
    let output = stage.build("appended");
    assert!(!stage.ran(), "{}", output.text);
    assert!(output.text.contains("trigger parted on "), "{}", output.text);
    stage.finish();
}

/// What others made on a table of ours is made again when the table is rebuilt: their functions then run with their owner's rights.
#[test]
fn dependents_of_others_are_rebuilt_with_their_owners_rights() {
    let mut stage = Stage::new();
    let schema = stage.database.schema.clone();
    let evil = stage.evil.clone();
    let rebuilt = stage.project.run(&["build", "--select", "rebuilt seed"]);
    assert_eq!(rebuilt.status, 0, "{}", rebuilt.text);
    stage.database.execute(&format!("grant select on {schema}.rebuilt, {schema}.seed to {evil}"));
    for table in ["rebuilt", "seed"] {
        stage.as_evil(&stage.text(
            &"create view EVIL.NAME_view as select id, EVIL.note() as n from TABLE;
              create materialized view EVIL.NAME_filled as select id, EVIL.note() as n from TABLE where EVIL.holds(id);
              create unique index NAME_index on EVIL.NAME_filled (EVIL.same(id)) where EVIL.holds(id);
              create materialized view EVIL.NAME_upon as select n, EVIL.same(id) as id from EVIL.NAME_view"
                .replace("NAME", table),
            table,
        ));
    }
    let made = |client: &mut Client| -> Vec<String> {
        let sql = format!(
            "select relname || ' of ' || pg_get_userbyid(relowner) || ' ' || relispopulated from pg_class
             where relnamespace = '{evil}'::regnamespace and relkind in ('v', 'm', 'i') order by 1"
        );
        client.query(&sql, &[]).unwrap().into_iter().map(|row| row.get(0)).collect()
    };
    let mut client = stage.database.client();
    let before = made(&mut client);
    client.batch_execute(&format!("delete from {evil}.ran")).unwrap();
    stage.project.write(
        "models/rebuilt.sql",
        "{{ config(materialized='table') }} select 2::bigint as id, 'b'::text as t",
    );
    for flags in [&[][..], &["--full-refresh"]] {
        let output = stage.project.run(&[&["build", "--select", "rebuilt seed"], flags].concat());
        assert_eq!(output.status, 0, "{}", output.text);
        assert_eq!(made(&mut client), before, "{}", output.text);
        let by: Vec<String> = client
            .query(&format!("delete from {evil}.ran returning by"), &[])
            .unwrap()
            .into_iter()
            .map(|row| row.get(0))
            .collect();
        assert!(!by.is_empty(), "the materialized views were filled again");
        assert!(by.iter().all(|role| *role == evil), "{by:?}");
        let moved: i64 = client
            .query_one(&format!("select count(*) from {evil}.rebuilt_filled where id = 2"), &[])
            .unwrap()
            .get(0);
        assert_eq!(moved, 1);
        client.batch_execute(&format!("delete from {evil}.ran")).unwrap();
    }
    stage.finish();
}

/// Names are as hostile as their owner.
#[test]
fn odd_names_in_the_message() {
    let mut stage = Stage::new();
    let name = format!("{} \"Bad\"", stage.evil);
    let quoted = name.replace('"', "\"\"");
    let schema = stage.database.schema.clone();
    stage.database.execute(&format!(
        "create role \"{quoted}\"; grant \"{quoted}\" to current_user; grant usage, create on schema {schema} to \"{quoted}\""
    ));
    stage
        .database
        .client()
        .batch_execute(&format!(
            "set role \"{quoted}\"; create table {schema}.appended (id int, t text);
         create function {schema}.\"f; --'\"(int) returns int language sql immutable as 'select 1';
         alter table {schema}.appended add \"order\" int default {schema}.\"f; --'\"(1)"
        ))
        .unwrap();
    let output = stage.build("appended");
    assert_eq!(output.status, 1, "{}", output.text);
    for words in
        [&format!("it belongs to \"{quoted}\""), "default value for", "\"order\"", "\"f; --'\"(integer)"]
    {
        assert!(output.text.contains(words), "{words}\n{}", output.text);
    }
    let profile = fs::read_to_string(stage.project.path().join("logs/dbt.log")).unwrap();
    assert!(!profile.contains("insert into"), "nothing was written");
    stage.database.execute(&format!("drop owned by \"{quoted}\" cascade; drop role \"{quoted}\""));
    stage.finish();
}
