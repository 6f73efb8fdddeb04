//! Everything that is written below `target` and `logs`: what stands in its way is named, and no command passes it over in silence.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Database, Project};

/// With something of each kind.
fn project() -> (Database, Project) {
    let mut database = Database::new();
    database.execute("create table raw (id int, at timestamptz)");
    let project = Project::new(&database);
    project.write(
        "dbt_project.yml",
        "name: shop\nprofile: shop\nasset-paths: [assets]\nflags: {send_anonymous_usage_stats: false}\n",
    );
    project.write("models/a.sql", "select 1 as id");
    project.write("models/e.sql", "{{ config(materialized='ephemeral') }} select id from {{ ref('a') }}");
    project.write("models/b.sql", "{{ config(materialized='table') }} select id from {{ ref('e') }}");
    project.write("seeds/s.csv", "id\n1\n");
    project.write("tests/t.sql", "select id from {{ ref('b') }} where id is null");
    project.write("analyses/y.sql", "select id from {{ ref('b') }}");
    project.write("assets/logo", "x");
    project.write(
        "models/p.yml",
        "models: [{name: a, columns: [{name: id, data_tests: [not_null]}]}]
sources: [{name: i, schema: \"{{ target.schema }}\", tables: [{name: raw, loaded_at_field: at, freshness: {warn_after: {count: 1, period: day}}}]}]
unit_tests: [{name: u, model: b, given: [{input: ref('a'), rows: [{id: 3}]}], expect: {rows: [{id: 3}]}}]
",
    );
    (database, project)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// What is below a folder, and whether it is a folder, too.
fn written(folder: &Path, found: &mut BTreeMap<PathBuf, bool>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_folder = entry.file_type().unwrap().is_dir();
        found.insert(entry.path(), is_folder);
        if is_folder {
            written(&entry.path(), found);
        }
    }
}

#[test]
fn what_cannot_be_written_is_an_error_that_names_it() {
    const COMMANDS: [&[&str]; 5] =
        [&["parse"], &["compile"], &["build"], &["docs", "generate", "--static"], &["source", "freshness"]];
    let (_database, project) = project();
    let target = project.path().join("target");
    let beside = project.path().join("beside");
    let clear = || {
        let _ = fs::remove_dir_all(&target);
        let _ = fs::remove_dir_all(&beside);
        fs::create_dir_all(beside.join("folder")).unwrap();
        fs::write(beside.join("file"), "{}").unwrap();
    };
    let mut tried = BTreeSet::new();
    for (number, command) in COMMANDS.into_iter().enumerate() {
        clear();
        project.run(command);
        let mut paths = BTreeMap::new();
        written(&target, &mut paths);
        assert!(!paths.is_empty(), "{command:?} writes nothing");
        for (path, is_folder) in paths {
            let kind = if is_folder { "folder" } else { "file" };
            for obstacle in ["link", "dangling link", "another kind"] {
                // once for what several commands write in the same way
                if tried.len() % 3 != number % 3 && tried.contains(&(path.clone(), obstacle)) {
                    continue;
                }
                clear();
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                match obstacle {
                    "link" => symlink(beside.join(kind), &path).unwrap(),
                    "dangling link" => symlink(beside.join("nowhere"), &path).unwrap(),
                    _ if is_folder => fs::write(&path, "user's").unwrap(),
                    _ => fs::create_dir_all(path.join("inner")).unwrap(),
                }
                tried.insert((path.clone(), obstacle));
                let shown = path.strip_prefix(project.path()).unwrap().display().to_string();
                let what = format!("{command:?}, {obstacle} at {shown}");
                let output = project.run(command);
                let assets = target.join("assets");
                if output.status == 0 && path.starts_with(&assets) {
                    // removed and copied as a whole each time: nothing stands in the way
                    let logo = fs::symlink_metadata(assets.join("logo"));
                    assert!(logo.is_ok_and(|data| data.is_file()), "{what}\n{}", output.text);
                    assert_eq!(fs::read_to_string(beside.join("file")).unwrap(), "{}", "{what}");
                    continue;
                }
                assert!(output.status != 0, "{what}\n{}", output.text);
                assert!(output.text.contains(&shown), "{what}\n{}", output.text);
                let says = if obstacle == "another kind" { "move it away" } else { "a symbolic link" };
                assert!(output.text.contains(says), "{what}\n{}", output.text);
                assert_eq!(fs::read_to_string(beside.join("file")).unwrap(), "{}", "{what}");
                assert_eq!(fs::read_dir(beside.join("folder")).unwrap().count(), 0, "{what}");
                assert!(!beside.join("nowhere").exists(), "{what}");
            }
        }
    }
    let names: BTreeSet<String> = tried.iter().map(|(path, _)| name_of(path)).collect();
    for name in ["manifest.json", "run_results.json", "graph_summary.json", "catalog.json", "index.html"] {
        assert!(names.contains(name), "{name}");
    }
}

#[test]
fn a_target_folder_that_leads_nowhere_is_named() {
    let (_database, project) = project();
    symlink("/nowhere/at/all", project.path().join("target")).unwrap();
    let output = project.run(&["run"]);
    let expected = "target is a symbolic link to /nowhere/at/all, which does not exist";
    assert!(output.status == 2 && output.text.contains(expected), "{}", output.text);
}

#[test]
fn a_log_that_cannot_be_opened_is_reported_and_fails_no_run() {
    let (_database, project) = project();
    let logs = project.path().join("logs");
    let says = |expected: &str| {
        let output = project.run(&["run"]);
        assert_eq!(output.status, 0, "{}", output.text);
        assert!(output.text.contains("this command has no log file"), "{}", output.text);
        assert!(output.text.contains(expected), "{}", output.text);
        let quiet = project.run(&["run", "--log-level-file", "none"]);
        assert!(!quiet.text.contains("no log file"), "{}", quiet.text);
    };
    fs::write(&logs, "user's").unwrap();
    says("logs is not a folder");
    fs::remove_file(&logs).unwrap();
    symlink("/nowhere/at/all", &logs).unwrap();
    says("logs is a symbolic link to /nowhere/at/all, which does not exist");
    fs::remove_file(&logs).unwrap();
    fs::create_dir(&logs).unwrap();
    symlink("/nowhere/at/all.log", logs.join("dbt.log")).unwrap();
    says("dbt.log is a symbolic link to /nowhere/at/all.log, which does not exist");
}

#[test]
fn a_linked_log_is_appended_to_and_the_link_stays() {
    let (_database, project) = project();
    fs::create_dir(project.path().join("logs")).unwrap();
    let (link, real) = (project.path().join("logs/dbt.log"), project.path().join("real.log"));
    fs::write(&real, "of a user\n".repeat(200)).unwrap();
    symlink(&real, &link).unwrap();
    project.run_ok(&["run", "--log-file-max-bytes", "1000"]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let text = fs::read_to_string(&real).unwrap();
    assert!(text.starts_with("of a user\n") && text.contains("Done. PASS="), "{text}");
    assert_eq!(fs::read_dir(project.path().join("logs")).unwrap().count(), 1);
}

#[test]
fn what_killed_commands_have_left_is_removed_by_the_next() {
    let (_database, project) = project();
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    let dead = child.id();
    for folder in ["target", "target/compiled/shop/models"] {
        project.write(&format!("{folder}/.rsdbt-unfinished-{dead}-3"), "half");
        project.write(&format!("{folder}/.rsdbt-unfinished-{}-3", std::process::id()), "half");
        project.write(&format!("{folder}/.rsdbt-unfinished-{dead}-mine"), "of a user");
    }
    project.run_ok(&["compile"]);
    for folder in ["target", "target/compiled/shop/models"] {
        let left = |process: u32, rest: &str| {
            project.path().join(folder).join(format!(".rsdbt-unfinished-{process}-{rest}")).exists()
        };
        assert!(!left(dead, "3"), "{folder}");
        assert!(left(std::process::id(), "3") && left(dead, "mine"), "{folder}");
    }
    let temporary = project.path().join("temporary");
    let number = "0123456789abcdef0123456789abcdef";
    project.write(&format!("temporary/rsdbt-{dead}-{number}/half"), "");
    project.write(&format!("temporary/rsdbt-{}-{number}/half", std::process::id()), "");
    project.write("packages.yml", "packages:\n  - local: p\n");
    project.write("p/dbt_project.yml", "name: p\nprofile: shop\n");
    let output = project.command(&["deps"]).env("TMPDIR", &temporary).output().unwrap();
    assert!(output.status.success());
    let names: Vec<_> = fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [format!("rsdbt-{}-{number}", std::process::id()).as_str()]);
}

/// Something mounted at a path, until the value goes.
struct Mount(PathBuf);

impl Mount {
    /// `None`, and a line that says so, where this user may not mount anything.
    fn make(arguments: &[&str], path: &Path) -> Option<Self> {
        let mounted = Command::new("mount").args(arguments).arg(path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path.to_owned()));
        }
        let _ = writeln!(std::io::stdout(), "SKIPPED: nothing can be mounted here");
        None
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_mounted_target_folder_is_emptied() {
    let (_database, project) = project();
    let target = project.path().join("target");
    fs::create_dir_all(&target).unwrap();
    let Some(_target) = Mount::make(&["-t", "tmpfs", "none"], &target) else { return };
    fs::create_dir_all(target.join("compiled")).unwrap();
    let Some(_inner) = Mount::make(&["-t", "tmpfs", "none"], &target.join("compiled")) else { return };
    let beside = project.path().join("beside");
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join("kept"), "user's").unwrap();
    project.run_ok(&["compile"]);
    symlink(&beside, target.join("link")).unwrap();
    let output = project.run(&["clean"]);
    assert!(output.status == 0 && output.text.contains("Cleaned target/*"), "{}", output.text);
    let left: Vec<_> = fs::read_dir(&target).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["compiled"], "the mount alone");
    assert_eq!(fs::read_dir(target.join("compiled")).unwrap().count(), 0);
    assert!(beside.join("kept").exists());
}

#[test]
fn a_mounted_log_file_grows() {
    let (_database, project) = project();
    fs::create_dir(project.path().join("logs")).unwrap();
    let (log, real) = (project.path().join("logs/dbt.log"), project.path().join("real.log"));
    fs::write(&log, "").unwrap();
    fs::write(&real, "earlier\n".repeat(200)).unwrap();
    let Some(_log) = Mount::make(&["--bind", real.to_str().unwrap()], &log) else { return };
    let output = project.run(&["run", "--log-file-max-bytes", "1000"]);
    assert!(output.status == 0 && !output.text.contains("cannot write"), "{}", output.text);
    assert!(fs::read_to_string(&real).unwrap().contains("Done. PASS="));
    assert_eq!(fs::read_dir(project.path().join("logs")).unwrap().count(), 1);
}
