//! What `debug` prints: versions, files, checks and the connection; and a service as the whole connection.

use std::fs;

use crate::support::{Database, Project};

/// Without times, and what differs between machines.
fn stable(text: &str, project: &Project) -> String {
    let root = project.path().display().to_string();
    let os = format!("os info: {}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let version = format!("version: {}", env!("CARGO_PKG_VERSION"));
    let mut stable = String::new();
    for line in text.lines() {
        // `12:34:56  `
        let at = line.as_bytes();
        let has_clock = at.get(2) == Some(&b':') && at.get(5) == Some(&b':');
        let line = if has_clock { line.get(10..).unwrap_or_default() } else { line };
        if !line.trim().is_empty() {
            let line = line.replace(&root, ".").replace(&os, "os info: OS").replace(&version, "version: 0.0");
            stable.push_str(line.trim_end());
            stable.push('\n');
        }
    }
    stable
}

/// The host, port and names of the tests' server as a service, and a profile that names nothing else.
fn with_service(database: &Database, project: &Project) {
    let settings = &database.settings;
    let password = settings.password.as_ref().map(|password| format!("password={password}\n"));
    fs::write(
        project.path().join("services.conf"),
        format!(
            "[shop]\nhost={}\nport={}\nuser={}\ndbname={}\n{}",
            settings.host,
            settings.port,
            settings.user,
            settings.database,
            password.unwrap_or_default()
        ),
    )
    .unwrap();
    let schema = &database.schema;
    project.write(
        "profiles.yml",
        &format!("shop: {{target: dev, outputs: {{dev: {{type: postgres, service: shop, schema: {schema}, threads: 1}}}}}}\n"),
    );
}

/// A command with the service file of the project.
fn run(project: &Project, arguments: &[&str]) -> (String, i32) {
    let mut command = project.command(arguments);
    let output = command.env("PGSERVICEFILE", project.path().join("services.conf")).output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (stable(&text, project), output.status.code().unwrap())
}

#[test]
fn debug_shows_files_checks_and_the_connection() {
    let database = Database::new();
    let project = Project::new(&database);
    with_service(&database, &project);
    let (text, status) = run(&project, &["debug"]);
    let settings = &database.settings;
    let (host, port, user) = (&settings.host, settings.port, &settings.user);
    let (name, schema) = (&settings.database, &database.schema);
    let expected = format!(
        "Running with dbt=1.11.16
dbt version: 1.11.16
rsdbt version: 0.0
os info: OS
Using profiles dir at .
Using profiles.yml file at ./profiles.yml
Using dbt_project.yml file at ./dbt_project.yml
adapter type: postgres
adapter version: 0.0
Configuration:
  profiles.yml file [OK found and valid]
  dbt_project.yml file [OK found and valid]
Required dependencies:
 - git [OK found]
Connection:
  host: {host}
  port: {port}
  user: {user}
  database: {name}
  schema: {schema}
  connect_timeout: 10
  role: None
  search_path: None
  keepalives_idle: 0
  sslmode: None
  sslcert: None
  sslkey: None
  sslrootcert: None
  application_name: dbt
  autocommit: False
  retries: 1
  Connection test: [OK connection ok]
All checks passed!
"
    );
    assert_eq!(text, expected);
    assert_eq!(status, 0);
    let (only, status) = run(&project, &["debug", "--connection"]);
    assert!(only.contains("Skipping steps before connection verification\nConnection:\n"), "{only}");
    assert!(!only.contains("Configuration:") && status == 0, "{only}");
}

#[test]
fn debug_names_what_is_wrong() {
    let database = Database::new();
    let project = Project::new(&database);
    with_service(&database, &project);
    let services = fs::read_to_string(project.path().join("services.conf")).unwrap();
    let host = format!("host={}\n", database.settings.host);
    project.write("services.conf", &services.replace(&host, "host=/nowhere/at/all\n"));
    let (text, status) = run(&project, &["debug"]);
    assert_eq!(status, 1);
    for expected in [
        "  Connection test: [ERROR]\n1 check failed:\ndbt was unable to connect to the specified database.\n",
        "  >Database Error\n",
        "  error[connection-failed]\nCheck your database credentials and try again.\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    project.write("services.conf", "[other]\nhost=x\n");
    project.write("dbt_project.yml", "name: shop\nprofile: shop\nmodel-paths: 3\n");
    let (text, status) = run(&project, &["debug"]);
    assert_eq!(status, 1);
    for expected in [
        "  profiles.yml file [ERROR invalid]\n  dbt_project.yml file [ERROR invalid]\n",
        "Connection test skipped since no profile was found\n2 checks failed:\n",
        "Profile loading failed for the following reason:\nRuntime Error\n",
        "definition of this service not found",
        "  error[profile-service]\n",
        "Project loading failed for the following reason:\n",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

/// libpq's file of services is enough to connect by, and what the profile says counts before it.
#[test]
fn a_service_is_a_whole_connection() {
    let mut database = Database::new();
    let project = Project::new(&database);
    with_service(&database, &project);
    project.write("models/m.sql", "{{ config(materialized='table') }} select 1 as id");
    let (text, status) = run(&project, &["run"]);
    assert_eq!(status, 0, "{text}");
    assert_eq!(database.query("select id from m").unwrap().rows.len(), 1);
    let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    project
        .write("profiles.yml", &profile.replace("service: shop", "service: shop, dbname: no_such_database"));
    let (text, status) = run(&project, &["run"]);
    assert_ne!(status, 0, "{text}");
    assert!(text.contains("database \"no_such_database\" does not exist"), "{text}");
}
