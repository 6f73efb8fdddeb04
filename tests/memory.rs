//! The schema `rsdbt`: who makes it, who may write what, what becomes of older and of foreign ones. Each test has a database.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::thread;

use postgres::{Client, Config, NoTls};

use crate::support::{Database, Project};

/// A database and roles of the test's own; gone at the end.
struct Stage {
    base: Database,
    name: String,
}

const MART: &str = "{{ config(
    materialized='incremental', incremental_strategy='partition_overwrite', dirty=true,
    partition_by={'field': 'data_at', 'granularity': 'day'}
) }}
select created_at::date as data_at, count(*) as clicks
from {{ source('facts', 'ad_click') }}
where {{ in_partitions('created_at') }}
group by 1";

const SOURCES: &str = "sources:
  - {name: facts, schema: facts, tables: [{name: ad_click, config: {event_time: created_at}}]}
";

impl Stage {
    fn new() -> Self {
        let base = Database::new();
        let name = format!("{}_db", base.schema);
        let stage = Self { base, name };
        let mut client = stage.base.client();
        client.batch_execute(&format!("create database {}", stage.name)).unwrap();
        for role in ["etl", "ann"] {
            let role = stage.role(role);
            client.batch_execute(&format!("create role {role}; grant {role} to current_user")).unwrap();
        }
        stage.client().batch_execute(
            "create schema facts; create table facts.ad_click (created_at timestamp);
             insert into facts.ad_click values ('2024-01-01 14:00'), ('2024-01-02 15:00'), ('2024-01-03 15:00');
             grant usage on schema facts to public; grant select on facts.ad_click to public",
        )
        .unwrap();
        stage.execute(&format!(
            "create schema prod authorization {}; create schema dev authorization {}",
            stage.role("etl"),
            stage.role("ann")
        ));
        stage
    }

    fn role(&self, role: &str) -> String {
        format!("{}_{role}", self.base.schema)
    }

    fn client(&self) -> Client {
        let settings = &self.base.settings;
        let mut config = Config::new();
        config.host(&settings.host).port(settings.port).user(&settings.user).dbname(&self.name);
        if let Some(password) = &settings.password {
            config.password(password);
        }
        config.connect(NoTls).unwrap()
    }

    fn execute(&self, sql: &str) {
        self.client().batch_execute(sql).unwrap();
    }

    /// The server's message when the role may not.
    fn attempt(&self, role: &str, sql: &str) -> Result<u64, String> {
        let mut client = self.client();
        client.batch_execute(&format!("set role {}", self.role(role))).unwrap();
        client.execute(sql, &[]).map_err(|error| error.as_db_error().unwrap().message().to_owned())
    }

    fn number(&self, sql: &str) -> i64 {
        self.client().query_one(sql, &[]).unwrap().get(0)
    }

    /// The mart in a schema, by a role; the superuser of the tests without one.
    fn project(&self, schema: &str, role: Option<&str>) -> Project {
        let settings = &self.base.settings;
        let project = Project::at(&format!("{}_{schema}_{}", self.name, role.unwrap_or("super")));
        let role = role.map_or_else(String::new, |role| format!(", role: {}", self.role(role)));
        project.write(
            "profiles.yml",
            &format!(
                "shop: {{target: dev, outputs: {{dev: {{type: postgres, host: '{}', port: {}, user: '{}', password: '{}', dbname: {}, \
                 schema: {schema}, threads: 1{role}}}}}}}\n",
                settings.host,
                settings.port,
                settings.user,
                settings.password.as_deref().unwrap_or(""),
                self.name
            ),
        );
        project.write("models/mart.sql", MART);
        project.write("models/sources.yml", SOURCES);
        project
    }

    /// How many rows a successful run has written.
    fn rows(project: &Project) -> String {
        let output = project.run(&["run"]);
        assert_eq!(output.status, 0, "{}", output.text);
        let from = output.text.find("[INSERT 0 ").unwrap_or_else(|| panic!("{}", output.text));
        output.text[from + "[INSERT 0 ".len()..].split([']', ' ']).next().unwrap().to_owned()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !thread::panicking() {
            let mut client = self.base.client();
            client.batch_execute(&format!("drop database {} with (force)", self.name)).unwrap();
            for role in ["etl", "ann"] {
                client.batch_execute(&format!("drop role {}", self.role(role))).unwrap();
            }
        }
    }
}

