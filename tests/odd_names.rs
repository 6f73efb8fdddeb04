//! Names that mean something to SQL, to Jinja, to PL/pgSQL or to `format()`, wherever a name of a user enters a statement:
//! each materialization, strategy and command meets them, and afterwards the database has exactly these names.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::{Database, Project};

/// Ends strings, identifiers, comments, bodies of functions and lines.
const HOSTILE: &str = "\"'\\%s%1$I$$$rsdbt$*/--;\n";
/// The name of a column is an argument of its tests, which Jinja reads as dbt has it.
const OF_JINJA: &str = "{{1}}{%}";
const NAME_BYTES: usize = 63;
const COLUMNS: [&str; 4] = ["id", "at", "day", "gone"];

/// How names look in one play of the project.
#[derive(Clone, Copy)]
enum Style {
    Hostile,
    /// As long as a name can be.
    Long,
    /// Letters that take more than one byte.
    Wide,
}

impl Style {
    fn name(self, stem: &str) -> String {
        self.name_of(stem, NAME_BYTES)
    }

    fn name_of(self, stem: &str, bytes: usize) -> String {
        let name = match self {
            Self::Hostile if COLUMNS.contains(&stem) => format!("{stem}{HOSTILE}"),
            Self::Hostile => format!("{stem}{HOSTILE}{OF_JINJA}"),
            Self::Long => format!("{stem}{HOSTILE}{}", "\"'".repeat(NAME_BYTES)),
            Self::Wide => format!("{stem}\"'é%s{}", "ß".repeat(NAME_BYTES)),
        };
        let mut end = bytes.min(name.len());
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        match self {
            Self::Hostile => name,
            _ => name[..end].to_owned(),
        }
    }
}

/// In SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A string of Jinja or of YAML that Jinja does not read.
fn text(name: &str) -> String {
    json!(name).to_string()
}

fn yaml(name: &str) -> String {
    text(&format!("{{% raw %}}{name}{{% endraw %}}"))
}

/// What plays a model, with the config of its materialization: (stem, config, query).
fn models(style: Style) -> Vec<(&'static str, String, String)> {
    let [id, at, day, gone] = ["id", "at", "day", "gone"].map(|stem| quoted(&style.name(stem)));
    // in the text of a query, where Jinja would read it
    let [sql_id, sql_at, sql_day, sql_gone] =
        [&id, &at, &day, &gone].map(|name| format!("{{{{ {} }}}}", text(name)));
    let rows =
        format!("select 1 as {sql_id}, date '2026-01-01' as {sql_day}, timestamp '2026-01-01' as {sql_at}");
    let incremental = |strategy: &str, more: &str| {
        format!("materialized='incremental', incremental_strategy='{strategy}', {more}")
    };
    let key = format!("unique_key={}", text(&id));
    let staged = format!("select {sql_id}, {sql_at}, {sql_gone} from {{{{ source('s', 'staged') }}}}");
    let by_day = format!("partition_by={{'field': {}, 'granularity': 'day'}}", text(&day));
    let facts = format!(
        "select {sql_id}, {sql_at}::date as {sql_day} from {{{{ source('s', 'facts') }}}} where {{{{ in_partitions({}) }}}}",
        text(&at)
    );
    let index = |method: &str| {
        format!(
            "indexes=[{{'columns': [{}], 'name': {}, 'unique': true}}]",
            text(&id),
            text(&style.name(method))
        )
    };
    vec![
        ("view", "materialized='view'".into(), rows.clone()),
        ("table", format!("materialized='table', {}", index("by table")), rows.clone()),
        (
            "upon",
            "materialized='view'".into(),
            "select * from {{ ref('table') }} cross join (select 1 as more from {{ ref('cte') }}) as c"
                .into(),
        ),
        ("cte", "materialized='ephemeral'".into(), rows.clone()),
        (
            "materialized",
            format!("materialized='materialized_view', {}", index("by mv")),
            "select * from {{ ref('table') }}".into(),
        ),
        ("default", incremental("default", &key), rows.clone()),
        ("appended", incremental("append", "on_schema_change='sync_all_columns'"), rows.clone()),
        (
            "deleted",
            incremental("delete+insert", &format!("{key}, on_schema_change='append_new_columns'")),
            rows.clone(),
        ),
        ("merged", incremental("merge", &format!("{key}, {}", index("by merge"))), rows.clone()),
        (
            "overwritten",
            incremental("insert_overwrite", &format!("{by_day}, incremental_predicates=['true']")),
            rows.clone(),
        ),
        (
            "batched",
            incremental(
                "microbatch",
                &format!("event_time={}, begin='2026-01-01', batch_size='year', {key}", text(&at)),
            ),
            "select * from {{ ref('table') }}".into(),
        ),
        (
            "consuming",
            incremental(
                "merge_upsert",
                &format!("{key}, updated_at={}, consume=true, delete_when={}", text(&at), text(&gone)),
            ),
            staged,
        ),
        ("periods", incremental("partition_overwrite", &format!("{by_day}, dirty=true")), facts.clone()),
        (
            "partitions",
            incremental("partition_overwrite", &format!("{by_day}, dirty=true, partitioned=true")),
            facts,
        ),
        ("contracted", "materialized='table', contract={'enforced': true}".into(), rows),
    ]
}

