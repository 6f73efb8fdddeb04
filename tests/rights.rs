//! A role that may not do what a project asks of it.

use std::fs;

use crate::support::{Database, Project};

/// The rights to nothing but connecting, unless a test gives more; gone at the end.
struct Role {
    name: String,
    database: Database,
}

impl Role {
    fn new() -> Self {
        let mut database = Database::new();
        let name = format!("{}_role", database.schema);
        database.execute(&format!("create role {name}; grant {name} to current_user"));
        Self { name, database }
    }

    /// What the project does, it does as this role.
    fn project(&self) -> Project {
        let project = Project::new(&self.database);
        let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
        project.write("profiles.yml", &format!("{profile}      role: {}\n", self.name));
        project
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.database.execute(&format!("drop owned by {0} cascade; drop role {0}", self.name));
        }
    }
}

#[test]
fn a_role_that_may_not_create_a_schema_is_told_so() {
    let role = Role::new();
    let project = role.project();
    let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    let schema = format!("{}_new", role.database.schema);
    project.write("profiles.yml", &profile.replace(&format!("'{}'", role.database.schema), &schema));
    project.write("models/orders.sql", "select 1 as id");
    let output = project.run(&["run"]);
    assert_eq!(output.status, 2, "{}", output.text);
    assert!(output.text.contains("permission denied for database"), "{}", output.text);
}

#[test]
fn a_role_that_may_not_create_or_read_fails_those_models_only() {
    let mut role = Role::new();
    let project = role.project();
    let (name, schema) = (role.name.clone(), role.database.schema.clone());
    project.write("models/orders.sql", "{{ config(materialized='table') }}\nselect 1 as id");
    project.write("models/visible.sql", "select * from {{ ref('orders') }}");
    let output = project.run(&["run"]);
    assert_eq!(output.status, 1, "{}", output.text);
    assert!(output.text.contains(&format!("permission denied for schema {schema}")), "{}", output.text);
    assert!(output.text.contains("ERROR=1 SKIP=1"), "{}", output.text);

    role.database.execute(&format!("grant usage, create on schema {schema} to {name}"));
    role.database.execute("create table payroll (id bigint); create table owned_by_other as select 7 as id");
    project.write(
        "models/payments.sql",
        &format!("{{{{ config(materialized='table') }}}}\nselect * from {schema}.payroll"),
    );
    project.write("models/owned_by_other.sql", "{{ config(materialized='table') }}\nselect 8 as id");
    let output = project.run(&["run"]);
    assert_eq!(output.status, 1, "{}", output.text);
    assert!(output.text.contains("permission denied for table payroll"), "{}", output.text);
    assert!(output.text.contains("must be owner of table owned_by_other"), "{}", output.text);
    assert!(output.text.contains("PASS=2 WARN=0 ERROR=2"), "{}", output.text);

    let left = "select string_agg(relname, ' ' order by relname) from pg_class
        where relnamespace = current_schema()::regnamespace and relkind in ('r', 'v')";
    let mut client = role.database.client();
    let names: String = client.query_one(left, &[]).unwrap().get(0);
    assert_eq!(names, "orders owned_by_other payroll visible", "nothing half built is left");
    let kept: i32 = client.query_one("select id from owned_by_other", &[]).unwrap().get(0);
    assert_eq!(kept, 7, "another's table is as it was");
}

#[test]
fn rows_that_a_policy_hides_are_never_doubled() {
    let mut role = Role::new();
    let project = role.project();
    let (name, schema) = (role.name.clone(), role.database.schema.clone());
    role.database.execute(&format!("grant usage, create on schema {schema} to {name}"));
    project.write(
        "models/facts.sql",
        "{{ config(materialized='table', event_time='at') }}\n
         select n as id, timestamp '2024-03-01' + n * interval '12 hours' as at from generate_series(0, {{ var('last', 3) }}) as n",
    );
    let daily = "select at::date as day, count(*) as facts from {{ ref('facts') }} where {{ in_partitions('at') }} group by 1";
    let same = "select id, at from {{ ref('facts') }}";
    let models = [
        (
            "mart",
            "incremental_strategy='partition_overwrite', dirty=true, partition_by={'field': 'day', 'granularity': 'day'}",
            daily,
        ),
        ("keyed", "incremental_strategy='delete+insert', unique_key='id'", same),
        ("merged", "incremental_strategy='merge', unique_key='id'", same),
        ("upserted", "incremental_strategy='merge_upsert', unique_key=['id'], updated_at='at'", same),
        ("added", "incremental_strategy='append'", same),
    ];
    for (model, config, query) in models {
        let config = format!("{{{{ config(materialized='incremental', {config}) }}}}\n{query}");
        project.write(&format!("models/{model}.sql"), &config);
    }
    project.write(
        "snapshots/history.yml",
        "snapshots: [{name: history, relation: ref('facts'), config: {strategy: timestamp, unique_key: id, updated_at: at}}]",
    );
    project.run_ok(&["build"]);
    let tables = ["mart", "keyed", "merged", "upserted", "history", "added"];
    for table in tables {
        role.database.execute(&format!(
            "alter table {table} enable row level security, force row level security;
             create policy seen on {table} for select using (false); create policy written on {table} for insert with check (true)"
        ));
    }
    let output = project.run(&["build", "--vars", "{last: 4}"]);
    assert_eq!(output.status, 1, "{}", output.text);
    let refused = output.text.matches("they would stay beside the new ones").count();
    assert_eq!(refused, tables.len() - 1, "all but the strategy that only adds rows\n{}", output.text);
    for table in &tables[..tables.len() - 1] {
        let before = if *table == "mart" { 2 } else { 4 };
        role.database.execute(&format!("alter table {table} disable row level security"));
        let rows = format!("select count(*) from {table}");
        let rows: i64 = role.database.client().query_one(&rows, &[]).unwrap().get(0);
        assert_eq!(rows, before, "{table} keeps its rows");
        role.database.execute(&format!("alter table {table} enable row level security"));
    }
    for table in tables {
        role.database.execute(&format!("create policy ours on {table} to {name} using (true)"));
    }
    project.run_ok(&["build", "--vars", "{last: 4}"]);
    let days = "select string_agg(facts::text, ' ' order by day) from mart";
    for table in tables {
        role.database.execute(&format!("alter table {table} disable row level security"));
    }
    let days: String = role.database.client().query_one(days, &[]).unwrap().get(0);
    assert_eq!(days, "2 2 1", "nothing is hidden from a role whose policy lets it see everything");
}