/// The statements of a message.
fn statements(text: &str) -> String {
    let lines = text.lines().map(str::trim).skip_while(|line| *line != "begin;");
    let mut script: Vec<&str> = lines.take_while(|line| *line != "commit;").collect();
    script.push("commit;");
    script.join("\n")
}

#[test]
fn a_development_role_cannot_falsify_the_memory_of_production() {
    let stage = Stage::new();
    assert_eq!(Stage::rows(&stage.project("other", None)), "3", "the superuser makes the tables");
    let production = stage.project("prod", Some("etl"));
    let development = stage.project("dev", Some("ann"));
    assert_eq!([Stage::rows(&production), Stage::rows(&development)], ["3", "3"]);
    let (etl, ann) = (stage.role("etl"), stage.role("ann"));
    stage.execute(&format!("grant usage on schema prod to {ann}"));
    stage.remember_all("prod", &etl);
    let tables = stage.tables();
    assert_eq!(
        tables,
        [
            "builds",
            "built",
            "intervals",
            "jobs",
            "layout",
            "loads",
            "logs",
            "past_intervals",
            "periods",
            "progress",
            "relations",
            "tombstones"
        ]
    );
    let before: Vec<String> = tables.iter().map(|table| stage.everything(table)).collect();
    for table in &tables {
        let schema = if table == "layout" { "true".to_owned() } else { stage.of_production(table) };
        for sql in [
            format!("delete from rsdbt.{table} where {schema}"),
            format!("update rsdbt.{table} set {} where {schema}", Stage::change(table)),
        ] {
            match stage.attempt("ann", &sql) {
                Ok(rows) => assert_eq!(rows, 0, "{sql}"),
                Err(message) => assert!(message.contains("permission denied"), "{sql}: {message}"),
            }
        }
        for sql in [
            format!("truncate rsdbt.{table}"),
            format!("drop table rsdbt.{table}"),
            format!("alter table rsdbt.{table} disable row level security"),
            format!(
                "create trigger t before insert on rsdbt.{table} execute function suppress_redundant_updates_trigger()"
            ),
            format!("create policy p on rsdbt.{table} using (true)"),
            format!("create table rsdbt.{table}_2 ()"),
        ] {
            let message = stage.attempt("ann", &sql).expect_err(&sql);
            assert!(
                message.contains("permission denied") || message.contains("must be owner"),
                "{sql}: {message}"
            );
        }
    }
    for sql in [
        "insert into rsdbt.relations values ('prod.mart'::regclass, 'prod', 'mart')",
        "insert into rsdbt.relations values ('prod.mart__tombstones'::regclass, 'prod', 'mart__tombstones')",
        "update rsdbt.relations set relation = 'prod.mart__tombstones'::regclass where relation = 'dev.mart'::regclass",
        "insert into rsdbt.periods values ('prod.mart'::regclass, 'own rows', '2024-01-04', 1)",
        "update rsdbt.periods set relation = 'prod.mart'::regclass, input = 'x' where relation = 'dev.mart'::regclass",
        "insert into rsdbt.builds (relation, kind, project, node, target) values ('prod.mart'::regclass, '', '', '', '')",
        "insert into rsdbt.tombstones values ('prod.mart__tombstones'::regclass, 'prod', 'mart__tombstones', 1)",
        "insert into rsdbt.logs values ('facts.ad_click'::regclass, 'facts', 'ad_click', 'dev.mart'::regclass, 'dev', 'mart')",
        "insert into rsdbt.logs values ('facts.ad_click'::regclass, 'facts', 'ad_click', 'prod.mart'::regclass, 'prod', 'mart')",
    ] {
        let message = stage.attempt("ann", sql).expect_err(sql);
        assert!(
            message.contains("row-level security") || message.contains("duplicate key"),
            "{sql}: {message}"
        );
    }
    let job = format!(
        "insert into rsdbt.intervals (role, project, schema_name, task, logical_time, state, attempt)
         values ('{}', 'shop', 'prod', 'mart', '2024-01-02', 'success', 1)",
        stage.role("etl")
    );
    assert!(stage.attempt("ann", &job).unwrap_err().contains("row-level security"));
    let after: Vec<String> = tables.iter().map(|table| stage.everything(table)).collect();
    assert_eq!(before, after);
    // a mart that had consumed a log would not be overwritten
    stage.execute("delete from rsdbt.logs where consumer = 'prod.mart'::regclass");
    assert_eq!(Stage::rows(&production), "0");
}

