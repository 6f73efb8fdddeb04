//! What depends on a relation, while other sessions work on it too.

use std::time::{Duration, Instant};

use rsdbt::inside::adapter::{Begin, Cell, Connection, Fetch};

use crate::support::{Database, Project};

/// Whether a session waits for a lock of another one.
fn someone_waits(database: &mut Database) -> bool {
    let waiting = database.query("select exists (select from pg_locks where not granted)").unwrap();
    matches!(waiting.rows[0][0], Cell::Bool(true))
}

/// `change` happens in another session while a rebuild of `orders` waits for it.
fn rebuild_during(change: &str) -> (Database, Project) {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.write("models/orders.sql", "{{ config(materialized='table') }} select 1 as id");
    project.run_ok(&["run"]);
    database.execute("create view counted as select count(*) from orders");
    let mut other = Connection::open(&database.settings).unwrap();
    let path = format!("set search_path = {}", database.schema);
    other.execute(&path, Begin::Auto, Fetch::Nothing).unwrap();
    other.execute(change, Begin::Auto, Fetch::Nothing).unwrap();
    let mut rebuild = project.command(&["run", "--quiet"]).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !someone_waits(&mut database) {
        assert!(Instant::now() < deadline, "the rebuild does not wait for {change}");
        std::thread::sleep(Duration::from_millis(20));
    }
    other.commit().unwrap();
    assert!(rebuild.wait().unwrap().success());
    (database, project)
}

#[test]
fn one_that_another_session_drops_meanwhile_is_forgotten() {
    let (mut database, _project) = rebuild_during("drop view counted");
    let left = database.query("select to_regclass('counted') is null").unwrap();
    assert!(matches!(left.rows[0][0], Cell::Bool(true)));
}

#[test]
fn one_that_another_session_makes_again_meanwhile_is_kept_as_that_one_made_it() {
    let change = "drop view counted; create view counted as select count(*) + 1 as count from orders";
    let (mut database, _project) = rebuild_during(change);
    let counted = database.query("select count from counted").unwrap();
    assert_eq!(counted.rows[0][0], Cell::Int(2));
}
