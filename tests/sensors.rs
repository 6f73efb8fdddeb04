//! Jobs that wait for a file, or for rows of a source.

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project, assert_mistakes};

const CLOCK: &str = "RSDBT_SIMULATED_CLOCK";

fn at(project: &Project, arguments: &[&str], at: &str) -> (i32, String) {
    let output = project.command(arguments).env(CLOCK, at).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// State and message of each interval.
fn intervals(database: &mut Database) -> Vec<String> {
    let schema = database.schema.clone();
    let sql = format!(
        "select concat_ws(' ', to_char(logical_time at time zone 'UTC', 'MM-DD'), state, nullif(message, '')) \
         from rsdbt.intervals where schema_name = '{schema}' order by logical_time"
    );
    let text = |row: Vec<Cell>| match row.into_iter().next() {
        Some(Cell::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    database.query(&sql).unwrap().rows.into_iter().map(text).collect()
}

fn job(project: &Project, depends_on: &str) {
    project.write(
        "jobs.yml",
        &format!(
            "jobs:\n  - name: nightly\n    cron: '@daily'\n    timezone: Asia/Seoul\n    start: 2024-05-01\n    catch_up: all\n    depends_on: [{depends_on}]\n    steps: [shell: [sh, -c, 'echo $RSDBT_INTERVAL_START >> said.txt']]\n"
        ),
    );
}

#[test]
fn a_job_waits_for_the_file_of_its_interval() {
    let mut database = Database::new();
    let project = Project::new(&database);
    job(&project, "{file: landing/%Y-%m-%d.csv, timeout: 3 hours}");
    // the day of Seoul ends at 15:00
    let (status, text) = at(&project, &["run", "--due"], "2024-05-01T15:00:01Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(intervals(&mut database), ["04-30 waiting the file landing/2024-05-01.csv"]);
    let (_, text) = at(&project, &["schedule", "status"], "2024-05-01T15:00:02Z");
    assert!(text.contains("2024-04-30T15:00:00Z waits for the file landing/2024-05-01.csv"), "{text}");
    project.write("landing/2024-05-02.csv", "of another day\n");
    at(&project, &["run", "--due"], "2024-05-01T16:00:00Z");
    assert_eq!(intervals(&mut database), ["04-30 waiting the file landing/2024-05-01.csv"]);
    project.write("landing/2024-05-01.csv", "id\n");
    let (status, text) = at(&project, &["run", "--due"], "2024-05-01T17:00:00Z");
    assert_eq!(status, 0, "{text}");
    let (_, text) = at(&project, &["run", "--due"], "2024-05-02T15:00:01Z");
    assert!(text.contains("2024-05-01T15:00:00Z nightly: success"), "{text}");
    at(&project, &["run", "--due"], "2024-05-03T15:00:01Z");
    let (status, text) = at(&project, &["run", "--due"], "2024-05-03T18:00:02Z");
    let late = "the file landing/2024-05-03.csv: not there within 10800 s";
    assert!(status == 1 && text.contains(late), "{text}");
    assert_eq!(intervals(&mut database), ["04-30 success", "05-01 success", &format!("05-02 failed {late}")]);
    let said = std::fs::read_to_string(project.root.join("said.txt")).unwrap();
    assert_eq!(said, "2024-04-30T15:00:00Z\n2024-05-01T15:00:00Z\n");
}

/// A schedule that runs looks again, and other jobs are not kept waiting.
#[test]
fn a_schedule_looks_until_the_file_is_there() {
    let mut database = Database::new();
    let project = Project::new(&database);
    job(&project, "{file: landing/go}");
    let mut schedule = project.command(&["schedule"]);
    schedule.env(CLOCK, "2024-05-01T15:00:01Z*10").stdout(std::process::Stdio::null());
    let mut schedule = schedule.spawn().unwrap();
    let waits = ["04-30 waiting the file landing/go"];
    let known = |database: &mut Database| {
        let table = "select coalesce(to_regclass('rsdbt.intervals')::text, 'none')";
        let is_there = database.query(table).unwrap().rows[0][0] != Cell::Text("none".to_owned());
        if is_there { intervals(database) } else { Vec::new() }
    };
    crate::support::wait_until("it waits", || known(&mut database) == waits);
    project.write("landing/go", "");
    crate::support::wait_until("it has run", || known(&mut database) == ["04-30 success"]);
    let killed = std::process::Command::new("kill").arg(schedule.id().to_string()).status().unwrap();
    assert!(killed.success() && schedule.wait().unwrap().success());
}

#[test]
fn a_job_waits_for_rows_of_a_source() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let schema = database.schema.clone();
    project.write(
        "models/s.yml",
        &format!(
            "sources:\n  - {{name: raw, schema: {schema}, loaded_at_field: at, freshness: {{error_after: {{count: 1, period: hour}}}}, tables: [{{name: orders}}]}}\n"
        ),
    );
    job(&project, "{source: raw.orders, offset: 1 hour}");
    let (status, text) = at(&project, &["run", "--due"], "2024-05-01T15:00:01Z");
    let waits = "nightly: waits for rows of raw.orders up to 2024-05-01T14:00:00Z: ";
    assert!(status == 0 && text.contains(waits), "{text}");
    assert!(text.contains("does not exist"), "{text}");
    database.execute("create table orders (at timestamptz)");
    let waiting = ["04-30 waiting rows of raw.orders up to 2024-05-01T14:00:00Z"];
    for newest in ["2024-05-01 00:00:00+00", "2024-05-01 13:59:59+00"] {
        at(&project, &["run", "--due"], "2024-05-01T15:10:00Z");
        assert_eq!(intervals(&mut database), waiting);
        database.execute(&format!("insert into orders values ('{newest}')"));
    }
    at(&project, &["run", "--due"], "2024-05-01T15:30:00Z");
    assert_eq!(intervals(&mut database), waiting);
    database.execute("insert into orders values ('2024-05-01 14:00:00+00')");
    let (status, text) = at(&project, &["run", "--due"], "2024-05-01T16:00:00Z");
    assert_eq!(status, 0, "{text}");
    assert_eq!(intervals(&mut database), ["04-30 success"]);
}

#[test]
fn mistakes_of_sensors_are_shown_where_they_are() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write("models/s.yml", "sources:\n  - {name: raw, tables: [{name: orders, loaded_at_field: at, freshness: {warn_after: {count: 1, period: day}}}, {name: unmeasured}]}\n");
    let right = r#"jobs:
  - name: nightly
    cron: "0 3 * * *"
    depends_on:
      - {file: landing/%Y-%m-%d.csv, offset: 1 day, timeout: 1 hour}
      - {source: raw.orders}
    steps: [build]
"#;
    project.write("jobs/nightly.yml", right);
    let output = project.run(&["parse"]);
    assert_eq!(output.status, 0, "{}", output.text);
    let one = "an entry of depends_on has exactly one of `job`, `pipeline`, `file` and `source`";
    let mistakes = [
        ("landing/%Y-%m-%d.csv", "landing/%", "5:16", "`landing/%` is not a valid path of a file"),
        ("file: landing/%Y-%m-%d.csv", "job: a, file: b", "5:24", one),
        ("source: raw.orders", "timeout: 1 hour", "6:9", one),
        ("source: raw.orders", "sourc: raw.orders", "6:10", "unknown key `sourc` in entry of depends_on"),
        ("raw.orders", "raw.order", "6:18", "`nightly` depends on `raw.order`, which is not a source"),
        ("raw.orders", "raw.unmeasured", "6:18", "`raw.unmeasured`, whose freshness is not measured"),
    ];
    assert_mistakes(&project, "jobs/nightly.yml", right, &mistakes);
}
