//! The embedded server, each test in a project directory of its own.

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::adapter::{Begin, Cell, Connection, Fetch};

struct Project(PathBuf);

impl Project {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("rsdbt-embedded-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn one(server: &Server, sql: &str) -> Cell {
    let mut connection = Connection::open(&Arc::new(server.settings().clone())).unwrap();
    let (_, rows) = connection.execute(sql, Begin::Auto, Fetch::All).unwrap();
    rows.unwrap().rows.remove(0).remove(0)
}

#[test]
fn data_outlives_the_server_and_models_are_no_superuser() {
    let project = Project::new("lives");
    let options = Options { source: Some(Source::Bundled), ..Options::default() };
    let server = Server::ensure(project.path(), &options, Lifetime::Command).unwrap();
    assert_eq!(one(&server, "select usesuper from pg_user where usename = current_user"), Cell::Bool(false));
    let mut connection = Connection::open(&Arc::new(server.settings().clone())).unwrap();
    connection.execute("create table kept as select 1 as id", Begin::Auto, Fetch::Nothing).unwrap();
    connection.commit().unwrap();
    drop(connection);
    let joined = Server::ensure(project.path(), &options, Lifetime::Command).unwrap();
    assert!(server.is_own() && !joined.is_own());
    drop(joined);
    drop(server);
    assert!(!Server::status(project.path(), &options).unwrap().running);
    let begun = std::time::Instant::now();
    let server = Server::ensure(project.path(), &options, Lifetime::Command).unwrap();
    assert_eq!(one(&server, "select id from kept"), Cell::Int(1));
    eprintln!("warm start to first answer: {} ms", begun.elapsed().as_millis());
}

#[test]
fn a_long_path_and_a_killed_server_are_no_obstacle() {
    let project = Project::new(&"long".repeat(40));
    let options = Options { source: Some(Source::Bundled), user: "Me".into(), ..Options::default() };
    let server = Server::ensure(project.path(), &options, Lifetime::Detached).unwrap();
    assert_eq!(one(&server, "select current_user::text"), Cell::Text("Me".into()));
    let status = Server::status(project.path(), &options).unwrap();
    assert!(status.running && status.socket_dir.as_os_str().len() < 94);
    let pid = rustix::process::Pid::from_raw(status.pid.unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    drop(server);
    let server = Server::ensure(project.path(), &options, Lifetime::Command).unwrap();
    assert_eq!(one(&server, "select 1"), Cell::Int(1));
    let _ = std::fs::remove_dir_all(&status.socket_dir);
}

#[test]
fn binaries_of_the_system_serve_too() {
    let project = Project::new("system");
    let postgres = || "postgres".to_owned();
    let options = Options {
        source: Some(Source::System),
        user: postgres(),
        database: postgres(),
        ..Options::default()
    };
    let server = match Server::ensure(project.path(), &options, Lifetime::Command) {
        // a newcomer's machine has no other server than the bundled one
        Err(error) if error.message.starts_with("no PostgreSQL server to start") => return,
        server => server.unwrap(),
    };
    assert_eq!(one(&server, "select usesuper from pg_user where usename = current_user"), Cell::Bool(false));
    assert_eq!(one(&server, "select has_database_privilege(current_database(), 'create')"), Cell::Bool(true));
}

#[test]
fn a_wrong_directory_is_named() {
    let project = Project::new("wrong");
    let options =
        Options { bin_dir: Some("/nowhere".into()), source: Some(Source::Directory), ..Options::default() };
    let error = Server::ensure(project.path(), &options, Lifetime::Command).unwrap_err();
    assert_eq!(error.message, "`/nowhere` has no `postgres` that runs here");
}
