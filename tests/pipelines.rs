//! Pipelines whose query is a file of their own: a mart by days from facts and dimensions, as an analyst writes it.

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Output, Project, assert_mistakes};

const CLOCK: &str = "RSDBT_SIMULATED_CLOCK";

const UNITS: &str = "pipeline_type: postgres_merge_upsert
pipeline_key: unit
pipeline_dag_configs: {start_date: 2024-01-01 15:00:00, schedule_interval: \"0 15 * * *\", default_args: {}}
merge_upsert:
  destination_table: unit
  staging_table: unit_staging
  unique_keys: [id]
  tests:
    - unique: {column_name: id}
";

const MART: &str = "pipeline_type: postgres_transform_load
pipeline_key: mart
pipeline_dag_configs:
  start_date: 2024-01-01 15:00:00
  schedule_interval: \"0 15 * * *\"
  default_args: {owner: ads}
execution_delay_seconds: 3600
upstream_dependencies:
  - dag_id: postgres_merge_upsert_unit
transform_load:
  sql_file: mart.sql
  destination_table: m1_d_mart
  partition_by: {field: data_at, granularity: day, time_zone: Asia/Seoul}
  unique_keys: [data_at, unit_id]
  tests:
    - not_null: {column_name: unit_type}
    - facts_before_horizon
";

const QUERY: &str = "with clicks as (
    select unit_id, (created_at at time zone 'UTC' at time zone 'Asia/Seoul')::date as data_at
    from {{ source('ad', 'click') }}
    where {{ in_partitions('created_at') }}
)

select data_at, unit_id, coalesce(unit_type, 'UNKNOWN') as unit_type, count(*) as clicks
from clicks
left join {{ ref('unit') }} as unit on unit.id = unit_id
group by 1, 2, 3
";

fn project(database: &mut Database) -> Project {
    let project = Project::new(database);
    let schema = &database.schema;
    project.write("pipelines/unit.yml", UNITS);
    project.write("pipelines/mart/mart.yml", MART);
    project.write("pipelines/mart/mart.sql", QUERY);
    project.write(
        "models/sources.yml",
        &format!(
            "sources:\n  - {{name: ad, schema: {schema}, tables: [{{name: unit_staging}}, {{name: click, config: {{event_time: created_at}}}}]}}\n"
        ),
    );
    database.execute(
        "create table unit_staging (id bigint, unit_type text, created_at timestamp, updated_at timestamp);
         create table click (unit_id bigint, created_at timestamp);
         insert into unit_staging values (1, 'BANNER', '2024-01-01', '2024-01-01');
         insert into click values (1, '2024-01-01 15:00'), (1, '2024-01-02 14:59:59'), (2, '2024-01-02 15:00')",
    );
    project
}

fn due(project: &Project, at: &str) -> Output {
    let output = project.command(&["run", "--due"]).env(CLOCK, at).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    Output { text: String::from_utf8(text).unwrap(), status: output.status.code().unwrap() }
}

fn mart(database: &mut Database) -> Vec<String> {
    texts(
        database,
        "select concat_ws(' ', data_at, unit_id, unit_type, clicks) from m1_d_mart order by data_at, unit_id",
    )
}

fn texts(database: &mut Database, sql: &str) -> Vec<String> {
    let rows = database.query(sql).unwrap().rows;
    let text = |row: &Vec<Cell>| match row.first() {
        Some(Cell::Text(text)) => text.clone(),
        other => panic!("{other:?}"),
    };
    rows.iter().map(text).collect()
}

#[test]
fn a_mart_by_days_follows_its_facts_and_its_tests_run_after_it() {
    let mut database = Database::new();
    let project = project(&mut database);
    let first = due(&project, "2024-01-02T16:00:00Z");
    assert_eq!(first.status, 0, "{}", first.text);
    assert_eq!(mart(&mut database), ["2024-01-02 1 BANNER 2", "2024-01-03 2 UNKNOWN 1"]);
    for passed in [
        "2 of 3 PASS facts_before_horizon",
        "3 of 3 PASS not_null_",
        "2 of 2 PASS unique_postgres_merge_upsert_unit_id",
    ] {
        assert!(first.text.contains(passed), "{passed}\n{}", first.text);
    }
    // late facts of the day before, and of today
    database.execute(
        "insert into click values (1, '2024-01-02 10:00'), (1, '2024-01-03 10:00');
         insert into unit_staging values (2, 'VIDEO', '2024-01-03', '2024-01-03')",
    );
    let second = due(&project, "2024-01-03T16:00:00Z");
    assert_eq!(second.status, 0, "{}", second.text);
    let now = ["2024-01-02 1 BANNER 3", "2024-01-03 1 BANNER 1", "2024-01-03 2 VIDEO 1"];
    assert_eq!(mart(&mut database), now);
    let again = due(&project, "2024-01-03T16:00:00Z");
    assert!(again.status == 0 && !again.text.contains("attempt"), "{}", again.text);
    assert_eq!(mart(&mut database), now);
}

