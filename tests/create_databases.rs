//! `rsdbt db create-databases` with the databases of a target and its connections.

use std::thread;

use crate::support::{Database, Project, settings};

/// A project whose target and connection name databases that are not there, as `user`.
fn project(database: &Database, names: [&str; 2], user: &str) -> Project {
    let project = Project::new(database);
    let own = settings();
    let password = own.password.as_deref().unwrap_or("");
    let output = |name: &str, database: &str, more: &str| {
        format!(
            "    {name}: {{type: postgres, host: '{}', port: {}, user: '{user}', password: '{password}', dbname: '{database}', schema: public, threads: 2{more}}}\n",
            own.host, own.port
        )
    };
    let [home, far] = names;
    let text = std::fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    let head: String = text.split_inclusive('\n').take_while(|line| !line.starts_with("    dev:")).collect();
    let outputs =
        output("dev", home, ", connections: {mrr: mrr, again: mrr, here: dev}") + &output("mrr", far, "");
    project.write("profiles.yml", &(head + &outputs));
    project
}

fn said(project: &Project, more: &[&str]) -> String {
    let output = project.run(&[&["db", "create-databases"], more].concat());
    assert_eq!(output.status, 0, "{}", output.text);
    output.text
}

struct Names {
    database: Database,
    names: [String; 2],
}

impl Names {
    fn new(stem: &str) -> Self {
        let pid = std::process::id();
        Self {
            database: Database::new(),
            names: [format!("{stem} \"Home\" {pid}"), format!("{stem}_far_{pid}")],
        }
    }

    fn there(&self) -> i64 {
        let [home, far] = &self.names;
        let sql = "select count(*) from pg_database where datname in ($1, $2)";
        self.database.client().query_one(sql, &[home, far]).unwrap().get(0)
    }

    fn project(&self, user: &str) -> Project {
        let [home, far] = &self.names;
        project(&self.database, [home, far], user)
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        for name in &self.names {
            let sql = format!("drop database if exists \"{}\" with (force)", name.replace('"', "\"\""));
            self.database.client().batch_execute(&sql).ok();
        }
    }
}

#[test]
fn what_is_missing_is_created_once() {
    let names = Names::new("made");
    let project = names.project(&settings().user);
    let missing = project.run(&["debug"]).text;
    assert_eq!(missing.matches("`rsdbt db create-databases`").count(), 2, "{missing}");
    let dry = said(&project, &["--dry-run"]);
    assert_eq!(dry.matches("would be created").count(), 2, "{dry}");
    assert_eq!(names.there(), 0, "a dry run creates nothing");
    let made = said(&project, &[]);
    assert_eq!(made.matches("was created").count(), 2, "each output once: {made}");
    assert_eq!(names.there(), 2);
    let again = said(&project, &[]);
    assert_eq!(again.matches("is there").count(), 2, "{again}");
    project.write("models/far.sql", "{{ config(materialized='table', connection='mrr') }} select 1 as id");
    project.write("models/home.sql", "{{ config(materialized='table') }} select id from {{ ref('far') }}");
    project.run_ok(&["build"]);
}

#[test]
fn two_at_once_both_succeed() {
    let names = Names::new("raced");
    let projects = [names.project(&settings().user), names.project(&settings().user)];
    thread::scope(|scope| {
        for project in &projects {
            scope.spawn(|| said(project, &[]));
        }
    });
    assert_eq!(names.there(), 2);
}

#[test]
fn who_may_not_is_told_what_to_have_run() {
    let names = Names::new("refused");
    let role = format!("refused_{}", std::process::id());
    let password = settings().password.clone().unwrap_or_default();
    let mut client = names.database.client();
    client.batch_execute(&format!("create role {role} login password '{password}'")).unwrap();
    let refused = names.project(&role).run(&["db", "create-databases"]);
    client.batch_execute(&format!("drop role {role}")).unwrap();
    assert_ne!(refused.status, 0, "{}", refused.text);
    assert_eq!(refused.text.matches("permission denied to create database").count(), 2, "{}", refused.text);
    let [home, far] = &names.names;
    let home = home.replace('"', "\"\"");
    for statement in
        [format!("`create database \"{home}\" owner"), format!("`create database \"{far}\" owner")]
    {
        assert!(refused.text.contains(&statement), "{statement}: {}", refused.text);
    }
    assert_eq!(names.there(), 0);
}
