//! Loads of what no document can show: standard input, pipes, files that grow, many rows in little memory; and loads that are killed
//! at any time, against an oracle.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::support::{Database, Draw, Project};

/// Loads of a test run, half of which are killed.
const LOADS: u64 = 24;

fn source(from: &str, more: &str) -> String {
    format!(
        "sources:\n  - name: landing\n    schema: \"{{{{ target.schema }}}}\"\n    tables:\n      - name: t\n        config:\n          \
         load: {{from: {from}, columns: {{id: bigint, note: text}}, {more}}}\n"
    )
}

fn count(database: &Database, table: &str) -> i64 {
    let sql = format!("select pg_catalog.count(*) from {table}");
    database.client().query_one(&sql, &[]).unwrap().get(0)
}

#[test]
fn standard_input_is_loaded_each_time_it_is_given() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write(
        "models/s.yml",
        &source("stdin", "mode: append").replace("from: stdin", "from: {stdin: true, format: jsonl}"),
    );
    for expected in [2, 4] {
        let mut child =
            project.command(&["load", "t"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // the second line comes later
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"{\"id\": 1}\n{\"id\"").unwrap();
        input.write_all(b": 2, \"note\": \"x\"}\n").unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(count(&database, "t"), expected);
    }
}

#[test]
fn a_pipe_is_no_file_and_a_command_may_read_it() {
    let database = Database::new();
    let project = Project::new(&database);
    fs::create_dir_all(project.path().join("landing")).unwrap();
    let pipe = project.path().join("landing/t.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    project.write("models/s.yml", &source("{files: landing/t.csv}", "mode: append"));
    let output = project.run(&["load"]);
    assert!(output.text.contains("`landing/t.csv` is not a regular file"), "{}", output.text);
    assert_eq!(output.status, 1);
    project.write("models/s.yml", &source("{command: [cat, landing/t.csv], format: csv}", "mode: append"));
    thread::scope(|scope| {
        scope.spawn(|| fs::write(&pipe, "id,note\n1,x\n").unwrap());
        project.run_ok(&["load"]);
    });
    assert_eq!(count(&database, "t"), 1);
}

#[test]
fn a_file_that_grows_while_it_is_read_is_not_loaded() {
    let database = Database::new();
    let project = Project::new(&database);
    let mut text = String::from("id,note\n");
    for id in 0..200_000 {
        let _ = writeln!(text, "{id},some text of a certain length");
    }
    project.write("landing/t.csv", &text);
    project.write("models/s.yml", &source("{files: landing/t.csv}", "mode: append"));
    let is_over = AtomicBool::new(false);
    let output = thread::scope(|scope| {
        scope.spawn(|| {
            let mut file =
                OpenOptions::new().append(true).open(project.path().join("landing/t.csv")).unwrap();
            while !is_over.load(Ordering::Relaxed) {
                file.write_all(b"1,x\n").unwrap();
                thread::sleep(Duration::from_millis(1));
            }
        });
        let output = project.run(&["load"]);
        is_over.store(true, Ordering::Relaxed);
        output
    });
    assert!(output.text.contains("`landing/t.csv` changed while it was read"), "{}", output.text);
    assert_eq!(output.status, 1);
    project.run_ok(&["load"]);
    assert!(count(&database, "t") > 200_000);
}

/// What the table is to have, by key: the text.
#[derive(Default)]
struct Oracle {
    mode: &'static str,
    rows: BTreeMap<i64, String>,
    files: usize,
}

impl Oracle {
    /// The next file: some keys that are there, some that are not, some twice; late ones and broken ones.
    fn next_file(&mut self, draw: &mut Draw, project: &Project) {
        let mut text = String::from("note,id\n");
        if self.mode == "replace" {
            self.rows.clear();
        }
        let size = 40 + draw.below(40);
        for number in 0..size {
            let id = i64::try_from(if self.mode == "replace" { number } else { draw.below(300) }).unwrap();
            let note = format!("f{} n{number}", self.files);
            if draw.below(12) == 0 {
                let _ = writeln!(text, "{note},broken {id}");
                continue;
            }
            let _ = writeln!(text, "\"{note}\",{id}");
            if self.mode == "append" {
                self.rows.entry(id).or_insert(note);
            } else {
                self.rows.insert(id, note);
            }
        }
        self.files += 1;
        project.write(&format!("landing/t_{:04}-01-01.csv", 1000 + self.files), &text);
    }
}

/// Whatever was killed, the next load ends with the rows of every file, each once.
fn history(mode: &'static str, seed: u64) {
    let database = Database::new();
    let project = Project::new(&database);
    let more = format!("mode: {mode}, unique_key: id, rejects: {{max: 1000}}");
    project.write("models/s.yml", &source("{files: \"landing/t_{date:%Y-%m-%d}.csv\"}", &more));
    let mut draw = Draw::new(seed);
    let mut oracle = Oracle { mode, ..Oracle::default() };
    for load in 0..LOADS {
        for _ in 0..=draw.below(2) {
            oracle.next_file(&mut draw, &project);
        }
        if draw.below(2) == 0 {
            let mut child = project
                .command(&["load", "--allow-deletes"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            thread::sleep(Duration::from_millis(draw.below(400)));
            let _ = child.kill();
            child.wait().unwrap();
            if load + 1 < LOADS {
                continue;
            }
        }
        let output = project.run(&["load", "--allow-deletes"]);
        assert_eq!(output.status, 0, "seed {seed}, {mode}: {}", output.text);
        let rows = database.client().query("select id, note from t order by id", &[]).unwrap();
        let found: BTreeMap<i64, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        assert_eq!(rows.len(), found.len(), "seed {seed}, {mode}: a key is there twice");
        assert_eq!(found, oracle.rows, "seed {seed}, {mode}, load {load}");
        let kept = "select pg_catalog.count(distinct (file, line)) = pg_catalog.count(*) from t__rejects";
        assert!(
            database.client().query_one(kept, &[]).unwrap().get::<_, bool>(0),
            "seed {seed}: a reject is there twice"
        );
    }
    let leftovers = "select relname::text from pg_catalog.pg_class where relname like '%dbt\\_%' and relnamespace = $1::text::regnamespace";
    assert!(
        database.client().query(leftovers, &[&database.schema]).unwrap().is_empty(),
        "seed {seed}, {mode}"
    );
}

#[test]
fn killed_loads_lose_nothing_and_load_nothing_twice() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos();
    let seed =
        std::env::var("RSDBT_LOADS_SEED").map_or_else(|_| u64::from(now), |text| text.parse().unwrap());
    for (number, mode) in (0..).zip(["replace", "append", "upsert"]) {
        history(mode, seed + number);
    }
}