struct Play {
    database: Database,
    project: Project,
    style: Style,
    schema: String,
    role: String,
}

impl Play {
    fn new(style: Style) -> Self {
        let mut database = Database::new();
        // failures of tests go into a schema with this name and a suffix
        let schema = style.name_of(&database.schema, NAME_BYTES - "_dbt_test__audit".len());
        let role = style.name(&format!("{}_role", database.schema));
        database.execute(&format!("create role {}", quoted(&role)));
        let project = Project::at(&database.schema);
        let play = Self { database, project, style, schema, role };
        play.write();
        play
    }

    fn name(&self, stem: &str) -> String {
        self.style.name(stem)
    }

    fn write(&self) {
        let settings = &self.database.settings;
        let profile = |schema: &str| {
            format!(
                "{{type: postgres, host: {}, port: {}, user: {}, password: {}, dbname: {}, schema: {}, threads: 1}}",
                text(&settings.host),
                settings.port,
                text(&settings.user),
                text(settings.password.as_deref().unwrap_or("")),
                text(&settings.database),
                yaml(schema)
            )
        };
        let clones =
            self.style.name_of(&format!("{}c", self.database.schema), NAME_BYTES - "_dbt_test__audit".len());
        self.project.write(
            "profiles.yml",
            &format!(
                "shop:\n  target: dev\n  outputs:\n    dev: {}\n    clones: {}\n",
                profile(&self.schema),
                profile(&clones)
            ),
        );
        for (stem, config, query) in models(self.style) {
            let alias = text(&self.name(stem));
            self.project.write(
                &format!("models/{stem}.sql"),
                &format!(
                    "{{{{ config(alias={alias}, persist_docs={{'relation': true, 'columns': true}}, {config}) }}}}\n{query}"
                ),
            );
        }
        self.write_properties();
        let id = self.name("id");
        let header = format!("{},t\n", csv(&id));
        self.project.write("seeds/seed.csv", &format!("{header}1,a\n"));
        let loaded =
            format!("{},{}\n1,2026-01-01\nx,2026-01-01\n1,2026-01-02\n", csv(&id), csv(&self.name("day")));
        self.project.write("landing/rows.csv", &loaded);
        let snapshot = |stem: &str, config: &str| {
            let alias = text(&self.name(stem));
            let key = text(&quoted(&id));
            let text = format!(
                "{{% snapshot {stem} %}} {{{{ config(alias={alias}, unique_key={key}, {config}) }}}} select * from {{{{ ref('table') }}}} {{% endsnapshot %}}"
            );
            self.project.write(&format!("snapshots/{stem}.sql"), &text);
        };
        snapshot("checked", "strategy='check', check_cols='all', hard_deletes='new_record'");
        snapshot(
            "timed",
            &format!(
                "strategy='timestamp', updated_at={}, hard_deletes='invalidate'",
                text(&quoted(&self.name("at")))
            ),
        );
        self.project.write(
            "functions/twice.sql",
            &format!("select $1 * 2 /* {} */ + 0 * (select count(*) from {{{{ ref('table') }}}})::int", "$$"),
        );
        self.project.write(
            "tests/singular.sql",
            &format!(
                "{{{{ config(alias={}, store_failures=true) }}}} select * from {{{{ ref('table') }}}} where false",
                text(&self.name("singular"))
            ),
        );
        self.project.write(
            "macros/all.sql",
            "{% macro all() %}
               {% for name in ['table', 'view'] %}{% do adapter.get_columns_in_relation(ref(name)) %}{% endfor %}
               {% set schema = api.Relation.create(database=target.database, schema=target.schema) %}
               {% set count = list_relations_without_caching(schema).rows | length %}
               {% if count < 10 %}{{ exceptions.raise_compiler_error('only ' ~ count ~ ' relations in the schema') }}{% endif %}
               {% if not check_schema_exists(schema.information_schema(), target.schema).rows[0][0] %}{{ exceptions.raise_compiler_error('no schema') }}{% endif %}
               {% do list_function_relations_without_caching(schema) %}
             {% endmacro %}",
        );
    }

