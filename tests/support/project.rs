//! A project in a directory of its own, and the binary run in it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Database;

/// Removed with its value, unless the test fails: then it can be looked at.
pub(crate) struct Project {
    pub(crate) root: PathBuf,
}

/// What one command said, standard output first.
pub(crate) struct Output {
    pub(crate) text: String,
    pub(crate) status: i32,
}

impl Project {
    /// A project file and a profile for the database's schema; everything else is the test's.
    pub(crate) fn new(database: &Database) -> Self {
        let project = Self::at(&database.schema);
        project.write("profiles.yml", &profile(database));
        project
    }

    /// Without a profile, in a folder of this name.
    pub(crate) fn at(folder: &str) -> Self {
        super::patience::limit();
        let root = std::env::temp_dir().join(folder);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        let project = Self { root };
        project.write("dbt_project.yml", "name: shop\nprofile: shop\n");
        project
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `from to`: the files of one folder into another.
    pub(crate) fn copy(&self, folders: &str) {
        let (from, to) = folders.split_once(' ').unwrap();
        self.copy_from(&self.root.join(from), to);
    }

    /// The files of a folder, without its folders.
    pub(crate) fn copy_from(&self, from: &Path, to: &str) {
        fs::create_dir_all(self.root.join(to)).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, self.root.join(to).join(path.file_name().unwrap())).unwrap();
            }
        }
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap();
    }

    /// The binary in the project's directory.
    pub(crate) fn command<S: AsRef<str>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rsdbt"));
        command
            .args(arguments.iter().map(AsRef::as_ref))
            .current_dir(&self.root)
            .env_remove("DBT_PROFILES_DIR")
            .env("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
            .env("NO_COLOR", "1");
        command
    }

    /// The same, which hears signals.
    pub(crate) fn hearing<S: AsRef<str>>(&self, arguments: &[S]) -> Command {
        super::hearing::hearing(&self.command(arguments))
    }

    pub(crate) fn with_signals<S: AsRef<str>>(&self, arguments: &[S], option: &str) -> Command {
        super::hearing::with_signals(&self.command(arguments), option)
    }

    /// A source `s` with the table `f` in the test's schema, whose event time is `at`.
    pub(crate) fn declare_facts(&self, schema: &str) {
        let table = "{name: f, config: {event_time: at}}";
        let sources = format!("sources: [{{name: s, schema: {schema}, tables: [{table}]}}]\n");
        self.write("models/sources.yml", &sources);
    }

    pub(crate) fn run_ok<S: AsRef<str>>(&self, arguments: &[S]) {
        let output = self.run(arguments);
        assert_eq!(output.status, 0, "{}", output.text);
    }

    pub(crate) fn run<S: AsRef<str>>(&self, arguments: &[S]) -> Output {
        let output = self.command(arguments).output().unwrap();
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Output { text, status: output.status.code().unwrap_or(-1) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

/// One thread: the order of lines is part of a spec.
fn profile(database: &Database) -> String {
    let settings = &database.settings;
    let mut text = String::from("shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n");
    let mut set = |key: &str, value: &str| {
        let _ = writeln!(text, "      {key}: '{}'", value.replace('\'', "''"));
    };
    set("host", &settings.host);
    set("user", &settings.user);
    set("password", settings.password.as_deref().unwrap_or(""));
    set("dbname", &settings.database);
    set("schema", &database.schema);
    if let Some(path) = &settings.search_path {
        set("search_path", path);
    }
    let _ = write!(text, "      port: {}\n      threads: 1\n", settings.port);
    text
}