/// The work is committed: the interval is done, and the command fails.
#[test]
fn a_test_that_fails_is_told_and_repeats_nothing() {
    let mut database = Database::new();
    let project = project(&mut database);
    project.write("pipelines/mart/mart.sql", &QUERY.replace("coalesce(unit_type, 'UNKNOWN')", "unit_type"));
    let first = due(&project, "2024-01-02T16:00:00Z");
    assert_eq!(first.status, 1, "{}", first.text);
    let told =
        "success, but what followed failed: not_null_postgres_transform_load_mart_unit_type: Got 1 result";
    assert!(first.text.contains(told), "{}", first.text);
    assert_eq!(mart(&mut database), ["2024-01-02 1 BANNER 2", "2024-01-03 2 1"]);
    let again = due(&project, "2024-01-02T16:00:00Z");
    assert!(!again.text.contains("attempt"), "{}", again.text);
}

/// Late facts make their day one that is built again, and a query of the interval's rows alone would empty it.
#[test]
fn a_query_that_is_limited_by_the_interval_is_refused_where_other_periods_are_built() {
    let mut database = Database::new();
    let project = project(&mut database);
    let limit = "created_at >= '{{ interval_start }}' and created_at < '{{ interval_end }}'";
    let beside = format!("{{{{ in_partitions('created_at') }}}} and {limit}");
    for query in [
        QUERY.replace("{{ in_partitions('created_at') }}", limit),
        QUERY.replace("{{ in_partitions('created_at') }}", &beside),
    ] {
        project.write("pipelines/mart/mart.sql", &query);
        let refused = due(&project, "2024-01-02T16:00:00Z");
        assert_eq!(refused.status, 1, "{}", refused.text);
        let told = "`interval_start` limits the rows of the query, and `dirty` builds further periods, which would be emptied";
        assert!(refused.text.contains(told), "{}", refused.text);
        assert_eq!(project.run(&["schedule", "clear", "postgres_transform_load_mart"]).status, 0);
    }
    // a value is none
    let value = QUERY
        .replace("count(*) as clicks", "count(*) as clicks, '{{ interval_end }}'::timestamp as known_until");
    project.write("pipelines/mart/mart.sql", &value);
    let built = due(&project, "2024-01-02T16:00:00Z");
    assert_eq!(built.status, 0, "{}", built.text);
    // without what adds periods it is the way to read them
    project.write(
        "pipelines/mart/mart.yml",
        &MART.replace("  tests:", "  dirty: false\n  tests:").replace("    - facts_before_horizon\n", ""),
    );
    project.write("pipelines/mart/mart.sql", &QUERY.replace("{{ in_partitions('created_at') }}", limit));
    database.execute("insert into click values (1, '2024-01-02 10:00'), (1, '2024-01-03 10:00')");
    let built = due(&project, "2024-01-03T16:00:00Z");
    assert_eq!(built.status, 0, "{}", built.text);
    assert_eq!(
        mart(&mut database),
        ["2024-01-02 1 BANNER 2", "2024-01-03 1 BANNER 1", "2024-01-03 2 UNKNOWN 1"]
    );
}

#[test]
fn rows_are_replaced_by_key_or_all_of_them() {
    let mut database = Database::new();
    let project = project(&mut database);
    let whole =
        MART.replace("  partition_by: {field: data_at, granularity: day, time_zone: Asia/Seoul}\n", "");
    let whole = whole.replace("    - facts_before_horizon\n", "").replace("[data_at, unit_id]", "[unit_id]");
    let query = "select unit_id, 'BANNER' as unit_type, count(*) as clicks, max(created_at)::date as data_at from {{ source('ad', 'click') }}
        {% if is_incremental() %} where unit_id = 2 {% endif %} group by 1";
    project.write("pipelines/mart/mart.yml", &whole);
    project.write("pipelines/mart/mart.sql", query);
    let run = || project.run(&["build", "--select", "m1_d_mart"]);
    assert_eq!(run().status, 0);
    assert_eq!(mart(&mut database), ["2024-01-02 1 BANNER 2", "2024-01-02 2 BANNER 1"]);
    database.execute("insert into click values (1, '2024-01-05'), (2, '2024-01-05')");
    assert_eq!(run().status, 0);
    assert_eq!(mart(&mut database), ["2024-01-02 1 BANNER 2", "2024-01-05 2 BANNER 2"], "by key");
    // a key is a unique index, which is there before the rows are
    let twice = query.replace("group by 1", "group by 1 union all select 2, 'VIDEO', 0, '2024-01-05'");
    project.write("pipelines/mart/mart.sql", &twice);
    let refused = run();
    assert_eq!(refused.status, 1, "{}", refused.text);
    assert_eq!(
        mart(&mut database),
        ["2024-01-02 1 BANNER 2", "2024-01-05 2 BANNER 2"],
        "nothing was written"
    );
    project.write("pipelines/mart/mart.yml", &whole.replace("  unique_keys: [unit_id]\n", ""));
    project.write("pipelines/mart/mart.sql", query);
    assert_eq!(project.run(&["build", "--select", "m1_d_mart", "--full-refresh"]).status, 0);
    assert_eq!(mart(&mut database), ["2024-01-05 1 BANNER 3", "2024-01-05 2 BANNER 2"], "all of them");
}

