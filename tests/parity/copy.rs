//! Copies of the projects of `tests/projects`, and what dbt made of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A copy of a project of `tests/projects`, with its packages installed.
pub(super) struct Copy {
    pub(super) name: &'static str,
    pub(super) root: PathBuf,
}

impl Copy {
    pub(super) fn of(name: &'static str, purpose: &str) -> Self {
        let root = std::env::temp_dir().join(format!("rsdbt-{purpose}-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        copy(&Path::new("tests/projects").join(name), &root);
        let current = root.join("current");
        if current.is_dir() {
            copy(&current, &root.join("target"));
        }
        let copy = Self { name, root };
        if copy.root.join("packages.yml").is_file() {
            let output = copy.rsdbt(&["deps"]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        copy
    }

    pub(super) fn rsdbt(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_rsdbt"))
            .args(["--quiet", "--no-use-colors"])
            .args(arguments)
            .current_dir(&self.root)
            .env_remove("DBT_PROFILES_DIR")
            .env("TZ", "UTC")
            .output()
            .unwrap()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if !source.is_dir() {
            fs::copy(source, target).unwrap();
        } else if !["target", "dbt_packages", "packages", "logs"]
            .contains(&entry.file_name().to_str().unwrap())
        {
            copy(&source, &target);
        }
    }
}

pub(super) fn recorded(name: &str, what: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("tests/recorded/{name}.{what}.json")).unwrap()).unwrap()
}