impl Stage {
    /// A row of each table for what a role has in its schema.
    fn remember_all(&self, schema: &str, role: &str) {
        self.execute(&format!(
            "create table facts.log_of_{schema} (id bigint); grant select on facts.log_of_{schema} to public;
             grant delete on facts.log_of_{schema} to {role}; set role {role};
             insert into rsdbt.logs (log, log_schema, log_name, consumer, consumer_schema, consumer_name)
             values ('facts.log_of_{schema}'::regclass, 'facts', 'log_of_{schema}', '{schema}.mart'::regclass, '{schema}', 'mart');
             insert into rsdbt.intervals (project, schema_name, task, logical_time, state, attempt)
             values ('shop', '{schema}', 'mart', '2024-01-01', 'success', 1);
             insert into rsdbt.jobs (project, schema_name) values ('shop', '{schema}');
             insert into rsdbt.past_intervals (project, schema_name, task, first_time, until_time) values ('shop', '{schema}', 'mart', '2023-01-01', '2024-01-01');
             insert into rsdbt.progress (project, schema_name, task, logical_time, step, node) values ('shop', '{schema}', 'job.shop.nightly', '2024-01-01', 0, 'model.shop.a');
             insert into rsdbt.built (relation, interval_start, interval_end, code) values ('{schema}.mart'::regclass, '2024-01-01', '2024-01-02', 'x');
             insert into rsdbt.builds (relation, kind, project, node, target) values ('{schema}.mart'::regclass, 'seed', 'shop', 'mart', 'prod');
             insert into rsdbt.loads (relation, row_type, file, bytes, checksum, read_count, applied_count, rejected_count, duplicate_count)
             select oid, reltype, 'a.csv', 1, '', 1, 1, 0, 0 from pg_class where oid = '{schema}.mart'::regclass;
             create table {schema}.mart__tombstones (id bigint);
             insert into rsdbt.tombstones values ('{schema}.mart__tombstones'::regclass, '{schema}', 'mart__tombstones', '{schema}.mart'::regclass)",
        ));
    }

