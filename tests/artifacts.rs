//! What commands leave in `target`, as tools read it: what dbt has there and what earlier versions left out.

use serde_json::{Value as Json, json};

use crate::support::{Database, Project};

struct Given {
    _database: Database,
    project: Project,
}

impl Given {
    fn new() -> Self {
        let database = Database::new();
        let project = Project::new(&database);
        Self { _database: database, project }
    }

    fn artifact(&self, name: &str) -> Json {
        let path = self.project.path().join("target").join(name);
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn results(&self) -> Vec<String> {
        let results = self.artifact("run_results.json");
        let line = |result: &Json| format!("{} {}", text(&result["unique_id"]), text(&result["status"]));
        let mut lines: Vec<String> = results["results"].as_array().unwrap().iter().map(line).collect();
        lines.sort();
        lines
    }
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap()
}

#[test]
fn compile_compiles_hooks_and_no_result_is_of_an_ephemeral_model() {
    let given = Given::new();
    let project = &given.project;
    project.write("dbt_project.yml", "name: shop\nprofile: shop\non-run-start: \"{{ note() }}\"\n");
    project.write("macros/note.sql", "{% macro note() %}select 'noted'{% endmacro %}");
    project.write("models/inner.sql", "{{ config(materialized='ephemeral') }} select 1 as id");
    project.write("models/outer.sql", "select * from {{ ref('inner') }}");
    project.run_ok(&["compile"]);
    assert_eq!(given.results(), ["model.shop.outer success", "operation.shop.shop-on-run-start-0 success"]);
    let hook = &given.artifact("manifest.json")["nodes"]["operation.shop.shop-on-run-start-0"];
    assert_eq!(hook["compiled_code"], "select 'noted'");
}

#[test]
fn macros_that_only_a_compiled_node_calls_are_listed() {
    let given = Given::new();
    let project = &given.project;
    project.write("macros/late.sql", "{% macro late() %}/* {{ inner() }} */{% endmacro %}");
    project.write("macros/inner.sql", "{% macro inner() %}inner{% endmacro %}");
    project.write("models/a.sql", "{% if execute %}{{ late() }}{% endif %} select 1 as id");
    project.write("models/a.yml", "models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]");
    let macros = |id: &str| given.artifact("manifest.json")["nodes"][id]["depends_on"]["macros"].clone();
    project.run_ok(&["parse"]);
    assert_eq!(macros("model.shop.a"), json!([]));
    project.run_ok(&["compile"]);
    assert_eq!(macros("model.shop.a"), json!(["macro.shop.late"]));
    let of_test = macros("test.shop.unique_a_id.f6a5f640da");
    assert_eq!(of_test, json!(["macro.dbt.test_unique", "macro.dbt.get_where_subquery"]));
}

#[test]
fn results_survive_a_hook_that_cannot_be_compiled() {
    let given = Given::new();
    let project = &given.project;
    project.write("models/a.sql", "select 1 as id");
    let hook = "on-run-end: \"{% if execute %}{{ exceptions.raise_compiler_error('no') }}{% endif %}\"";
    project.write("dbt_project.yml", &format!("name: shop\nprofile: shop\n{hook}\n"));
    let output = project.run(&["run"]);
    assert_eq!(output.status, 2, "{}", output.text);
    assert_eq!(given.results(), ["model.shop.a success"]);
}

#[test]
fn a_retry_defers_as_the_run_before_it() {
    let given = Given::new();
    let project = &given.project;
    project.write("models/a.sql", "select 1 as id");
    project.write("models/b.sql", "select nonsense from {{ ref('a') }}");
    project.run_ok(&["run", "--select", "a"]);
    project.run_ok(&["compile", "--target-path", "before"]);
    project.run(&["run", "--select", "b", "--defer", "--state", "before"]);
    project.write("models/b.sql", "select id from {{ ref('a') }}");
    let output = project.run(&["retry"]);
    assert_eq!(output.status, 0, "{}", output.text);
    assert_eq!(given.results(), ["model.shop.b success"]);
}

#[test]
fn a_retry_does_not_pass_over_a_model_that_is_gone() {
    let given = Given::new();
    let project = &given.project;
    project.write("models/a.sql", "select nonsense");
    project.run(&["run"]);
    project.remove("models/a.sql");
    let output = project.run(&["retry"]);
    assert_eq!(output.status, 2, "{}", output.text);
    assert!(output.text.contains("Couldn't find model 'model.shop.a'"), "{}", output.text);
}

#[test]
fn a_metric_is_its_name_while_parsing_and_its_fields_while_running() {
    let given = Given::new();
    let project = &given.project;
    project.write("models/spine.sql", "select current_date as day");
    project.write("models/orders.sql", "select 1 as id, current_date as ordered_on");
    let report = "{{ config(names=[metric('orders').metric_name]) }}\n\
        select '{{ metric('orders') }}' as name, '{{ metric('orders').label }}' as label";
    project.write("models/report.sql", report);
    project.write(
        "models/metrics.yml",
        "models:\n- name: spine\n  time_spine: {standard_granularity_column: day}\n  columns: [{name: day, granularity: day}]\n\
         semantic_models:\n- name: orders\n  model: ref('orders')\n  defaults: {agg_time_dimension: ordered_on}\n  \
         entities: [{name: id, type: primary}]\n  dimensions: [{name: ordered_on, type: time, type_params: {time_granularity: day}}]\n  \
         measures: [{name: order_count, agg: count, expr: id}]\n\
         metrics:\n- {name: orders, label: All orders, type: simple, type_params: {measure: order_count}}\n",
    );
    project.run_ok(&["run"]);
    let report = &given.artifact("manifest.json")["nodes"]["model.shop.report"];
    assert_eq!(report["config"]["names"], json!(["orders"]));
    assert_eq!(report["compiled_code"], "\nselect 'orders' as name, 'All orders' as label");
}

#[test]
fn tags_and_meta_of_all_exposures_are_joined_to_those_of_one() {
    let given = Given::new();
    let project = &given.project;
    project.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nexposures:\n  tags: [all]\n  enabled: false\n  meta: {a: 1, b: 2}\n",
    );
    project.write("models/a.sql", "select 1 as id");
    let entry = "type: dashboard\n  owner: {email: a@b.c}";
    project.write(
        "models/a.yml",
        &format!(
            "exposures:\n- name: in_config\n  {entry}\n  config: {{enabled: true, tags: [own], meta: {{b: 3}}}}\n\
             - name: beside\n  {entry}\n  config: {{enabled: true}}\n  tags: [own]\n  meta: {{b: 3}}\n\
             - name: other\n  {entry}\n"
        ),
    );
    project.run_ok(&["parse"]);
    let exposures = &given.artifact("manifest.json")["exposures"];
    assert_eq!(exposures.as_object().unwrap().len(), 2);
    for name in ["in_config", "beside"] {
        let exposure = &exposures[format!("exposure.shop.{name}")];
        for owner in [exposure, &exposure["config"]] {
            assert_eq!(owner["tags"], json!(["all", "own"]), "{name}");
            assert_eq!(owner["meta"], json!({"a": 1, "b": 3}), "{name}");
        }
    }
}

