//! Templates against a real server, with the built-in macros.

use std::any::Any;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::adapter::{Begin, Fetch, RelationCache, SeedOptions, WorkerSession, test_database};
use crate::context::objects::Policy;
use crate::context::runtime::Database as _;
use crate::context::{Engine, EngineSettings};
use crate::diagnostic::{Result, SourceText};
use crate::jinja::{Context, python};

/// A node's context with the database and little else.
struct Node {
    database: Option<Arc<NodeDatabase>>,
    schema: String,
}

impl Context for Node {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "execute" => Some(Value::from(self.database.is_some())),
            "schema" => Some(Value::from(self.schema.as_str())),
            "database" => self.database.as_ref().map(|database| Value::from(&database.settings.database)),
            "model" => Some(python::dict([("config".into(), python::dict([]))])),
            _ => match &self.database {
                Some(database) => database.get(name),
                None => parse_name(name),
            },
        }
    }

    fn package(&self) -> &'static str {
        "shop"
    }

    fn execute(&self) -> bool {
        self.database.is_some()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct Project {
    engine: Engine,
    context: Arc<dyn Context>,
    session: Arc<WorkerSession>,
    schema: String,
}

impl Project {
    fn new(seed: Option<SeedFile>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let schema = format!("templates_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let settings = test_database::settings();
        let session = WorkerSession::new(&settings, None);
        let adapter = Arc::new(AdapterSettings {
            output: None,
            output_name: "test".into(),
            database: settings.database.clone(),
            project_name: "shop".into(),
            quoting: Policy::default(),
            behavior: serde_json::Map::new(),
            cache: Arc::new(RelationCache::default()),
            memory: Arc::default(),
        });
        let database = NodeDatabase::new(&adapter, Some(&session), seed);
        let context = Node { database: Some(database), schema: schema.clone() };
        let project = Self { engine: engine(), context: Arc::new(context), session, schema };
        project
            .render("{% do adapter.create_schema(api.Relation.create(database=database, schema=schema)) %}");
        project
    }

    fn render(&self, text: &str) -> String {
        self.try_render(text).unwrap_or_else(|error| panic!("{}", error.message))
    }

    fn try_render(&self, text: &str) -> Result<String> {
        self.engine.render(&SourceText::new("models/a.sql", text), &self.context)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        self.session.release();
        let sql = format!("drop schema {} cascade", self.schema);
        let _ = self.session.execute(&sql, Begin::Auto, Fetch::Nothing).and_then(|_| self.session.commit());
    }
}

fn engine() -> Engine {
    let settings = EngineSettings { root: "shop".into(), ..EngineSettings::default() };
    Engine::new(settings).unwrap_or_else(|errors| panic!("{}", errors.0[0].message))
}

#[test]
fn statements_leave_results_that_are_read_once() {
    let project = Project::new(None);
    let text = project.render(
        "{% call statement('x', fetch_result=true) %}select 7 as id, 'a' as name{% endcall %}\
         {% set x = load_result('x') %}{{ x.table.columns[0].values()[0] }} {{ x.response }} {{ x.response.code }} \
         {{ x.data }} {{ run_query('select 2 as two').columns['two'].values()[0] }}",
    );
    assert_eq!(text, "7 SELECT 1 SELECT [[7, 'a']] 2");
    let error = project.try_render("{{ load_result('x') }}").unwrap_err();
    assert_eq!(error.message, "The 'statement' result named 'x' has already been loaded into a variable");
    assert_eq!(project.render("{{ load_result('never') }}"), "None");
}

#[test]
fn relations_are_made_found_renamed_and_dropped() {
    let project = Project::new(None);
    let text = project.render(
        "{% set t = api.Relation.create(database=database, schema=schema, identifier='t', type='table') %}\
         {% call statement() %}create table {{ t }} as select 1 as id, 'x'::varchar(5) as name{% endcall %}\
         {% do adapter.cache_added(t) %}\
         {{ adapter.get_relation(database, schema, 't').type }} \
         {{ adapter.get_columns_in_relation(t) | map(attribute='data_type') | list }} \
         {% set u = t.incorporate(path={'identifier': 'u'}) %}{% do adapter.rename_relation(t, u) %}\
         {{ adapter.list_relations(database, schema) | map(attribute='identifier') | list }} \
         {% do adapter.truncate_relation(u) %}{% do adapter.drop_relation(u) %}\
         {{ adapter.get_relation(database, schema, 'u') }} {{ adapter.check_schema_exists(database, schema) }}",
    );
    assert_eq!(text, "table ['integer', 'character varying(5)'] ['u'] None True");
    let error = project.try_render("{{ adapter.get_relation('other', schema, 'x') }}").unwrap_err();
    assert!(error.message.starts_with("Cross-db references not allowed in postgres (other vs "));
}

#[test]
fn names_that_differ_in_case_are_refused() {
    let project = Project::new(None);
    let error = project
        .try_render(
            "{% call statement() %}create table {{ schema }}.\"Orders\" (){% endcall %}\
             {{ adapter.get_relation(database, schema, 'orders') }}",
        )
        .unwrap_err();
    assert!(error.message.contains("dbt found an approximate match"), "{}", error.message);
}

#[test]
fn seeds_are_copied_and_their_rows_are_there_for_templates() {
    let path = std::env::temp_dir().join(format!("rsdbt-seed-{}.csv", std::process::id()));
    std::fs::write(&path, "id,name\n1,a\n2,\n").unwrap();
    let file =
        SeedFile { path: path.clone(), shown_path: "seeds/s.csv".into(), options: SeedOptions::default() };
    let project = Project::new(Some(file));
    let text = project.render(
        "{% set table = load_agate_table() %}{{ table.column_names }} {{ table.rows | length }} \
         {{ adapter.convert_type(table, 0) }} {{ adapter.convert_type(table, 1) }} \
         {% set r = api.Relation.create(database=database, schema=schema, identifier='s', type='table') %}\
         {% call statement() %}create table {{ r }} (id int, name text){% endcall %}\
         {% do adapter.load_seed(r, table, 'id, name') %}\
         {{ run_query('select sum(id) as n from ' ~ r).columns[0].values()[0] }} {{ table.rows[1]['name'] }} \
         {% for row in table.rows %}{{ row[0] }}{% endfor %}",
    );
    std::fs::remove_file(path).unwrap();
    assert_eq!(text, "('id', 'name') 2 integer text 3 None 12");
}

#[test]
fn an_attempt_and_a_contracts_types() {
    let project = Project::new(None);
    let text = project.render(
        "{{ adapter.attempt('select * from nowhere_at_all', ['42P01']) }} {{ adapter.attempt('select 1', []) }} \
         {% for c in adapter.get_column_schema_from_query('select 1::int8 as a, null::varchar as b, null::jsonb as c limit 0') %}\
         {{ c.name }}:{{ c.dtype }} {% endfor %}\
         {{ adapter.render_raw_columns_constraints({'id': {'name': 'id', 'data_type': 'int', 'constraints': \
           [{'type': 'not_null'}, {'type': 'check', 'expression': 'id > 0'}]}}) }} \
         {{ adapter.render_raw_model_constraints([{'type': 'primary_key', 'columns': ['a', 'b'], 'name': 'pk'}, \
           {'type': 'foreign_key', 'columns': ['a'], 'to': 'x.y', 'to_columns': ['k']}]) }}",
    );
    assert_eq!(
        text,
        "None SELECT 1 a:LONGINTEGER b:TEXT c:JSONB ['id int not null check (id > 0)'] \
         ['constraint pk primary key (a, b)', 'foreign key (a) references x.y (k)']"
    );
}

#[test]
fn small_methods_answer_as_dbts() {
    let project = Project::new(None);
    for (template, expected) in [
        (
            "{{ adapter.quote('a') }} {{ adapter.quote_as_configured('b', 'schema') }} {{ adapter.type() }}",
            "\"a\" \"b\" postgres",
        ),
        ("{{ adapter.quote_seed_column('a', none) }} {{ adapter.quote_seed_column('a', false) }}", "\"a\" a"),
        (
            "{{ adapter.behavior.anything.no_warn }} {{ 'on' if adapter.behavior.anything else 'off' }}",
            "False off",
        ),
        ("{{ adapter.get_hard_deletes_behavior({'hard_deletes': 'new_record'}) }}", "new_record"),
        ("{{ adapter.get_hard_deletes_behavior({'invalidate_hard_deletes': true}) }}", "invalidate"),
        ("{{ adapter.parse_index({'columns': ['a'], 'unique': true}).unique }}", "True"),
        ("{{ adapter.verify_database(database | upper) }}", ""),
    ] {
        assert_eq!(project.render(template), expected, "{template}");
    }
    for (template, expected) in [
        ("{{ adapter.no_such_thing() }}", "'adapter' has no method 'no_such_thing'"),
        ("{{ adapter.parse_index({}) }}", "Could not parse index config: 'columns' is a required property"),
        (
            "{{ adapter.get_incremental_strategy_macro(context, 'mrege') }}",
            "dbt could not find an incremental strategy macro with the name \"get_incremental_mrege_sql\" in shop",
        ),
    ] {
        let error = project.try_render(template).unwrap_err();
        assert!(error.message.contains(expected), "{}", error.message);
    }
}

#[test]
fn nothing_is_asked_while_parsing() {
    let context: Arc<dyn Context> = Arc::new(Node { database: None, schema: "x".into() });
    let text = "{{ adapter.get_relation('a', 'b', 'c') }} {{ adapter.get_columns_in_relation(this) }} \
                {% call statement('x') %}{{ exceptions.raise_compiler_error('rendered') }}{% endcall %}\
                {{ adapter.quote('q') }} {{ load_result('x') }}";
    let source = SourceText::new("models/a.sql", text);
    assert_eq!(engine().render(&source, &context).unwrap(), "None [] \"q\" None");
}
