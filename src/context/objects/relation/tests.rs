//! What dbt's own classes print for the same expressions.

use minijinja::{Environment, Value};

use super::{EventTimeFilter, Relation, RelationClass, RelationType};
use crate::context::objects::ColumnClass;
use crate::jinja::python::{call_method, repr, to_str};

fn evaluate(expression: &str) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_unknown_method_callback(call_method);
    environment.add_global("R", Value::from_object(RelationClass));
    environment.add_global("C", Value::from_object(ColumnClass));
    environment.add_function("repr", |value: &Value| repr(value));
    Ok(to_str(&environment.compile_expression(expression)?.eval(())?))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn as_dbt() {
    let table = [
        ("R.create(database='d', schema='s', identifier='t')", r#""d"."s"."t""#),
        ("R.create(schema='s', identifier='t')", r#""s"."t""#),
        ("R.create('d', 's', 't', 'view').type", "view"),
        ("R.create('d', 's', 't').type", "None"),
        ("repr(R.create('d', 's', 't'))", r#"<PostgresRelation "d"."s"."t">"#),
        ("R.create('d', 's', 't').include(database=false)", r#""s"."t""#),
        ("R.create('d', 's', 't').quote(identifier=false)", r#""d"."s".t"#),
        ("R.create('d', 's', 't').include(false, false)", r#""t""#),
        ("R.create('d', 's', 't').without_identifier()", r#""d"."s""#),
        ("R.create('d', 's', 't').information_schema('columns')", r#""d".INFORMATION_SCHEMA.columns"#),
        ("R.create('d', 's', 't').information_schema_only()", r#""d".INFORMATION_SCHEMA"#),
        (
            "repr(R.create('d', 's', 't').information_schema('tables'))",
            r#"<InformationSchema "d".INFORMATION_SCHEMA.tables>"#,
        ),
        ("R.create(identifier='t').information_schema('columns')", "INFORMATION_SCHEMA.columns"),
        ("R.create('d', 's', 't').incorporate(path={'identifier': 'x'}, type='table')", r#""d"."s"."x""#),
        ("R.create('d', 's', 't', 'table').incorporate(path={'schema': none}).schema", "None"),
        ("R.create('d', 's', 't').incorporate(type='table').is_table", "True"),
        ("R.create('d', 's', 't').replace_path(identifier='z')", r#""d"."s"."z""#),
        ("R.create('d', 's', 't', quote_policy={'identifier': false})", r#""d"."s".t"#),
        ("R.create('d', 's', 't', include_policy={'database': false})", r#""s"."t""#),
        (
            "R.create('d', 's', 't', limit=0)",
            r#"(select * from "d"."s"."t" where false limit 0) _dbt_limit_subq_t"#,
        ),
        ("R.create('d', 's', 't', limit=5)", r#"(select * from "d"."s"."t" limit 5) _dbt_limit_subq_t"#),
        ("R.create('d', 's', 't', limit=0).render()", r#""d"."s"."t""#),
        ("R.create('d', 's', 't').render_limited()", r#""d"."s"."t""#),
        (
            "R.create('d', 's', 't', limit=0, require_alias=false)",
            r#"(select * from "d"."s"."t" where false limit 0)"#,
        ),
        ("R.create('d', 's', 't', 'view').is_view", "True"),
        ("R.create('d', 's', 't', 'view').can_be_renamed", "True"),
        ("R.create('d', 's', 't', 'materialized_view').can_be_renamed", "False"),
        ("R.create('d', 's', 't', 'materialized_view').is_materialized_view", "True"),
        ("R.create('d', 's', 't').matches('d', 's', 't')", "True"),
        ("R.create('d', 's', 't').matches(identifier='x')", "False"),
        ("R.create('d', 's', 'T').matches(identifier='t')", "error"),
        ("R.create('d', 's', 't').matches()", "error"),
        ("R.create('d', 's', 't') == R.create('d', 's', 't')", "True"),
        ("R.create('d', 's', 't') == R.create('d', 's', 't', 'table')", "False"),
        ("R.create('d', 's', 't').get('metadata').get('type')", "PostgresRelation"),
        ("R.create('d', 's', 't').get('identifier')", "t"),
        ("R.create('d', 's', 't').get('zzz', 'x')", "x"),
        ("R.create('d', 's', 't').name", "t"),
        ("R.create('d', 's', 't').table", "t"),
        ("R.create('d', 's', 't').path.schema", "s"),
        ("R.create('d', 's', 't').include_policy.schema", "True"),
        ("R.create('d', 's', 't').quote_policy.schema", "True"),
        ("R.create('d', 's', 't')['schema']", "s"),
        ("R.add_ephemeral_prefix('m')", "__dbt__cte__m"),
        ("R.scd_args('id', 'ts')", "['id', 'ts']"),
        ("R.scd_args(['a', 'b'], 'ts')", "['a', 'b', 'ts']"),
        ("R.View", "view"),
        (
            "R.create('d', 's', 'x' * 64)",
            r#""d"."s"."xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx""#,
        ),
        ("R.create('d', 's', 't').quoted('y')", r#""y""#),
        ("R.create(database='d', schema='s', identifier='t', type='cte')", r#""d"."s"."t""#),
        ("R.create('d', 's', 't').get_relation_type.View", "view"),
        ("C.create('id', 'string').dtype", "TEXT"),
        ("C('id', 'integer').data_type", "integer"),
        ("C('n', 'numeric', none, 10, 2).data_type", "numeric(10,2)"),
        ("C('n', 'numeric').data_type", "numeric"),
        ("C('s', 'character varying', 12).data_type", "character varying(12)"),
        ("C('s', 'character varying').data_type", "character varying"),
        ("C('s', 'varchar').data_type", "character varying(256)"),
        ("C('s', 'text').data_type", "text"),
        ("C('s', 'text').string_size()", "256"),
        ("C('i', 'integer').string_size()", "error"),
        ("C('s', 'character', 3).data_type", "character varying(3)"),
        ("C('s', 'character varying', 10).can_expand_to(C('s', 'character varying', 20))", "True"),
        ("C('s', 'character varying', 30).can_expand_to(C('s', 'text'))", "True"),
        ("C('s', 'text').is_string()", "True"),
        ("C('s', 'BIGINT').is_integer()", "True"),
        ("C('s', 'bigint').is_number()", "True"),
        ("C('s', 'double precision').is_float()", "True"),
        ("C('s', 'numeric').is_numeric()", "True"),
        ("C('a b', 'text').quoted", r#""a b""#),
        ("C('a', 'text').name", "a"),
        (
            "C('a', 'text')",
            "PostgresColumn(column='a', dtype='text', char_size=None, numeric_precision=None, numeric_scale=None)",
        ),
        ("C('a', 'integer').literal(5)", "5::integer"),
        ("C.from_description('a', 'numeric(10,2)').data_type", "numeric(10,2)"),
        ("C.from_description('a', 'character varying(5)').char_size", "5"),
        ("C.from_description('a', 'timestamp with time zone').data_type", "timestamp with time zone"),
        ("C.from_description('a', 'numeric(x,2)')", "error"),
        ("C.numeric_type('numeric', 5, 1)", "numeric(5,1)"),
        ("C.string_type(10)", "character varying(10)"),
        ("C('a', 'text') == C('a', 'text')", "True"),
    ];
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(expression, expected)| {
            let result = evaluate(expression);
            let right = result.as_deref().unwrap_or("error") == *expected;
            (!right).then(|| format!("{expression}: {result:?} is not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn time_windows_become_subqueries() {
    let relation = Relation::new(Some("d"), Some("s"), Some("t")).of_type(RelationType::Table);
    let filter = EventTimeFilter {
        field_name: "at".into(),
        start: Some("2024-01-01 00:00:00+00:00".into()),
        end: Some("2024-01-02 00:00:00+00:00".into()),
    };
    assert_eq!(
        relation.with_event_time_filter(Some(filter)).to_sql(),
        r#"(select * from "d"."s"."t" where at >= '2024-01-01 00:00:00+00:00' and at < '2024-01-02 00:00:00+00:00') _dbt_et_filter_subq_t"#
    );
    assert_eq!(Relation::ephemeral("m").to_sql(), "__dbt__cte__m");
}

#[test]
fn changed_indexes_of_a_materialized_view() {
    let template = "{% set c = R.create('d', 's', 't').get_materialized_view_config_change_collection(
        {'indexes': [{'name': 'i1', 'column_names': 'a', 'unique': false, 'method': 'btree'}]},
        {'config': {'indexes': wanted}}) %}
        {%- if c %}{% for i in c.indexes %}{{ i.action }} {{ i.context.name }} {{ i.context.as_node_config }};{% endfor %}{% else %}none{% endif %}";
    let render = |wanted: Value| {
        let mut environment = Environment::new();
        environment.add_global("R", Value::from_object(RelationClass));
        environment.render_str(template, minijinja::context! { wanted }).unwrap()
    };
    let same = Value::from_pairs([("columns", Value::from(vec!["A"]))]);
    assert_eq!(render(Value::from(vec![same])), "none");
    let other = Value::from_pairs([("columns", Value::from(vec!["b"])), ("type", Value::from("hash"))]);
    assert_eq!(
        render(Value::from(vec![other])),
        "drop i1 {'columns': ['a'], 'unique': False, 'type': 'btree'};\
         create  {'columns': ['b'], 'unique': False, 'type': 'hash'};"
    );
}
