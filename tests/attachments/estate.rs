//! A project, a database with roles of its own, and what its catalogs say.

use std::process::Command;

use crate::support::{Database, Project};

pub(super) const EVERY_CLASS: &str = include_str!("every_class.sql");
pub(super) const SUPERUSER: &str = include_str!("superuser.sql");
const STATE: &str = include_str!("state.sql");
const ROLES: [&str; 3] = ["reader", "second", "owner"];

pub(super) struct Estate {
    pub(super) database: Database,
    pub(super) project: Project,
}

impl Estate {
    pub(super) fn new() -> Self {
        let database = Database::new();
        let project = Project::new(&database);
        let mut estate = Self { database, project };
        for role in ROLES {
            estate.attach(&format!("create role ROLE_{role}; grant ROLE_{role} to current_user; grant usage on schema SCHEMA to ROLE_{role}"));
        }
        estate
    }

    /// `ROLE` and `SCHEMA` are those of this test.
    pub(super) fn attach(&mut self, sql: &str) {
        let schema = self.database.schema.clone();
        self.database.execute(&sql.replace("ROLE", &schema).replace("SCHEMA", &schema));
    }

    pub(super) fn is_superuser(&mut self) -> bool {
        let query = "select rolsuper from pg_roles where rolname = current_user";
        self.database.client().query_one(query, &[]).unwrap().get(0)
    }

    /// What the project does from now on, it does as an ordinary role.
    pub(super) fn as_owner(&mut self) -> String {
        self.attach("grant create on schema SCHEMA to ROLE_owner");
        let role = format!("{}_owner", self.database.schema);
        let profile = std::fs::read_to_string(self.project.path().join("profiles.yml")).unwrap();
        self.project.write("profiles.yml", &format!("{profile}      role: {role}\n"));
        role
    }

    /// One paragraph for each thing that the catalogs know of the relation.
    pub(super) fn state(&self, relation: &str) -> String {
        let rows = self.database.client().query(&STATE.replace("$1", &format!("'{relation}'")), &[]).unwrap();
        let shown = |row: &postgres::Row| {
            format!("{}\n{}\n", row.get::<_, String>(0), row.get::<_, Option<String>>(1).unwrap_or_default())
        };
        rows.iter().map(shown).collect::<Vec<_>>().join("\n")
    }

    /// The schema as pg_dump sees it; empty where there is none, or none for this server.
    pub(super) fn dump(&self) -> String {
        let settings = &self.database.settings;
        let mut command = Command::new("pg_dump");
        command.args(["--schema-only", "--schema", &self.database.schema, "--username", &settings.user]);
        command.args(["--host", &settings.host, "--port", &settings.port.to_string(), &settings.database]);
        command.env("PGPASSWORD", settings.password.as_deref().unwrap_or_default());
        let Ok(output) = command.output() else { return String::new() };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // a token that differs in every dump, and names that dbt makes anew
        let is_hash = |word: &str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let stable = |line: &str| {
            let words = line.split(|character: char| !character.is_alphanumeric());
            words
                .filter(|word| is_hash(word))
                .fold(line.to_owned(), |line, hash| line.replace(hash, "hash").replace("\"hash\"", "hash"))
        };
        let text = text
            .lines()
            .filter(|line| !line.contains("restrict "))
            .map(stable)
            .collect::<Vec<_>>()
            .join("\n");
        let mut objects: Vec<&str> = text.split("\n\n\n").map(str::trim).collect();
        objects.sort_unstable();
        objects.join("\n\n")
    }
}

impl Drop for Estate {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let schema = self.database.schema.clone();
        self.attach("drop publication if exists ROLE_some, ROLE_whole; drop schema SCHEMA cascade; create schema SCHEMA");
        self.attach("drop access method if exists ROLE_heap");
        for role in ROLES {
            self.attach(&format!("drop owned by ROLE_{role} cascade; drop role {schema}_{role}"));
        }
    }
}
