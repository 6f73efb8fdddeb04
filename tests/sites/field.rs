//! Two databases, and a project with its profile.

use std::sync::atomic::{AtomicU32, Ordering};

use postgres::{Client, Config, NoTls};

use super::DIGEST;
use crate::support::{Database, Project, other_settings};

pub(super) struct Field {
    pub(super) project: Project,
    pub(super) home: Client,
    pub(super) far: Client,
    /// Of the server that has `far`.
    other: Client,
    pub(super) name: String,
    pub(super) database: Database,
}

impl Field {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let database = Database::new();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("far_{}_{number}", std::process::id());
        let settings = other_settings();
        let mut other = connect(&settings.database);
        other.batch_execute(&format!("drop database if exists {name}")).unwrap();
        other.batch_execute(&format!("create database {name}")).unwrap();
        let mut far = connect(&name);
        far.batch_execute(
            "create table events (id bigint primary key, day date, at timestamptz, amount numeric(12, 2))",
        )
        .unwrap();
        let project = Project::new(&database);
        let own = std::fs::read_to_string(project.path().join("profiles.yml")).unwrap();
        let password = settings.password.as_deref().unwrap_or("");
        let output = format!(
            "    far_dev:\n      type: postgres\n      host: '{}'\n      port: {}\n      user: '{}'\n      password: '{password}'\n      dbname: {name}\n      schema: public\n      application_name: {name}\n",
            settings.host, settings.port, settings.user
        );
        let threads =
            format!("threads: 2\n      application_name: {name}\n      connections: {{far: far_dev}}");
        project.write("profiles.yml", &(own.replace("threads: 1", &threads) + &output));
        project.write(
            "models/sources.yml",
            "sources:\n  - name: far\n    schema: public\n    config: {connection: far, loaded_at_field: at, freshness: {warn_after: {count: 90000, period: day}}}\n    tables: [{name: events}]\n",
        );
        let home = database.client();
        Self { project, home, far, other, name, database }
    }

    pub(super) fn run_ok(&self, arguments: &[&str]) {
        self.project.run_ok(arguments);
    }

    /// The table `events` of the other database, as the source `raw.events` at home, with these keys of its `load:`.
    pub(super) fn write_source(&self, load: &str) {
        self.project.write(
            "models/sources.yml",
            &format!(
                "sources:\n  - name: raw\n    schema: \"{{{{ target.schema }}}}\"\n    tables:\n      - name: events\n        config: {{load: {{from: {{connection: far, schema: public}}, {load}}}}}\n"
            ),
        );
    }

    pub(super) fn loads(&self, arguments: &[&str], expected: &str) {
        let done = self.project.run(arguments);
        assert!(done.status == 0 && done.text.contains(expected), "{expected}: {}", done.text);
    }

    pub(super) fn refuses(&self, expected: &str) {
        let failed = self.project.run(&["load"]);
        assert!(failed.status == 1 && failed.text.contains(expected), "{expected}: {}", failed.text);
    }

    /// Events of these ids, a few on each day, each later than those before.
    pub(super) fn arrive(&mut self, first: i64, last: i64) {
        let sql = format!(
            "insert into events select id, date '2024-01-01' + (id / 100)::int, timestamptz '2024-01-01 UTC' + id * interval '1 minute', id * 1.25 from generate_series({first}::bigint, {last}) as id"
        );
        self.far.batch_execute(&sql).unwrap();
    }

    pub(super) fn home_value(&mut self, sql: &str) -> String {
        self.home.query_one(sql, &[]).unwrap().get(0)
    }

    /// The tables have the rows of their input.
    pub(super) fn check(&mut self, tables: &[&str], when: &str) {
        let expected: String = self.far.query_one(&format!("{DIGEST} from events"), &[]).unwrap().get(0);
        for table in tables {
            assert_eq!(self.home_value(&format!("{DIGEST} from {table}")), expected, "{table} after {when}");
        }
    }

    /// The sessions of runs end: those at home or those at the site.
    pub(super) fn end_sessions(&mut self, at_home: bool) -> bool {
        let sql = format!(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = '{}' and datname = {}",
            self.name,
            if at_home { "current_database()" } else { "$1" }
        );
        let ended: i64 = if at_home {
            self.home.query_one(&sql, &[]).unwrap().get(0)
        } else {
            self.other.query_one(&sql, &[&self.name]).unwrap().get(0)
        };
        ended > 0
    }

    /// Another session at the other database.
    pub(super) fn far_client(&self) -> Client {
        connect(&self.name)
    }

    /// How many sessions of runs there are, at either end.
    pub(super) fn sessions(&mut self) -> i64 {
        let sql = "select count(*) from pg_stat_activity where application_name = $1";
        let [home, other] = [&mut self.home, &mut self.other]
            .map(|client| client.query_one(sql, &[&self.name]).unwrap().get(0));
        i64::max(home, other)
    }

    /// Whether a session of a run is at work on this.
    pub(super) fn is_running(&mut self, statement: &str) -> bool {
        let sql = "select count(*) from pg_stat_activity where application_name = $1 and state = 'active' and query like $2";
        let pattern = format!("%{statement}%");
        let found: i64 = self.other.query_one(sql, &[&self.name, &pattern]).unwrap().get(0);
        found > 0
    }
}

/// To a database of the other server.
fn connect(dbname: &str) -> Client {
    let settings = other_settings();
    let mut config = Config::new();
    config.host(&settings.host).port(settings.port).user(&settings.user).dbname(dbname);
    if let Some(password) = &settings.password {
        config.password(password);
    }
    config.connect(NoTls).unwrap()
}

impl Drop for Field {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = self.other.batch_execute(&format!("drop database if exists {} with (force)", self.name));
        }
    }
}
