//! The statements of `docs/reference/privileges.md` are enough for a role that has no other rights.

use std::fs;
use std::sync::Arc;

use fancy_regex::Regex;

use super::read;
use crate::support::{Database, Project, settings};

/// A database with two roles; gone at the end.
struct Place {
    outer: Database,
    name: String,
    roles: [String; 2],
}

impl Place {
    fn new() -> Self {
        let outer = Database::new();
        let name = format!("{}_db", outer.schema);
        let roles = ["loader", "backend"].map(|role| format!("{}_{role}", outer.schema));
        let place = Self { outer, name, roles };
        let [loader, backend] = &place.roles;
        place.say(&format!("create database {}", place.name));
        for role in [loader, backend] {
            place.say(&format!("create role {role}; grant {role} to current_user"));
        }
        place
    }

    fn say(&self, sql: &str) {
        self.outer.client().batch_execute(sql).unwrap();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.say(&format!("drop database {}", self.name));
            self.roles.iter().for_each(|role| self.say(&format!("drop role {role}")));
        }
    }
}

#[test]
fn the_statements_for_a_new_role_are_enough() {
    let page = read("docs/reference/privileges.md");
    let statements = page.split("```sql\n").nth(1).unwrap().split("```").next().unwrap();
    let place = Place::new();
    let [loader, backend] = &place.roles;
    let own = |sql: &str| {
        let sql = Regex::new(r"\bloader\b").unwrap().replace_all(sql, loader.as_str()).into_owned();
        Regex::new(r"\bbackend\b").unwrap().replace_all(&sql, backend.as_str()).into_owned()
    };
    let mut database = Database::on(Arc::new(rsdbt::inside::adapter::Settings {
        database: place.name.clone(),
        ..(*settings()).clone()
    }));
    let facts = "insert into raw.orders values (1, '2026-03-01 09:00')";
    database.execute(&own(&format!(
        "create schema raw authorization backend; set role backend; create table raw.orders (id int, at timestamp); {facts}; reset role"
    )));
    database.execute(&own(statements));
    database.execute(&own("set role backend; create table raw.later as select 1 as id; reset role"));

    let project = Project::new(&database);
    let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    let profile = profile.replace(&format!("'{}'", database.schema), "mart");
    project.write("profiles.yml", &format!("{profile}      role: {loader}\n"));
    let source = "{name: orders, config: {event_time: at}}, {name: later}";
    project.write("models/sources.yml", &format!("sources: [{{name: raw, tables: [{source}]}}]\n"));
    project.write(
        "models/daily.sql",
        "{{ config(materialized='incremental', incremental_strategy='partition_overwrite', dirty=true,
           partition_by={'field': 'day', 'granularity': 'day'}) }}
         select at::date as day, count(*) as orders from {{ source('raw', 'orders') }} where {{ in_partitions('at') }} group by 1",
    );
    project.write(
        "models/later.sql",
        "{{ config(materialized='table') }} select * from {{ source('raw', 'later') }}",
    );
    project
        .write("models/daily.yml", "models: [{name: daily, columns: [{name: day, data_tests: [unique]}]}]\n");
    project.write("seeds/codes.csv", "code\nDE\n");
    project.write(
        "snapshots/history.yml",
        "snapshots: [{name: history, relation: ref('later'), config: {strategy: check, unique_key: id, check_cols: all}}]\n",
    );
    project.write("jobs.yml", "jobs: [{name: nightly, cron: '@daily', steps: [{run: daily}]}]\n");
    for _ in 0..2 {
        project.run_ok(&["build", "--store-failures"]);
    }
    project.run_ok(&["run", "--due"]);
    let owners = "select string_agg(distinct tableowner::text, ' ') from pg_tables where schemaname in ('mart', 'rsdbt')";
    let owners: String = database.client().query_one(owners, &[]).unwrap().get(0);
    assert_eq!(owners, *loader);
    drop(project);
    drop(database);
}