    fn write_properties(&self) {
        let column = |stem: &str, kind: &str, more: &str| {
            format!(
                "{{name: {}, quote: true, data_type: {kind}, description: {}{more}}}",
                yaml(&self.name(stem)),
                yaml(HOSTILE)
            )
        };
        let tests = |stem: &str| {
            let alias = yaml(&self.name(&format!("u_{stem}")));
            format!(
                ", data_tests: [{{unique: {{name: unique_{stem}, config: {{alias: {alias}, store_failures: true}}}}}}, not_null]"
            )
        };
        let key = format!(
            ", constraints: [{{type: not_null}}, {{type: primary_key, name: {}}}]",
            yaml(&self.name("pk"))
        );
        let columns = format!(
            "[{}, {}, {}]",
            column("id", "int", &key),
            column("day", "date", ""),
            column("at", "timestamp", "")
        );
        let tested = |stem: &str| format!("[{}]", column("id", "int", &tests(stem)));
        let grants = format!("{{select: [{}]}}", yaml(&self.role));
        let mut models = String::new();
        for (stem, ..) in models_of_properties() {
            let columns = match stem {
                "contracted" => columns.clone(),
                // each run adds rows of the same keys
                "appended" | "periods" | "partitions" => "[]".to_owned(),
                _ => tested(stem),
            };
            let _ = writeln!(
                models,
                "  - {{name: {stem}, description: {}, config: {{grants: {grants}}}, columns: {columns}}}",
                yaml(HOSTILE)
            );
        }
        let (id, day, at) = (text(&self.name("id")), text(&self.name("day")), text(&self.name("at")));
        let row = format!("{{{id}: 1, {day}: '2026-01-01', {at}: '2026-01-01'}}");
        let load = format!(
            "{{from: {{files: landing/*.csv}}, mode: upsert, unique_key: {}, rejects: {{max: 1}}}}",
            yaml(&self.name("id"))
        );
        let loaded_columns = format!("[{}, {}]", column("id", "int", ""), column("day", "date", ""));
        let text = format!(
            "models:\n{models}
seeds:\n  - {{name: seed, config: {{alias: {seed}, quote_columns: true, grants: {grants}, column_types: {{{id}: int}}}}, columns: {tested}}}
functions:\n  - name: twice\n    config: {{alias: {twice}}}\n    arguments: [{{name: n, data_type: int}}]\n    returns: {{data_type: int}}
sources:\n  - name: s\n    schema: {schema}\n    tables:
      - {{name: staged, identifier: {staged}}}
      - {{name: loaded, identifier: {loaded}, config: {{load: {load}}}, columns: {loaded_columns}}}
      - {{name: facts, identifier: {facts}, loaded_at_field: {at_sql}, config: {{event_time: {at_sql}, freshness: {{warn_after: {{count: 900, period: day}}}}}}}}
unit_tests:\n  - name: {unit}\n    model: batched\n    given: [{{input: ref('table'), rows: [{row}]}}]\n    expect: {{rows: [{row}]}}
",
            seed = yaml(&self.name("seed")),
            tested = tested("seed"),
            twice = yaml(&self.name("twice")),
            schema = yaml(&self.schema),
            staged = yaml(&self.name("staged")),
            loaded = yaml(&self.name("loaded")),
            facts = yaml(&self.name("facts")),
            at_sql = yaml(&quoted(&self.name("at"))),
            unit = yaml("works"),
        );
        self.project.write("models/properties.yml", &text);
    }