/// A policy that hides staged rows from the DELETE only would have them stay, and be passed over, for ever.
#[test]
fn staged_rows_that_a_policy_keeps_are_an_error() {
    let mut role = Role::new();
    let (name, schema) = (role.name.clone(), role.database.schema.clone());
    role.database.execute("create table other (id int)");
    // the memory is made by a role that may
    let arguments = format!("{{staging: {schema}.other}}");
    Project::new(&role.database).run_ok(&["run-operation", "rsdbt_take_over_log", "--args", &arguments]);
    let project = role.project();
    role.database.execute(&format!("grant usage, create on schema {schema} to {name}"));
    for (number, condition) in ["", "where id > 0"].iter().enumerate() {
        role.database.execute(&format!(
            "create table log{number} (id int, at timestamp); alter table log{number} owner to {name};
             insert into log{number} values (1, '2024-01-01'), (2, '2024-01-01');
             alter table log{number} enable row level security, force row level security;
             create policy seen on log{number} for select using (true); create policy gone on log{number} for delete using (id < 2)"
        ));
        project.write(
            &format!("models/unit{number}.sql"),
            &format!(
                "{{{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key='id', updated_at='at', consume='{schema}.log{number}') }}}}
                 select * from {schema}.log{number} {condition}"
            ),
        );
    }
    let output = project.run(&["run"]);
    assert_eq!(output.status, 1, "{}", output.text);
    for number in 0..2 {
        let said = format!("kept by row level security of {schema}.log{number}. Nothing was applied");
        assert!(output.text.contains(&said), "{}", output.text);
    }
    role.database.execute("alter policy gone on log0 using (true); alter policy gone on log1 using (true)");
    project.run_ok(&["run"]);
    let rows = "select (select count(*) from unit0) + (select count(*) from unit1)";
    let rows: i64 = role.database.client().query_one(rows, &[]).unwrap().get(0);
    assert_eq!(rows, 4);
}

/// A partition that is built aside and swapped in would pass it by.
#[test]
fn the_check_of_a_policy_holds_for_native_partitions() {
    let mut role = Role::new();
    let project = role.project();
    let (name, schema) = (role.name.clone(), role.database.schema.clone());
    role.database.execute(&format!("grant usage, create on schema {schema} to {name}"));
    project.write(
        "models/facts.sql",
        "{{ config(materialized='table', event_time='at') }}\n
         select timestamp '2024-03-01' + n * interval '12 hours' as at from generate_series(0, {{ var('last', 3) }}) as n",
    );
    project.write(
        "models/native.sql",
        "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', dirty=true, partitioned=true,
            partition_by={'field': 'day', 'granularity': 'day'}) }}
        select at::date as day, count(*) as facts from {{ ref('facts') }} where {{ in_partitions('at') }} group by 1",
    );
    project.run_ok(&["run"]);
    role.database.execute(&format!(
        "alter table native enable row level security, force row level security;
         create policy ours on native to {name} using (true) with check (day < '2024-03-03' or facts > 1)"
    ));
    let days = |role: &Role| -> String {
        let days = "select string_agg(facts::text, ' ' order by day) from native";
        role.database.client().query_one(days, &[]).unwrap().get(0)
    };
    let output = project.run(&["run", "--vars", "{last: 4}"]);
    assert_eq!(output.status, 1, "{}", output.text);
    let said = "native_p20240303: new row violates row-level security policy for table \"native\"";
    assert!(output.text.contains(said), "{}", output.text);
    role.database.execute("alter table native disable row level security");
    assert_eq!(days(&role), "2 2");
    role.database.execute("alter table native enable row level security");
    project.run_ok(&["run", "--vars", "{last: 5}"]);
    role.database.execute("alter table native disable row level security");
    assert_eq!(days(&role), "2 2 2", "what the policy allows is written");
}