#[test]
fn a_table_goes_by_its_name_and_its_query_is_compiled_like_a_models() {
    let mut database = Database::new();
    let project = project(&mut database);
    let listed = project.run(&["-q", "ls", "--select", "+m1_d_mart", "--resource-type", "model"]).text;
    let names: Vec<&str> = listed.lines().collect();
    assert_eq!(names, ["shop.postgres_merge_upsert_unit", "shop.mart.postgres_transform_load_mart"]);
    // all that it says of its periods is in force
    let said = MART.replace("Asia/Seoul}", "Asia/Seoul, local: true, independent: true}");
    project.write("pipelines/mart/mart.yml", &said);
    let config = project
        .run(&["-q", "ls", "--select", "m1_d_mart", "--output", "json", "--output-keys", "config"])
        .text;
    for part in ["\"time_zone\": \"Asia/Seoul\"", "\"local\": true", "\"independent\": true"] {
        assert!(config.contains(part), "{config}");
    }
    project.write("pipelines/mart/mart.yml", MART);
    // a model of that name is meant before a pipeline's table
    project.write("models/unit.sql", "{{ config(alias='unit_model') }} select 1 as id, 'MODEL' as unit_type");
    assert_eq!(project.run(&["compile", "--select", "m1_d_mart"]).status, 0);
    let compiled =
        std::fs::read_to_string(project.root.join("target/compiled/shop/pipelines/mart/mart.sql")).unwrap();
    assert!(compiled.contains("\"unit_model\""), "{compiled}");
    // a change of either file is one of the pipeline
    project.run(&["parse", "--target-path", "before"]);
    let changed = || project.run(&["-q", "ls", "--select", "state:modified", "--state", "before"]).text;
    assert_eq!(changed().trim(), "");
    project.write("pipelines/mart/mart.sql", &QUERY.replace("count(*)", "count(1)"));
    assert!(changed().contains("shop.mart.postgres_transform_load_mart"));
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let mut database = Database::new();
    let project = project(&mut database);
    let mistakes = [
        ("sql_file: mart.sql", "sql_file: marts.sql", "11:13", "there is no `marts.sql` in `pipelines`"),
        ("  sql_file: mart.sql\n", "", "11:3", "`sql_file` is missing in transform_load"),
        ("sql_file:", "sql_fil:", "11:3", "unknown key `sql_fil` in transform_load"),
        ("granularity: day", "granularity: dai", "13:", "`dai` is not a valid granularity"),
        ("Asia/Seoul", "Seoul", "13:", "`Seoul` is not a known time zone"),
        ("field: data_at, ", "", "13:17", "`field` is missing in partition_by"),
        ("field: data_at", "feld: data_at", "13:18", "unknown key `feld` in partition_by"),
        ("unique_keys: [data_at, unit_id]", "unique_keys: []", "14:16", "`unique_keys` is empty"),
        ("  tests:\n", "  lookback: -1\n  tests:\n", "15:13", "`lookback` goes from 0 to"),
        (
            "  partition_by: {field: data_at, granularity: day, time_zone: Asia/Seoul}\n",
            "  dirty: true\n",
            "13:3",
            "`dirty` needs `partition_by`",
        ),
        (
            "transform_load:\n",
            "merge_upsert: {}\ntransform_load:\n",
            "10:1",
            "`merge_upsert` belongs to a postgres_merge_upsert, and this is a postgres_transform_load",
        ),
    ];
    assert_mistakes(&project, "pipelines/mart/mart.yml", MART, &mistakes);
    project.write("pipelines/mart/mart.yml", MART);
    let mistakes = [
        ("ref('unit')", "ref('unot')", "9:", "unot"),
        (
            "group by",
            "{{ config(materialized='view') }} group by",
            "1:1",
            "`materialized` is set by `config()`",
        ),
        ("in_partitions('created_at')", "in_partitions('created_at'", "4:", ""),
    ];
    assert_mistakes(&project, "pipelines/mart/mart.sql", QUERY, &mistakes);
}