    fn ok(&self, arguments: &[&str]) {
        let output = self.project.run(arguments);
        assert_eq!(output.status, 0, "{arguments:?}\n{}\n{}", output.text, self.project.path().display());
        // what follows the line break of a name does not pass for a line of the log
        let log = fs::read_to_string(self.project.path().join("logs/dbt.log")).unwrap();
        let is_product = ["show", "compile", "list"].contains(&arguments[0]);
        for line in output.text.lines().filter(|_| !is_product).chain(log.lines()) {
            assert!(!line.starts_with(OF_JINJA), "{arguments:?}: {line}");
        }
    }
}

fn csv(field: &str) -> String {
    format!("\"{}\"", field.replace('"', "\"\""))
}

fn models_of_properties() -> Vec<(&'static str, String, String)> {
    models(Style::Hostile)
        .into_iter()
        .filter(|(stem, ..)| !["cte", "upon", "consuming"].contains(stem))
        .collect()
}

/// What hangs on the tables, by hand.
fn attach(play: &mut Play) {
    let (schema, table) = (quoted(&play.schema), quoted(&play.name("table")));
    let id = quoted(&play.name("id"));
    let name = |stem: &str| quoted(&play.name(stem));
    let sql = format!(
        "create view {schema}.{by_hand} as select {id} as {other} from {schema}.{table};
         create materialized view {schema}.{filled} as select {id} from {schema}.{by_hand_of}{table};
         create index {index} on {schema}.{table} ({id}) where {id} > 0;
         create statistics {schema}.{statistics} on {id}, {at} from {schema}.{table};
         create function {schema}.{fire}() returns trigger language plpgsql as 'begin return new; end';
         create trigger {trigger} before insert on {schema}.{table} for each row execute function {schema}.{fire}();
         create policy {policy} on {schema}.{table} using ({id} > 0);
         alter table {schema}.{table} add constraint {check} check ({id} > 0), add constraint {unique} unique ({id});
         create table {schema}.{child} (id int constraint {foreign} references {schema}.{table} ({id}));
         grant select ({id}) on {schema}.{table} to {role};
         comment on constraint {check} on {schema}.{table} is {comment}",
        by_hand = name("hand"),
        other = name("other"),
        filled = name("filled"),
        by_hand_of = "",
        index = name("hand index"),
        statistics = name("statistics"),
        at = name("at"),
        fire = name("fire"),
        trigger = name("trigger"),
        policy = name("policy"),
        check = name("check"),
        unique = name("unique key"),
        child = name("child"),
        foreign = name("foreign"),
        role = quoted(&play.role),
        comment = literal(HOSTILE),
    );
    play.database.client().batch_execute(&sql).unwrap_or_else(|error| panic!("{error:?}: {sql}"));
}

