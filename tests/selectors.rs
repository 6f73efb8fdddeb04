//! `ls` and the manifest of whole projects against what dbt made of them. `record/dbt_ls.py` recorded it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value};

/// A copy of a project of `tests/projects`, with its packages installed.
struct Copy {
    name: &'static str,
    root: PathBuf,
}

impl Copy {
    fn of(name: &'static str, purpose: &str) -> Self {
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

    fn rsdbt(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_rsdbt"))
            .args(["--quiet", "--no-use-colors"])
            .args(arguments)
            .current_dir(&self.root)
            .env_remove("DBT_PROFILES_DIR")
            .env("TZ", "UTC")
            .output()
            .unwrap()
    }

    /// The difference to what dbt printed, if there is one.
    fn compare(&self, case: &Value) -> Option<String> {
        let texts = |key: &str| -> Vec<&str> {
            case[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
        };
        let mut arguments = vec!["ls"];
        arguments.extend(texts("args"));
        let output = self.rsdbt(&arguments);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<&str> = printed.lines().collect();
        let expected = texts("lines");
        let same = match case["error"].as_str() {
            Some(_) => output.status.code() == Some(2),
            None => output.status.success() && lines == expected,
        };
        (!same).then(|| {
            format!("{}: {}\n  dbt {expected:#?}\n  rsdbt {lines:#?}", self.name, arguments.join(" "))
        })
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

fn recorded(name: &str, what: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("tests/recorded/{name}.{what}.json")).unwrap()).unwrap()
}

#[test]
fn listings_are_those_of_dbt() {
    let mut wrong = Vec::new();
    for name in ["mart", "shop", "layers"] {
        let project = Copy::of(name, "listings");
        let cases = recorded(name, "selectors");
        let cases = cases.as_array().unwrap();
        let next = AtomicUsize::new(0);
        let take = || {
            let mut own = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                own.extend(project.compare(case));
            }
            own
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            for worker in workers {
                wrong.extend(worker.join().unwrap());
            }
        });
    }
    assert!(wrong.is_empty(), "{} listings differ:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn manifests_are_those_of_dbt_key_by_key() {
    let mut wrong = Vec::new();
    for name in ["mart", "shop", "layers"] {
        let project = Copy::of(name, "manifest");
        let output = project.rsdbt(&["parse"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        let text = fs::read_to_string(project.root.join("target/manifest.json")).unwrap();
        let root = fs::canonicalize(&project.root).unwrap();
        let ours: Value = serde_json::from_str(&text.replace(root.to_str().unwrap(), "/project")).unwrap();
        let mut theirs = recorded(name, "manifest");
        // dbt's own overview text is not ours, and what it calls `default__x` is the built-in `x` here
        theirs["docs"].as_object_mut().unwrap().shift_remove("doc.dbt.__overview__");
        let theirs = serde_json::to_string(&theirs).unwrap().replace("macro.dbt.default__", "macro.dbt.");
        let theirs: Value = serde_json::from_str(&theirs).unwrap();
        compare(&theirs, &ours, name, &mut wrong);
    }
    assert!(wrong.is_empty(), "{} values differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn compare(theirs: &Value, ours: &Value, path: &str, wrong: &mut Vec<String>) {
    if let (Value::Array(left), Value::Array(right)) = (theirs, ours)
        && left.len() == right.len()
    {
        for (at, (left, right)) in left.iter().zip(right).enumerate() {
            compare(left, right, &format!("{path} > {at}"), wrong);
        }
        return;
    }
    let (Value::Object(left), Value::Object(right)) = (theirs, ours) else {
        if theirs != ours && !is_apart(path) {
            wrong.push(format!("{path}\n  dbt {theirs}\n  rsdbt {ours}"));
        }
        return;
    };
    // sections and maps of nodes follow the order in which files are found
    let is_unordered = path.matches(" > ").count() == 1 || path.ends_with(" > unrendered_config");
    let keys = |map: &Map<String, Value>| {
        let mut keys: Vec<String> = map.keys().cloned().collect();
        if is_unordered {
            keys.sort_unstable();
        }
        keys
    };
    let is_macros = path.ends_with(" > macros");
    if !is_macros && !is_apart(path) && keys(left) != keys(right) {
        wrong.push(format!("keys of {path}\n  dbt {:?}\n  rsdbt {:?}", keys(left), keys(right)));
    }
    for (key, value) in left {
        match right.get(key) {
            Some(other) => compare(value, other, &format!("{path} > {key}"), wrong),
            None if is_macros => wrong.push(format!("{path} > {key} is missing")),
            None => {}
        }
    }
}

/// What differs from run to run, and one oddity: dbt gives a group the configs of the models in the folder
/// that has the group's name.
fn is_apart(path: &str) -> bool {
    let of_the_run =
        ["generated_at", "invocation_id", "invocation_started_at", "run_started_at", "created_at"];
    of_the_run.iter().any(|key| path.ends_with(&format!(" > {key}")))
        || path.contains(" > groups > ") && path.contains(" > config")
}
