//! Projects over two databases: `far` has the inputs, the target has the tables. `RSDBT_TEST_OTHER_DATABASE_URL` names a second
//! server, perhaps of another version; without it both are on one.

mod acting;
mod field;
mod histories;
mod load_histories;
mod loads;
mod losses;
mod missing;
mod periods;
mod refusals;
mod snapshot;
mod types;
mod work;

use field::Field;

/// Model, its configs, and the condition of its query.
const MODELS: [(&str, &str, &str); 7] = [
    ("built", "materialized='table', indexes=[{'columns': ['id'], 'unique': true}]", ""),
    (
        "appended",
        "materialized='incremental', incremental_strategy='append'",
        "where id > {{ high_water('id') }}",
    ),
    (
        "replaced",
        "materialized='incremental', incremental_strategy='delete+insert', unique_key='id'",
        "where at > {{ high_water('at') }}",
    ),
    (
        "merged",
        "materialized='incremental', incremental_strategy='merge', unique_key='id'",
        "where at > {{ high_water('at') }}",
    ),
    (
        "upserted",
        "materialized='incremental', incremental_strategy='merge_upsert', unique_key=['id'], updated_at='at'",
        "where at > {{ high_water('at') }}",
    ),
    (
        "by_day",
        "materialized='incremental', incremental_strategy='partition_overwrite', partition_by={'field': 'day', 'granularity': 'day'}",
        "where day >= {{ high_water('day') }}",
    ),
    (
        "by_part",
        "materialized='incremental', incremental_strategy='partition_overwrite', partitioned=true, partition_by={'field': 'day', 'granularity': 'day'}",
        "where day >= {{ high_water('day') }}",
    ),
];

fn write_models(field: &Field) {
    for (name, config, condition) in MODELS {
        let condition = match condition {
            "" => String::new(),
            condition => format!("{{% if is_incremental() %}} {condition} {{% endif %}}"),
        };
        field.project.write(
            &format!("models/{name}.sql"),
            &format!("{{{{ config({config}) }}}} select id, day, at, amount from {{{{ source('far', 'events') }}}} {condition}"),
        );
    }
}

/// How many rows, and what they say.
const DIGEST: &str = "select count(*) || ' ' || coalesce(md5(string_agg(concat_ws('|', id, day, extract(epoch from at), amount), ',' order by id)), '')";

#[test]
fn tables_of_all_strategies_follow_inputs_of_another_database() {
    let mut field = Field::new();
    write_models(&field);
    field.project.write("models/seen.sql", "select count(*) as n from {{ ref('merged') }}");
    field.arrive(1, 500);
    field.run_ok(&["build"]);
    field.check(&MODELS.map(|model| model.0), "the first run");
    field.arrive(501, 700);
    field
        .far
        .batch_execute("update events set amount = -1, at = at + interval '1 year' where id = 3")
        .unwrap();
    field.run_ok(&["build"]);
    field.check(&["built", "replaced", "merged", "upserted"], "the second run");
    assert_eq!(field.home_value("select count(*)::text from appended"), "700");
    assert_eq!(field.home_value("select n::text from seen"), "700");
    field.run_ok(&["build"]);
    field.check(&["built", "replaced", "merged", "upserted"], "the third run, to which nothing has arrived");
    field.run_ok(&["build", "--full-refresh"]);
    field.check(&MODELS.map(|model| model.0), "a full refresh");
}

#[test]
fn tests_snapshots_freshness_and_show_go_where_their_inputs_are() {
    let mut field = Field::new();
    write_models(&field);
    field.project.write(
        "models/properties.yml",
        "models:\n  - {name: built, columns: [{name: id, data_tests: [unique, not_null]}]}\n",
    );
    field.project.write(
        "snapshots/kept.sql",
        "{% snapshot kept %}{{ config(unique_key='id', strategy='check', check_cols=['amount']) }} select id, amount from {{ source('far', 'events') }}{% endsnapshot %}",
    );
    field
        .project
        .write("tests/all_positive.sql", "select * from {{ source('far', 'events') }} where amount < 0");
    field.project.write("analyses/days.sql", "select day from {{ source('far', 'events') }} group by 1");
    field.project.write(
        "models/small.sql",
        "{{ config(materialized='ephemeral') }} select id from {{ source('far', 'events') }} where id < 5",
    );
    field
        .project
        .write("models/few.sql", "{{ config(materialized='table') }} select * from {{ ref('small') }}");
    field.arrive(1, 20);
    field.run_ok(&["build"]);
    assert_eq!(field.home_value("select count(*)::text from few"), "4");
    field.far.batch_execute("update events set amount = 7 where id = 1").unwrap();
    field.run_ok(&["build"]);
    assert_eq!(field.home_value("select count(*) || ' ' || count(dbt_valid_to) from kept"), "21 1");
    field.far.batch_execute("insert into events values (99, current_date, now(), -5)").unwrap();
    let failed = field.project.run(&["test"]);
    assert!(failed.text.contains("FAIL 1 all_positive"), "{}", failed.text);
    field.run_ok(&["source", "freshness"]);
    field.project.write(
        "models/unit.yml",
        "unit_tests:\n  - name: above_what_is_there\n    model: appended\n    overrides: {macros: {is_incremental: true}}\n\
         \x20   given:\n      - {input: \"source('far', 'events')\", rows: [{id: 2}, {id: 5}]}\n      - {input: this, rows: [{id: 3}]}\n\
         \x20   expect: {rows: [{id: 5}]}\n",
    );
    field.run_ok(&["test", "--select", "test_type:unit"]);
    let shown =
        field.project.run(&["show", "--inline", "select count(*) as n from {{ source('far', 'events') }}"]);
    assert!(shown.text.contains("21"), "{}", shown.text);
    let shown = field.project.run(&["show", "--select", "built", "--limit", "1"]);
    assert_eq!(shown.status, 0, "{}", shown.text);
    field.run_ok(&["compile"]);
}