impl Play {
    fn names(&self) -> BTreeSet<String> {
        let sql = NAMES
            .replace("home()", "to_regnamespace(quote_ident(SCHEMA))")
            .replace("SCHEMA", &literal(&self.schema));
        let rows = self.database.client().query(&sql, &[]).unwrap_or_else(|error| panic!("{error:?}: {sql}"));
        rows.into_iter().map(|row| row.get(0)).collect()
    }

    fn finish(mut self) {
        let role = quoted(&self.role);
        self.database.execute(&format!(
            "grant {role} to current_user; drop owned by {role} cascade; drop role {role}"
        ));
    }
}

/// All that has a name in the schema. The server makes up the names of some.
const NAMES: &str = "
    select relkind::text || ' ' || relname from pg_class where relnamespace = home() and relkind <> 'I' and relname !~ '_p[0-9]{8}'
    union select 'constraint ' || conname || ' of ' || conrelid::regclass from pg_constraint
        where connamespace = home() and conrelid <> 0 and conrelid::regclass::text !~ '_p[0-9]{8}'
    union select 'trigger ' || tgname from pg_trigger join pg_class on pg_class.oid = tgrelid where relnamespace = home() and not tgisinternal
    union select 'policy ' || polname from pg_policy join pg_class on pg_class.oid = polrelid where relnamespace = home()
    union select 'statistics ' || stxname from pg_statistic_ext where stxnamespace = home()
    union select 'function ' || proname from pg_proc where pronamespace = home()
    union select 'column ' || attname || ' of ' || relname from pg_attribute join pg_class on pg_class.oid = attrelid
        where relnamespace = home() and attnum > 0 and not attisdropped and relkind in ('r', 'p', 'v', 'm') and relname !~ '_p[0-9]{8}'
    union select 'grant to ' || grantee || ' on ' || table_name from information_schema.role_table_grants where table_schema::text = SCHEMA and grantee <> current_user";

/// What each command is called with; of the others none reaches a statement with a name.
const COMMANDS: [(&str, &[&[&str]]); 15] = [
    ("build", &[&["--full-refresh"], &["--empty"], &[]]),
    ("run", &[&[], &["--full-refresh"]]),
    ("seed", &[&[], &["--full-refresh"]]),
    ("snapshot", &[&[]]),
    ("test", &[&["--store-failures"], &[]]),
    ("clone", &[&["--state", "state", "--target", "clones"]]),
    (
        "compile",
        &[&[
            "--inline",
            "select * from {{ ref('table') }} cross join (select 1 as more from {{ ref('cte') }}) as c",
        ]],
    ),
    ("docs", &[&["generate"]]),
    ("retry", &[&[]]),
    ("run-operation", &[&["all"]]),
    ("show", &[&["--select", "upon"], &["--inline", "select * from {{ ref('upon') }}"]]),
    ("export", &[&["--to", "exports/"], &["--to", "exports/", "--format", "jsonl"]]),
    ("source", &[&["freshness"]]),
    ("load", &[&[], &["--select", "source:s.loaded"]]),
    ("list", &[&[], &["--state", "state", "--select", "state:modified"]]),
];
const WITHOUT_NAMES: [&str; 14] = [
    "backfill",
    "clean",
    "complete",
    "completions",
    "debug",
    "deps",
    "init",
    "lineage",
    "man",
    "parse",
    "schedule",
    "schema",
    "db",
    "help",
];

