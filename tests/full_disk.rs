//! A disk that is full: the command fails and says why, and what was there before is still whole.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Database, Project};

/// A file system of a few megabytes. Taken down with its value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, and a line that says so, where this user may not mount one.
    fn mount(path: &Path) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "none"]).arg(path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path.to_owned()));
        }
        let _ = writeln!(std::io::stdout(), "SKIPPED: a small file system cannot be mounted here");
        None
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Leaves this many kilobytes.
    fn fill(&self, left: usize) {
        let _ = fs::remove_file(self.filler());
        let mut file = OpenOptions::new().create(true).append(true).open(self.filler()).unwrap();
        while file.write_all(&[0; 1024]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length - (left as u64) * 1024).unwrap();
    }

    fn empty(&self) {
        let _ = fs::remove_file(self.filler());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// For each artifact a run in which it is the first that does not fit.
#[test]
fn an_artifact_that_does_not_fit_fails_the_command_and_leaves_the_old_one() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project
        .write("dbt_project.yml", "name: shop\nprofile: shop\nflags: {send_anonymous_usage_stats: false}\n");
    let target = project.path().join("target");
    let Some(disk) = SmallDisk::mount(&target) else { return };
    // what is compiled has room of its own
    let Some(_compiled) = SmallDisk::mount(&target.join("compiled")) else { return };
    let Some(_run) = SmallDisk::mount(&target.join("run")) else { return };
    let large = "x".repeat(3_000_000);
    project.write("models/a.sql", "select 1 as id");
    project.write(
        "models/s.yml",
        "sources: [{name: shop, schema: \"{{ target.schema }}\", tables: [{name: wide}]}]",
    );
    database.execute("create table wide (id int)");
    project.run_ok(&["docs", "generate"]);
    project.run_ok(&["run"]);
    let manifest = fs::metadata(target.join("manifest.json")).unwrap().len() / 1024;
    let left = usize::try_from(manifest).unwrap() + 1000;
    let check = |arguments: &[&str], artifact: &str, left: usize| {
        project.run_ok(&["docs", "generate"]);
        project.run_ok(&["run"]);
        let path = target.join(artifact);
        let before = fs::read(&path).unwrap();
        disk.fill(left);
        let output = project.run(arguments);
        assert_eq!(output.status, 2, "{artifact}: {}", output.text);
        let names_it = output.text.contains(&path.display().to_string());
        assert!(names_it && output.text.contains("No space left on device"), "{artifact}: {}", output.text);
        assert!(fs::read(&path).unwrap() == before, "{artifact} is still the old one");
        disk.empty();
        let names = fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().file_name());
        let unfinished: Vec<_> =
            names.filter(|name| name.to_string_lossy().starts_with(".rsdbt-unfinished")).collect();
        assert!(unfinished.is_empty(), "{unfinished:?}");
    };
    for command in ["parse", "run", "compile", "ls"] {
        check(&[command], "manifest.json", 8);
    }
    // the compiled text is in the results, and not in the manifest of `run`
    project.write(
        "models/a.sql",
        "select 1 as id {% if var('large', false) %}/* {{ 'x' * 3000000 }} */{% endif %}",
    );
    check(&["run", "--vars", "{large: true}"], "run_results.json", left);
    project.write("models/a.sql", "select 1 as id");
    // the catalog has the comment of a table, which the manifest has not
    database.execute(&format!("comment on table wide is '{large}'"));
    check(&["docs", "generate"], "catalog.json", left);
    // and the page has all that the catalog has
    let catalog = fs::metadata(target.join("catalog.json")).unwrap().len() / 1024;
    let left = usize::try_from(catalog).unwrap() + 50;
    check(&["docs", "generate"], "index.html", left);
}

#[test]
fn a_log_that_cannot_be_written_is_reported() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write("models/a.sql", "select 1 as id");
    let logs = project.path().join("logs");
    fs::create_dir(&logs).unwrap();
    let log = logs.join("dbt.log");
    std::os::unix::fs::symlink("/dev/full", &log).unwrap();
    let expected = format!("cannot write {}: No space left on device", log.display());
    let is_reported = |project: &Project| {
        let output = project.run(&["run"]);
        assert_eq!(output.status, 2, "{}", output.text);
        assert!(output.text.contains(&expected) && output.text.contains("PASS=1"), "{}", output.text);
    };
    is_reported(&project);
    fs::remove_file(&log).unwrap();
    let Some(disk) = SmallDisk::mount(&logs) else { return };
    project.run_ok(&["run"]);
    let before = fs::read(&log).unwrap();
    disk.fill(0);
    is_reported(&project);
    assert!(fs::read(&log).unwrap().starts_with(&before));
    disk.empty();
    project.run_ok(&["run"]);
}