    fn tables(&self) -> Vec<String> {
        let tables = "select relname::text from pg_class where relnamespace = 'rsdbt'::regnamespace and relkind = 'r' order by 1";
        self.client().query(tables, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// Tables without a row of this schema or role.
    fn tables_without(&self, schema: &str, role: &str) -> Vec<String> {
        let mut tables = self.tables();
        tables.retain(|table| {
            let everything = self.everything(table);
            let names =
                [format!("'{schema}.mart'::regclass"), format!("'{schema}.mart__tombstones'::regclass")];
            let oids = names.map(|name| self.number(&format!("select {name}::oid::bigint")).to_string());
            !oids.iter().any(|oid| everything.contains(oid)) && !everything.contains(role)
        });
        tables
    }

    /// What the role knew of its own tables in `dev`.
    fn everything_came_with(&self, development: &Project, role: &str) {
        assert_eq!(self.tables_without("dev", role), ["layout"]);
        let guarded = development.run(&["run"]);
        assert!(
            guarded.status == 1 && guarded.text.contains("holds the only copy of the rows"),
            "{}",
            guarded.text
        );
        self.execute("delete from rsdbt.logs");
        assert_eq!(Self::rows(development), "0");
    }

    fn everything(&self, table: &str) -> String {
        let sql =
            format!("select coalesce(string_agg(t::text, ' ' order by t::text), '') from rsdbt.{table} as t");
        self.client().query_one(&sql, &[]).unwrap().get(0)
    }

    fn of_production(&self, table: &str) -> String {
        match table {
            "logs" => "consumer = 'prod.mart'::regclass".to_owned(),
            "intervals" | "jobs" | "past_intervals" | "progress" => format!("role = '{}'", self.role("etl")),
            _ => "relation = 'prod.mart'::regclass".to_owned(),
        }
    }

    fn change(table: &str) -> &'static str {
        match table {
            "logs" => "consumer_name = 'x'",
            "intervals" => "state = 'failed'",
            "layout" => "version = 7",
            "relations" => "files = 1",
            "periods" => "row_count = 7",
            "builds" => "kind = 'x'",
            "built" => "code = 'y'",
            "loads" => "bytes = 7",
            "jobs" => "since = now()",
            "past_intervals" => "until_time = now()",
            "progress" => "done_at = now()",
            _ => "relation = 1",
        }
    }
}

#[test]
fn a_schema_of_a_stranger_is_refused_with_the_statements_that_help() {
    let stage = Stage::new();
    let (ann, etl) = (stage.role("ann"), stage.role("etl"));
    stage.execute(&format!("grant create on database {} to {ann}, {etl}", stage.name));
    let development = stage.project("dev", Some("ann"));
    assert_eq!(Stage::rows(&development), "3");
    stage.remember_all("dev", &ann);
    let production = stage.project("prod", Some("etl"));
    let output = production.run(&["run"]);
    assert_eq!(output.status, 1, "{}", output.text);
    assert!(
        output.text.contains(&format!("role `{ann}` owns tables in the schema `rsdbt`")),
        "{}",
        output.text
    );
    stage.execute(&statements(&output.text));
    assert_eq!(Stage::rows(&production), "3");
    assert_eq!(Stage::rows(&production), "0");
    stage.everything_came_with(&development, &ann);
}

#[test]
fn a_member_of_the_owner_trusts_it_and_migrates_for_it() {
    let stage = Stage::new();
    let (ann, etl) = (stage.role("ann"), stage.role("etl"));
    // as a DBA may prepare it
    stage.execute(&format!("create schema rsdbt authorization {etl}; grant {etl} to {ann}"));
    assert_eq!(Stage::rows(&stage.project("dev", Some("ann"))), "3");
    let owners = format!(
        "select count(*) from pg_class where relnamespace = 'rsdbt'::regnamespace and relowner <> '{etl}'::regrole"
    );
    assert_eq!(stage.number(&owners), 0);
    assert_eq!(Stage::rows(&stage.project("prod", Some("etl"))), "3");
}

#[test]
fn a_superuser_puts_a_schema_of_a_stranger_aside() {
    let stage = Stage::new();
    if stage.number("select count(*) from pg_roles where rolname = current_user and rolsuper") == 0 {
        // the embedded server: who created a role trusts it
        return;
    }
    let (ann, etl) = (stage.role("ann"), stage.role("etl"));
    stage.execute(&format!("grant create on database {} to {ann}", stage.name));
    let development = stage.project("dev", Some("ann"));
    assert_eq!(Stage::rows(&development), "3");
    stage.remember_all("dev", &ann);
    stage.execute(&format!(
        "create table prod.kept (); alter table prod.kept owner to {etl};
         insert into rsdbt.relations values ('prod.kept'::regclass, 'prod', 'kept'); set role {ann};
         create function dev.rise() returns trigger language plpgsql as 'begin execute ''alter role {ann} superuser''; return new; end';
         create trigger rise before insert on rsdbt.relations for each row execute function dev.rise()"
    ));
    assert_eq!(Stage::rows(&stage.project("other", None)), "3");
    assert_eq!(stage.number("select count(*) from pg_roles where rolsuper and rolname like '%ann'"), 0);
    assert_eq!(
        stage.number("select count(*) from rsdbt.relations where schema_name = 'prod'"),
        0,
        "not its own"
    );
    assert_eq!(stage.number("select count(*) from pg_namespace where nspname like 'rsdbt_of_%'"), 1);
    stage.everything_came_with(&development, &ann);
}

#[test]
fn an_earlier_layout_of_a_stranger_comes_with() {
    for is_told in [false, true] {
        let stage = Stage::new();
        let is_superuser =
            stage.number("select count(*) from pg_roles where rolname = current_user and rolsuper") > 0;
        if !is_told && !is_superuser {
            continue;
        }
        let (ann, etl) = (stage.role("ann"), stage.role("etl"));
        stage.execute(&format!("grant create on database {} to {ann}, {etl}", stage.name));
        let development = stage.project("dev", Some("ann"));
        assert_eq!(Stage::rows(&development), "3");
        stage.remember_all("dev", &ann);
        // as the fifth layout had it
        stage.execute(&format!(
            "set role {ann}; alter table rsdbt.loads drop column row_type; alter table rsdbt.intervals drop column end_time;
             delete from rsdbt.layout where version > 5;
             comment on schema rsdbt is 'What rsdbt remembers; layout 5'"
        ));
        if is_told {
            let refused = stage.project("prod", Some("etl")).run(&["run"]);
            stage.execute(&statements(&refused.text));
        } else {
            assert_eq!(Stage::rows(&stage.project("other", None)), "3");
        }
        let of_now = "select count(*) from rsdbt.loads join pg_class on oid = relation and reltype = row_type where oid = 'dev.mart'::regclass";
        assert_eq!(stage.number(of_now), 1);
        stage.everything_came_with(&development, &ann);
    }
}

#[test]
fn a_role_that_may_not_create_the_schema_is_told_the_statements() {
    let stage = Stage::new();
    let production = stage.project("prod", Some("etl"));
    let output = production.run(&["run"]);
    assert_eq!(output.status, 1, "{}", output.text);
    assert!(output.text.contains("may not create the schema `rsdbt`"), "{}", output.text);
    stage.execute(&statements(&output.text));
    assert_eq!(Stage::rows(&production), "3");
    assert_eq!(Stage::rows(&production), "0");
    // what can do without works without
    stage.execute("drop schema rsdbt cascade");
    production.write("models/mart.sql", "{{ config(materialized='table', post_hook='{% do log(rsdbt_remember_build(this, \"seed\", 1), info=true) %}') }} select 1 as id");
    let output = production.run(&["run", "--full-refresh"]);
    assert_eq!(output.status, 0, "{}", output.text);
    assert!(output.text.contains("False"), "{}", output.text);
    let of_interval = "{{ config(materialized='incremental', incremental_strategy='append') }} select '{{ interval_start }}' as at";
    production.write("models/hourly.sql", of_interval);
    let of_day = |more: &[&str]| {
        let interval =
            ["run", "--select", "hourly", "--interval-start", "2024-05-01", "--interval-end", "2024-05-02"];
        production.run(&[&interval[..], more].concat())
    };
    for _ in 0..2 {
        let output = of_day(&[]);
        assert_eq!(output.status, 0, "{}", output.text);
    }
    let output = of_day(&["--full-refresh"]);
    assert!(output.status == 2 && output.text.contains("would keep the rows"), "{}", output.text);
    assert_eq!(stage.number("select count(*) from pg_namespace where nspname = 'rsdbt'"), 0);
}

#[test]
fn a_newer_layout_is_refused_and_nothing_is_made_where_nothing_is_remembered() {
    let stage = Stage::new();
    let plain = stage.project("plain", None);
    plain.write("models/mart.sql", "{{ config(materialized='table') }} select 1 as id");
    plain.run_ok(&["build"]);
    assert_eq!(stage.number("select count(*) from pg_namespace where nspname = 'rsdbt'"), 0);
    let project = stage.project("prod", None);
    assert_eq!(Stage::rows(&project), "3");
    stage.execute("comment on schema rsdbt is 'What rsdbt remembers; layout 999'");
    let output = project.run(&["run"]);
    assert_eq!(output.status, 1);
    assert!(output.text.contains("a newer rsdbt has written the schema `rsdbt`"), "{}", output.text);
    // a comment that somebody else wrote is mended
    stage.execute("comment on schema rsdbt is 'hands off'");
    assert_eq!(Stage::rows(&project), "0");
    let comment =
        "select count(*) from pg_namespace where obj_description(oid, 'pg_namespace') ~ 'layout [0-9]+$'";
    assert_eq!(stage.number(comment), 1);
    // and does not hide what the table says
    stage.execute("comment on schema rsdbt is 'hands off'; insert into rsdbt.layout (version) values (999)");
    let output = project.run(&["run"]);
    assert!(output.text.contains("its layout is 999"), "{}", output.text);
}

#[test]
fn a_run_that_waited_for_another_looks_at_the_memory_again() {
    let stage = Stage::new();
    let project = stage.project("prod", None);
    assert_eq!(Stage::rows(&project), "3");
    let mut other = stage.client();
    other.batch_execute("begin; select pg_advisory_xact_lock(hashtext('rsdbt'), hashtext('prod'))").unwrap();
    let mut run = project.command(&["run"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("Waiting for another run to finish with schema \"prod\"")));
    stage.execute("comment on schema rsdbt is 'What rsdbt remembers; layout 999'");
    other.batch_execute("commit").unwrap();
    let text: Vec<String> = lines.collect();
    assert!(!run.wait().unwrap().success());
    let text = text.join("\n");
    assert!(text.contains("a newer rsdbt has written the schema `rsdbt`"), "{text}");
}

#[test]
fn processes_that_need_it_at_the_same_time_make_it_once() {
    let stage = Stage::new();
    let projects: Vec<Project> = (0..4).map(|n| stage.project(&format!("at_once_{n}"), None)).collect();
    thread::scope(|scope| {
        for project in &projects {
            scope.spawn(move || assert_eq!(Stage::rows(project), "3"));
        }
    });
}

#[test]
fn two_targets_that_write_one_table_share_its_memory() {
    let stage = Stage::new();
    let [one, two] = ["one", "two"].map(|target| {
        let project = stage.project(target, None);
        project
            .write("macros/schema.sql", "{% macro generate_schema_name(custom, node) %}shared{% endmacro %}");
        project
    });
    assert_eq!(Stage::rows(&one), "3");
    assert_eq!(Stage::rows(&two), "0");
    stage.execute("insert into facts.ad_click values ('2024-01-02 10:00')");
    assert_eq!(Stage::rows(&two), "1");
    stage.execute("delete from facts.ad_click where created_at = '2024-01-02 10:00'");
    assert_eq!(Stage::rows(&one), "1", "the first one knows what the second one has built");
    assert_eq!(stage.number("select sum(clicks)::bigint from shared.mart"), 3);
}

#[test]
fn tables_of_earlier_versions_are_taken_over() {
    let stage = Stage::new();
    stage.project("other", None).run_ok(&["run"]);
    let project = stage.project("prod", Some("etl"));
    assert_eq!(Stage::rows(&project), "3");
    stage.execute(&format!(
        "create schema prod_rsdbt;
         create table prod_rsdbt.partition_fingerprints (model text, input text, period timestamp, row_count bigint, checksum numeric,
           primary key (model, input, period));
         insert into prod_rsdbt.partition_fingerprints
         select '\"{name}\".\"prod\".\"' || m || '\"', input, period, row_count, checksum
         from rsdbt.periods, unnest(array['mart', 'gone']) as m where relation = 'prod.mart'::regclass and input <> 'own rows';
         create table prod_rsdbt.schedule_intervals (project text, task text, logical_time timestamptz, state text not null,
           attempt integer not null, not_before timestamptz, started_at timestamptz, ended_at timestamptz,
           message text not null default '', primary key (project, task, logical_time));
         insert into prod_rsdbt.schedule_intervals values ('shop', 'model.shop.mart', '2024-01-01', 'success', 1);
         alter schema prod_rsdbt owner to {etl}; alter table prod_rsdbt.partition_fingerprints owner to {etl};
         alter table prod_rsdbt.schedule_intervals owner to {etl};
         delete from rsdbt.relations where schema_name = 'prod'",
        name = stage.name,
        etl = stage.role("etl")
    ));
    assert_eq!(Stage::rows(&project), "0");
    assert_eq!(stage.number("select count(*) from pg_namespace where nspname = 'prod_rsdbt'"), 0);
    for table in ["intervals", "jobs"] {
        let kept = format!(
            "select count(*) from rsdbt.{table} where project = 'shop' and schema_name = 'prod' and role = '{}'",
            stage.role("etl")
        );
        assert_eq!(stage.number(&kept), 1, "{table}");
    }
    assert_eq!(stage.number("select count(*) from rsdbt.relations where schema_name = 'prod'"), 1);
    // and they know the table's own rows from now on
    stage.execute("truncate prod.mart");
    assert_eq!(Stage::rows(&project), "3");
}

#[test]
fn a_table_that_was_truncated_before_its_memory_was_taken_over_is_filled_again() {
    let stage = Stage::new();
    let project = stage.project("prod", None);
    assert_eq!(Stage::rows(&project), "3");
    stage.execute(
        "update rsdbt.relations set files = null, adopted = true; delete from rsdbt.periods where input = 'own rows'; truncate prod.mart",
    );
    assert_eq!(Stage::rows(&project), "3");
    assert_eq!(Stage::rows(&project), "0");
}

#[test]
fn a_role_does_not_begin_the_job_of_another_anew() {
    let stage = Stage::new();
    let (ann, etl) = (stage.role("ann"), stage.role("etl"));
    stage.execute(&format!(
        "create schema rsdbt authorization current_user; grant usage, create on schema prod to {ann}"
    ));
    stage.project("other", None).run_ok(&["run"]);
    let due = |role: &str| {
        let project = stage.project("prod", Some(role));
        let config = "materialized='table', schedule={'cron': '@daily', 'start_date': '2022-09-01', 'end_date': '2022-09-02'}";
        project.write("models/mart.sql", &format!("{{{{ config({config}) }}}} select 1 as id"));
        project.run(&["run", "--due"])
    };
    let first = due("etl");
    assert_eq!(first.status, 0, "{}", first.text);
    assert!(first.text.contains("2022-09-01"), "{}", first.text);
    let second = due("ann");
    assert_eq!(second.status, 2, "{}", second.text);
    assert!(
        second.text.contains(&format!("the schedule of `shop` in schema `prod` belongs to role `{etl}`")),
        "{}",
        second.text
    );
    for table in ["jobs", "intervals", "past_intervals", "progress"] {
        stage.execute(&format!("update rsdbt.{table} set role = '{ann}' where role = '{etl}'"));
    }
    let third = due("ann");
    assert!(third.text.contains("nothing is due"), "{}", third.text);
    // a claim of a role that could not run the job is nobody's business
    stage.execute(&format!(
        "revoke create on schema prod from {ann}; delete from rsdbt.intervals; drop table prod.mart"
    ));
    let fourth = due("etl");
    assert_eq!(fourth.status, 0, "{}", fourth.text);
}

#[test]
fn a_seed_that_can_have_no_record_never_loses_rows() {
    let stage = Stage::new();
    let load = |project: &Project, rows: usize, vars: &str, expected: &str| {
        project.write("seeds/orders.csv", &("id\n".to_owned() + &"1\n".repeat(rows)));
        project.write(
            "dbt_project.yml",
            "name: shop\nprofile: shop\nseeds: {+replace: \"{{ var('replace', false) }}\"}\n",
        );
        let output = project.run(&["seed", "--vars", vars]);
        assert!(output.text.contains(expected), "{expected}: {}", output.text);
    };
    let refused = "more rows than the file, and rsdbt has no record of loading it";
    // no schema `rsdbt`, and no right to make it
    let etl = stage.project("prod", Some("etl"));
    load(&etl, 2, "{}", "PASS=1");
    load(&etl, 2, "{}", "PASS=1");
    load(&etl, 1, "{}", "it can keep none here");
    assert_eq!(stage.number("select count(*) from prod.orders"), 2);
    load(&etl, 1, "{replace: true}", "PASS=1");
    assert_eq!(stage.number("select count(*) from pg_namespace where nspname = 'rsdbt'"), 0);
    // a role that may load the table and not act as its owner
    let everybody = stage.project("dev", None);
    load(&everybody, 2, "{}", "PASS=1");
    load(&etl, 2, "{}", "PASS=1");
    stage.execute(&format!(
        "grant usage on schema prod to {0}; grant select, insert, truncate on prod.orders to {0}",
        stage.role("ann")
    ));
    let records =
        "select count(*) from rsdbt.builds join rsdbt.relations using (relation) where schema_name = 'prod'";
    assert_eq!(stage.number(records), 1);
    let ann = stage.project("prod", Some("ann"));
    load(&ann, 2, "{}", "PASS=1");
    load(&ann, 1, "{}", refused);
    assert_eq!(stage.number("select count(*) from prod.orders"), 2);
    load(&etl, 1, "{}", "PASS=1");
    // rows that row level security hides are rows
    stage.execute("delete from rsdbt.relations; insert into prod.orders values (7), (8)");
    stage.execute("alter table prod.orders enable row level security, force row level security");
    load(&etl, 1, "{}", "at least 0");
    load(&etl, 100, "{}", "may have more rows than the file");
    stage.execute("alter table prod.orders disable row level security");
    load(&etl, 100, "{}", "PASS=1");
    assert_eq!(stage.number(records), 1);
}
