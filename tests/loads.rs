//! Files with every kind of mistake, each loaded into a table of its own: the exact outcomes are in `tests/loads/outcomes.txt`,
//! which `UPDATE_SPECS=1` writes again. And what one file cannot show.

mod audited;
mod cases;
mod histories;
mod places;
mod refused;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project};
use cases::{CASES, Case, bytes};

/// One table for each case, and all loaded by one run.
fn project(database: &Database) -> Project {
    let project = Project::new(database);
    let mut yaml = format!("sources:\n  - name: raw\n    schema: {}\n    tables:\n", database.schema);
    for case in CASES {
        let Case { name, file, columns, load, .. } = case;
        let load = if load.is_empty() { String::new() } else { format!(", {load}") };
        let _ = writeln!(yaml, "      - name: {name}");
        let _ = writeln!(yaml, "        config: {{load: {{from: {{files: \"landing/{file}\"}}{load}}}}}");
        let columns = if columns.is_empty() { cases::many_columns() } else { (*columns).to_owned() };
        let _ = writeln!(yaml, "        columns: [{columns}]");
        let path = project.path().join("landing").join(file.replace("{day:%Y-%m-%d}", "2026-02-28"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes(case)).unwrap();
    }
    project.write("models/sources.yml", &yaml);
    project
}

fn lines(database: &mut Database, sql: &str) -> Vec<String> {
    let Ok(rows) = database.query(sql) else { return Vec::new() };
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone(),
        other => format!("{other:?}"),
    };
    rows.rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join(" ")).collect()
}