#[test]
fn groups_have_the_configs_of_models_but_no_hooks() {
    let given = Given::new();
    let project = &given.project;
    let models = "models: {shop: {+meta: {team: core}, +materialized: table, +pre-hook: select 1}}";
    project.write("dbt_project.yml", &format!("name: shop\nprofile: shop\n{models}\n"));
    project.write("models/a.sql", "select 1 as id");
    project.write(
        "models/a.yml",
        "groups: [{name: finance, owner: {name: x, email: x@y.z}, config: {meta: {own: 1}}}]",
    );
    project.run_ok(&["parse"]);
    let group = &given.artifact("manifest.json")["groups"]["group.shop.finance"];
    assert_eq!(group["config"], json!({"meta": {"team": "core", "own": 1}, "materialized": "table"}));
}

#[test]
fn only_a_block_that_is_shown_whole_is_a_doc_block() {
    let given = Given::new();
    let project = &given.project;
    project.write("models/a.sql", "select 1 as id, 2 as part");
    project.write("models/docs.md", "{% docs whole %}The id of {x}{% enddocs %}");
    project.write(
        "models/a.yml",
        "models:\n- name: a\n  doc_blocks: 2\n  columns:\n  - name: id\n    description: \"{{ doc('whole') }}\"\n    doc_blocks: 2\n  \
         - name: part\n    description: \"{{ doc('whole').format(x='b') }}\"\n",
    );
    project.run_ok(&["parse"]);
    let model = &given.artifact("manifest.json")["nodes"]["model.shop.a"];
    let blocks = |column: &str| model["columns"][column]["doc_blocks"].clone();
    assert_eq!([blocks("id"), blocks("part")], [json!(["doc.shop.whole"]), json!([])]);
    assert_eq!(model["columns"]["part"]["description"], "The id of b");
    assert_eq!(model["doc_blocks"], json!([]));
}

#[test]
fn secrets_in_packages_are_shown_in_no_form() {
    let given = Given::new();
    let project = &given.project;
    project.write("models/a.sql", "select 1 as id");
    let url = "https://u:{{ env_var('DBT_ENV_SECRET_TOKEN') | join(' ') | upper }}@127.0.0.1:1/x.git";
    project.write("packages.yml", &format!("packages:\n- git: \"{url}\"\n"));
    let mut command = project.command(&["deps"]);
    command.env("DBT_ENV_SECRET_TOKEN", "abc");
    let output = command.output().unwrap();
    let shown = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert!(!output.status.success(), "{shown}");
    assert!(!shown.contains("A B C") && shown.contains("cannot clone"), "{shown}");
}

#[test]
fn a_variable_of_dbt_has_its_value_under_both_names() {
    let given = Given::new();
    let project = &given.project;
    let shown = "{{ env_var('DBT_ENGINE_PRINTER_WIDTH', '0') }} {{ env_var('DBT_PRINTER_WIDTH', '0') }}";
    project.write("models/a.sql", &format!("select '{shown}' as widths"));
    let compiled = |variables: &[(&str, &str)]| {
        let mut command = project.command(&["compile"]);
        command.envs(variables.iter().copied());
        assert!(command.output().unwrap().status.success());
        given.artifact("manifest.json")["nodes"]["model.shop.a"]["compiled_code"].clone()
    };
    let (old, new) = (("DBT_PRINTER_WIDTH", "90"), ("DBT_ENGINE_PRINTER_WIDTH", "70"));
    assert_eq!(compiled(&[]), "select '0 0' as widths");
    assert_eq!(compiled(&[old]), "select '90 90' as widths");
    assert_eq!(compiled(&[old, new]), "select '70 70' as widths");
}