fn play(style: Style) {
    let mut play = Play::new(style);
    let [id, at, gone] = ["id", "at", "gone"].map(|stem| quoted(&play.name(stem)));
    let (schema, staged, facts) =
        (quoted(&play.schema), quoted(&play.name("staged")), quoted(&play.name("facts")));
    let rows = format!(
        "insert into {schema}.{staged} values (1, '2026-01-01', false), (2, '2026-01-01', true);
         insert into {schema}.{facts} values (1, '2026-01-01'), (2, '2026-02-01')"
    );
    play.database.execute(&format!(
        "create schema {schema}; create table {schema}.{staged} ({id} int, {at} timestamp, {gone} boolean);
         create table {schema}.{facts} ({id} int, {at} timestamp); {rows}"
    ));
    play.ok(&["build"]);
    play.ok(&["load"]);
    attach(&mut play);
    let names = play.names();
    for (stem, config, _) in models(style) {
        let name = play.name(stem);
        let found = names.iter().any(|found| found.split_once(' ').is_some_and(|(_, found)| found == name));
        assert_eq!(found, !config.contains("ephemeral"), "{name} in {names:#?}");
    }
    play.project.copy("target state");
    for (command, ways) in COMMANDS {
        for way in ways {
            play.database.execute(&rows);
            play.ok(&[&[command], *way].concat());
            let now = play.names();
            let changed: Vec<_> = names.symmetric_difference(&now).collect();
            assert!(changed.is_empty(), "{command} {way:?}: {changed:#?}");
        }
    }
    play.finish();
}

#[test]
fn of_all_commands_strategies_and_materializations() {
    let played: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).chain(WITHOUT_NAMES).collect();
    for command in rsdbt::inside::cli::command().get_subcommands() {
        assert!(played.contains(&command.get_name()), "{}", command.get_name());
    }
    let configs: Vec<String> = models(Style::Hostile).into_iter().map(|(_, config, _)| config).collect();
    let of_others = ["seed", "snapshot", "test", "function", "clone", "unit"];
    for (name, text) in macros() {
        for (at, marker) in text.match_indices("{% materialization ") {
            let rest = &text[at + marker.len()..];
            let kind = &rest[..rest.find(',').unwrap()];
            let wanted = format!("materialized='{kind}'");
            let is_played =
                configs.iter().any(|config| config.contains(&wanted)) || of_others.contains(&kind);
            assert!(is_played, "{name}: {kind}");
        }
        for (at, marker) in text.match_indices("macro get_incremental_") {
            let rest = &text[at + marker.len()..];
            let Some(strategy) = rest.split_once('(').and_then(|(name, _)| name.strip_suffix("_sql")) else {
                continue;
            };
            let wanted =
                format!("incremental_strategy='{}'", strategy.replace("delete_insert", "delete+insert"));
            assert!(configs.iter().any(|config| config.contains(&wanted)), "{name}: {strategy}");
        }
    }
}

/// What builds names, literals and bodies by hand, with what may enter there.
const BY_HAND: [(&str, &str); 5] = [
    ("docs.sql", "dbt's own quote, which a comment may not hold"),
    ("function.sql", "another quote where the body has this one"),
    ("judge.sql", "a type that the project declares"),
    ("partition_bounds.sql", "a pattern, and periods that the server wrote"),
    ("partition_ranges.sql", "timestamps that the server wrote"),
];

#[test]
fn sql_of_ours_quotes_by_the_quoting_functions() {
    for (file, text) in macros() {
        let known = BY_HAND.iter().any(|(name, _)| file.ends_with(&format!("/{name}")));
        for line in
            text.lines().filter(|line| !line.contains("raise_") && !line.trim_start().starts_with("{#"))
        {
            let tag = line
                .split('$')
                .skip(1)
                .step_by(2)
                .any(|tag| tag.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
            let by_hand = ["'\"' ~", "~ '\"'", "\"{{"].iter().any(|quote| line.contains(quote))
                || tag && line.matches('$').count() > 1;
            assert!(known || !by_hand, "{file}: {line}");
        }
    }
}

fn macros() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/builtin/macros");
    let mut texts = Vec::new();
    for family in fs::read_dir(folder).unwrap() {
        for file in fs::read_dir(family.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            texts.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    texts
}

#[test]
fn hostile_ones() {
    play(Style::Hostile);
}

#[test]
fn long_ones() {
    play(Style::Long);
}

#[test]
fn wide_ones() {
    play(Style::Wide);
}