/// What became of each file: the message, the rows, the rejects.
fn outcomes(database: &mut Database, project: &Project) -> String {
    let results = fs::read_to_string(project.path().join("target/run_results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    let mut text = String::new();
    for case in CASES {
        let id = format!("source.shop.raw.{}", case.name);
        let result =
            results["results"].as_array().unwrap().iter().find(|result| result["unique_id"] == *id).unwrap();
        let message = result["message"].as_str().unwrap_or_default();
        let message = message.split_once(".yml)\n").map_or(message, |(_, rest)| rest);
        let _ = writeln!(text, "## {} {}\n{}", case.name, case.load, message.trim_end());
        let rows = format!("select row_to_json(t)::text from {} as t limit 5", case.name);
        for line in lines(database, &rows) {
            let shown: String = line.chars().take(300).collect();
            let _ = writeln!(text, "  {shown}");
        }
        let rejects = format!(
            "select format('line %s: %s: %s <- %s', line, coalesce(column_name, '(line)'), reason, left(to_json(raw)::text, 200)) \
             from {}__rejects order by line limit 5",
            case.name
        );
        for line in lines(database, &rejects) {
            let _ = writeln!(text, "  rejected {line}");
        }
        text.push('\n');
    }
    text
}

#[test]
fn each_file_has_its_exact_outcome() {
    let mut database = Database::new();
    let project = project(&database);
    let output = project.run(&["load", "--threads", "4"]);
    assert_eq!(output.status, 1, "{}", output.text);
    let found = outcomes(&mut database, &project);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/loads/outcomes.txt");
    if std::env::var_os("UPDATE_SPECS").is_some() {
        fs::write(path, &found).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    for (found, expected) in found.split("\n## ").zip(expected.split("\n## ")) {
        assert_eq!(found, expected);
    }
    assert_eq!(found, expected);
    assert!(CASES.len() >= 60, "{}", CASES.len());
}

/// What the program accepts the server accepts, too, and with one meaning; `tests/loads/outcomes.txt` has no server's error
/// for a value.
#[test]
fn values_mean_to_the_program_what_they_mean_to_the_server() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let mut columns = Vec::new();
    for (at, (data_type, values)) in cases::VALUES.iter().enumerate() {
        columns.push((at, *data_type, *values));
    }
    let mut yaml = format!("sources:\n  - name: raw\n    schema: {}\n    tables:\n", database.schema);
    for (at, data_type, values) in &columns {
        let _ = write!(
            yaml,
            "      - name: v{at}\n        config: {{load: {{from: {{files: \"v{at}.csv\"}}, rejects: {{max: 100%}}}}}}\n        \
             columns: [{{name: n, data_type: int}}, {{name: v, data_type: \"{data_type}\"}}]\n"
        );
        let mut csv = String::from("n,v\n");
        for (number, value) in values.iter().enumerate() {
            let _ = writeln!(csv, "{number},\"{}\"", value.replace('"', "\"\""));
        }
        project.write(&format!("v{at}.csv"), &csv);
    }
    project.write("models/sources.yml", &yaml);
    project.run_ok(&["load"]);
    for (at, data_type, values) in columns {
        for (number, value) in values.iter().enumerate() {
            let literal = value.replace('\'', "''");
            let of_server = database.query(&format!("select '{literal}'::{data_type}::text")).ok();
            let loaded = lines(&mut database, &format!("select v::text from v{at} where n = {number}"));
            if let [loaded] = loaded.as_slice() {
                let of_server = of_server.map(|rows| rows.rows.clone());
                assert_eq!(of_server, Some(vec![vec![Cell::Text(loaded.clone())]]), "{data_type}: {value}");
            } else {
                let reason = lines(
                    &mut database,
                    &format!("select reason from v{at}__rejects where line = {}", number + 2),
                );
                assert!(!reason.is_empty(), "{data_type}: {value} is neither loaded nor rejected");
            }
        }
    }
}

fn orders(database: &Database, load: &str) -> Project {
    let project = Project::new(database);
    project.write(
        "models/sources.yml",
        &format!(
            "sources:\n  - name: raw\n    schema: {}\n    tables:\n      - name: orders\n        config: {{load: {{{load}}}}}\n        \
             columns: [{{name: id, data_type: int}}, {{name: n, data_type: int}}]\n",
            database.schema
        ),
    );
    project
}

#[test]
fn each_file_is_loaded_once_and_other_content_under_its_name_is_refused() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/*.csv\"}");
    project.write("in/a.csv", "id,n\n1,1\n");
    project.run_ok(&["load"]);
    project.write("in/a.csv", "id,n\n1,1\n");
    project.write("in/b.csv", "id,n\n2,1\n");
    project.run_ok(&["load"]);
    assert_eq!(lines(&mut database, "select string_agg(id::text, ',' order by id) from orders"), ["1,2"]);
    project.write("in/a.csv", "id,n\n1,2\n");
    let output = project.run(&["load"]);
    assert_eq!(output.status, 1, "{}", output.text);
    assert!(
        output.text.contains("in/a.csv: a file of this name was already loaded, with different content"),
        "{}",
        output.text
    );
    assert_eq!(lines(&mut database, "select string_agg(n::text, ',' order by id) from orders"), ["1,1"]);
}

#[test]
fn files_are_not_appended_to_rows_of_which_nothing_is_known() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/*.csv\"}");
    let ids = "select string_agg(id::text, ',' order by id) from orders";
    project.write("in/a.csv", "id,n\n1,1\n");
    project.run_ok(&["load"]);
    // as after a restore, a dropped schema `rsdbt`, or where the table is somebody's own
    database
        .client()
        .batch_execute(
            "create table others as table orders; drop table orders; alter table others rename to orders",
        )
        .unwrap();
    for _ in 0..2 {
        let output = project.run(&["load"]);
        assert!(
            output.status == 1 && output.text.contains("rsdbt does not know what was loaded into it"),
            "{}",
            output.text
        );
        assert_eq!(lines(&mut database, ids), ["1"]);
    }
    let table = format!("{{table: {}.orders}}", database.schema);
    project.run_ok(&["run-operation", "rsdbt_append_to_rows", "--args", &table]);
    project.write("in/a.csv", "id,n\n2,1\n");
    project.run_ok(&["load"]);
    project.run_ok(&["load"]);
    assert_eq!(lines(&mut database, ids), ["1,2"]);
    // an empty table takes all files, and a key tells rows that come again
    database
        .client()
        .batch_execute(
            "create table others (like orders); drop table orders; alter table others rename to orders",
        )
        .unwrap();
    project.run_ok(&["load"]);
    assert_eq!(lines(&mut database, ids), ["2"]);
    let project = orders(&database, "from: {files: \"in/*.csv\"}, unique_key: id");
    database.client().batch_execute("create table others as table orders; drop table orders; alter table others rename to orders; create unique index on orders (id)").unwrap();
    project.write("in/a.csv", "id,n\n2,1\n3,1\n");
    project.run_ok(&["load"]);
    assert_eq!(lines(&mut database, ids), ["2,3"]);
}

#[test]
fn a_failed_file_keeps_those_before_it_and_retry_loads_the_rest() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/*.csv\"}");
    project.write("in/a.csv", "id,n\n1,1\n");
    project.write("in/b.csv", "id,n\n2,x\n");
    project.write("in/c.csv", "id,n\n3,1\n");
    let output = project.run(&["load"]);
    assert_eq!(output.status, 1, "{}", output.text);
    assert!(output.text.contains("in/b.csv:2: column `n`: `x` is not a valid int"), "{}", output.text);
    let ids = "select string_agg(id::text, ',' order by id) from orders";
    assert_eq!(lines(&mut database, ids), ["1"]);
    project.write("in/b.csv", "id,n\n2,1\n");
    project.run_ok(&["retry"]);
    assert_eq!(lines(&mut database, ids), ["1,2,3"]);
    assert_eq!(
        lines(
            &mut database,
            "select string_agg(file, ',' order by file) from rsdbt.loads where relation = 'orders'::regclass"
        ),
        ["in/a.csv,in/b.csv,in/c.csv"]
    );
}

#[test]
fn standard_input_is_loaded_into_the_named_table_only() {
    let mut database = Database::new();
    let project = orders(&database, "from: stdin, format: jsonl");
    project.run_ok(&["load"]);
    assert_eq!(lines(&mut database, "select to_regclass('orders')::text is null"), ["Bool(true)"]);
    let mut child =
        project.command(&["load", "orders"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for id in 0..1000 {
        writeln!(stdin, "{{\"n\": {id}, \"id\": {id}}}").unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(
        lines(&mut database, "select count(*)::text || ' ' || sum(n)::text from orders"),
        ["1000 499500"]
    );
}

/// What is piped in would be lost.
#[test]
fn input_that_no_selected_table_reads_is_an_error() {
    let mut database = Database::new();
    let project = orders(&database, "from: stdin");
    let piped = |arguments: &[&str], text: &str| {
        let mut command = project.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (status, text) = piped(&["load"], "id,n\n1,1\n");
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("standard input has data, and no selected table reads it"), "{text}");
    assert!(text.contains("rsdbt load raw.orders"), "{text}");
    assert_eq!(piped(&["load"], "").0, 0);
    assert_eq!(piped(&["load", "orders"], "id,n\n1,1\n").0, 0);
    assert_eq!(lines(&mut database, "select count(*)::text from orders"), ["1"]);
    project.write("in.csv", "id,n\n2,1\n");
    let (status, text) = piped(&["load", "orders", "--files", "in.csv"], "");
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("source.shop.raw.orders is loaded from standard input"), "{text}");
    let project = orders(&database, "from: {command: [echo, \"id,n\"]}");
    project.write("in.csv", "id,n\n2,1\n");
    let output = project.run(&["load", "--files", "in.csv"]);
    assert!(output.text.contains("source.shop.raw.orders is loaded from a command"), "{}", output.text);
}

#[test]
fn a_command_that_fails_loads_nothing() {
    let mut database = Database::new();
    let project = orders(
        &database,
        "from: {command: [sh, -c, \"echo id,n; echo 1,1; echo out of reach >&2; exit 3\"]}",
    );
    let output = project.run(&["load"]);
    assert_eq!(output.status, 1, "{}", output.text);
    assert!(
        output.text.contains("failed (exit status: 3); nothing was loaded\n    out of reach"),
        "{}",
        output.text
    );
    assert_eq!(lines(&mut database, "select to_regclass('orders')::text is null"), ["Bool(true)"]);
}

#[test]
fn a_file_that_grows_while_it_is_read_is_refused() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: big.csv}");
    // the load waits for the lock of the table while the file grows
    let mut text = String::from("id,n\n");
    for id in 0..200_000 {
        let _ = writeln!(text, "{id},{id}");
    }
    project.write("big.csv", &text);
    database.execute("create table orders (id int, n int)");
    let mut blocker = database.client();
    let mut transaction = blocker.transaction().unwrap();
    transaction.execute(&format!("lock table {}.orders in share mode", database.schema), &[]).unwrap();
    let child = project.command(&["load"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut watcher = database.client();
    crate::support::wait_until("the load waits for the table", || {
        let waits = "select count(*) from pg_locks where not granted and relation = $1::text::regclass::oid";
        let relation = format!("{}.orders", database.schema);
        watcher.query_one(waits, &[&relation]).unwrap().get::<_, i64>(0) > 0
    });
    fs::OpenOptions::new()
        .append(true)
        .open(project.path().join("big.csv"))
        .unwrap()
        .write_all(b"200000,1\n")
        .unwrap();
    transaction.rollback().unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("big.csv: the file changed while it was read; nothing of it was loaded"), "{text}");
    assert_eq!(lines(&mut database, "select count(*)::text from orders"), ["0"]);
}

#[test]
fn a_second_load_of_a_table_waits_for_the_first() {
    let database = Database::new();
    let project = orders(&database, "from: stdin, header: false");
    let mut first =
        project.command(&["load", "orders"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stdin = first.stdin.take().unwrap();
    let mut watcher = database.client();
    let loading = "select count(*) from pg_stat_activity where query like 'copy %orders%' and query like $1";
    let pattern = format!("%{}%", database.schema);
    crate::support::wait_until("the first load copies", || {
        watcher.query_one(loading, &[&pattern]).unwrap().get::<_, i64>(0) == 1
    });
    let mut second =
        project.command(&["load", "orders"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    second.stdin.take().unwrap().write_all(b"2,2\n").unwrap();
    let mut stdout = std::io::BufReader::new(second.stdout.take().unwrap());
    let mut seen = String::new();
    while !seen.contains("Waiting for another run to finish with table") {
        assert!(std::io::BufRead::read_line(&mut stdout, &mut seen).unwrap() > 0, "{seen}");
    }
    stdin.write_all(b"1,1\n").unwrap();
    drop(stdin);
    assert!(first.wait().unwrap().success());
    std::io::Read::read_to_string(&mut stdout, &mut seen).unwrap();
    assert!(second.wait().unwrap().success(), "{seen}");
}
