//! The morning after: what is failed, paused or missing is seen and repaired by commands alone, also while the schedule runs.

use std::process::Stdio;

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Project, wait_until};

const CLOCK: &str = "RSDBT_SIMULATED_CLOCK";

fn texts(database: &mut Database, sql: &str) -> Vec<String> {
    let text = |row: Vec<Cell>| match row.into_iter().next() {
        Some(Cell::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    database.query(sql).unwrap().rows.into_iter().map(text).collect()
}

fn intervals(database: &mut Database) -> Vec<String> {
    let schema = database.schema.clone();
    if texts(database, "select coalesce(to_regclass('rsdbt.intervals')::text, 'none')") == ["none"] {
        return Vec::new();
    }
    let sql = format!(
        "select concat_ws(' ', regexp_replace(task, '.*[.]', ''), to_char(logical_time at time zone 'UTC', 'MM-DD'), state, attempt) \
         from rsdbt.intervals where schema_name = '{schema}' order by logical_time, task"
    );
    texts(database, &sql)
}

fn at(project: &Project, arguments: &[&str], at: &str) -> (i32, String) {
    let output = project.command(arguments).env(CLOCK, at).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A job of every day that works where there is a file `go`.
fn job(project: &Project) {
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: nightly, cron: '@daily', start: 2024-05-01, catch_up: all, steps: [{shell: [sh, -c, 'test -e go && echo $RSDBT_INTERVAL_START >> said.txt']}]}\n",
    );
}

#[test]
fn a_paused_task_begins_nothing_until_it_is_resumed() {
    let mut database = Database::new();
    let project = Project::new(&database);
    job(&project);
    project.write("go", "");
    let day = "2024-05-03T00:00:01Z";
    let (status, text) = at(&project, &["schedule", "pause", "nightli"], day);
    assert!(status == 2 && text.contains("did you mean `nightly`?"), "{text}");
    let (status, text) = at(&project, &["schedule", "pause", "nightly"], day);
    assert!(
        status == 0 && text.contains("nightly: no interval begins until `rsdbt schedule resume nightly`"),
        "{text}"
    );
    assert!(at(&project, &["schedule", "pause", "nightly"], day).1.contains("nightly is paused already"));
    let (status, text) = at(&project, &["run", "--due"], day);
    assert!(status == 0 && text.contains("nightly: paused, and 2024-05-01T00:00:00Z is due"), "{text}");
    assert!(intervals(&mut database).is_empty());
    let (_, text) = at(&project, &["schedule", "status"], day);
    assert!(text.contains("nightly (paused)\n"), "{text}");
    assert!(text.contains("next: 2024-05-01T00:00:00Z is due when the task is resumed"), "{text}");
    let (status, text) = at(&project, &["schedule", "resume", "nightly"], day);
    assert!(status == 0 && text.contains("nightly: what is due runs again"), "{text}");
    assert!(at(&project, &["schedule", "resume", "nightly"], day).1.contains("nightly is not paused"));
    assert_eq!(at(&project, &["run", "--due"], day).0, 0);
    assert_eq!(intervals(&mut database), ["nightly 05-01 success 1", "nightly 05-02 success 1"]);
}

#[test]
fn one_interval_runs_when_it_is_named() {
    let mut database = Database::new();
    let project = Project::new(&database);
    job(&project);
    let day = "2024-05-05T00:00:01Z";
    let run = |interval: &str| at(&project, &["schedule", "run", "nightly", "--interval", interval], day);
    for (interval, message) in [
        ("2024-05-03 01:00:00", "nightly has no interval that begins at 2024-05-03 01:00:00"),
        ("2024-05-03 01:00:00", "help: one begins at 2024-05-04 00:00:00"),
        ("2024-04-03", "help: its intervals begin at 2024-05-01 00:00:00, 2024-05-02 00:00:00 .."),
        ("2024-05-05", "the interval 2024-05-05 00:00:00 of nightly has not ended"),
    ] {
        let (status, text) = run(interval);
        assert!(status == 2 && text.contains(message), "{text}");
    }
    let (status, text) = at(&project, &["schedule", "run", "nightly"], day);
    assert!(status == 2 && text.contains("`--interval` is missing"), "{text}");
    assert!(intervals(&mut database).is_empty());
    let (status, text) = run("2024-05-03");
    assert!(status == 1 && text.contains("nightly: has not run, and runs now"), "{text}");
    assert_eq!(intervals(&mut database), ["nightly 05-03 failed 1"]);
    project.write("go", "");
    let (status, text) = run("2024-05-03");
    assert!(status == 0 && text.contains("nightly: is failed, and runs now"), "{text}");
    assert_eq!(intervals(&mut database), ["nightly 05-03 success 1"]);
    let (status, text) = run("2024-05-03");
    assert!(status == 2 && text.contains("nightly of 2024-05-03T00:00:00Z has succeeded"), "{text}");
    assert!(
        text.contains(
            "`rsdbt schedule clear nightly --from '2024-05-03 00:00:00' --to '2024-05-04 00:00:00'`"
        ),
        "{text}"
    );
    assert_eq!(std::fs::read_to_string(project.root.join("said.txt")).unwrap(), "2024-05-03T00:00:00Z\n");
}

/// For programs that watch: the same as the text.
#[test]
fn the_status_is_there_as_json() {
    let database = Database::new();
    let project = Project::new(&database);
    job(&project);
    let day = "2024-05-03T00:00:01Z";
    assert_eq!(at(&project, &["run", "--due"], day).0, 1);
    let (status, text) = at(&project, &["--quiet", "schedule", "status", "--output", "json"], day);
    assert_eq!(status, 0, "{text}");
    let report: serde_json::Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(report["project"], "shop");
    assert_eq!(report["target"], "dev");
    let task = &report["tasks"][0];
    for (key, value) in [("name", "nightly"), ("kind", "job"), ("cron", "@daily"), ("timezone", "UTC")] {
        assert_eq!(task[key], value, "{key}");
    }
    assert_eq!(task["paused"], false);
    assert!(task["last_success"].is_null());
    assert_eq!(task["failed_intervals"], 2);
    assert_eq!(task["failed"][0]["interval_start"], "2024-05-02T00:00:00Z");
    assert_eq!(task["failed"][1]["interval_end"], "2024-05-02T00:00:00Z");
    assert_eq!(task["failed"][1]["state"], "failed");
    assert_eq!(task["next"]["state"], "later");
    assert_eq!(task["next"]["at"], "2024-05-04T00:00:00Z");
    let old = project.command(&["schedule", "--status"]).env(CLOCK, day).output().unwrap();
    let (_, text) = at(&project, &["schedule", "status", "--output", "text"], day);
    let end = |text: &str| text[text.find("nightly\n").unwrap()..].to_owned();
    assert_eq!(end(&String::from_utf8_lossy(&old.stdout)), end(&text));
    assert!(text.contains("failed intervals: 2"), "{text}");
}

/// Nobody has to end the schedule in order to repair something.
#[test]
fn repairs_reach_a_schedule_that_runs() {
    let mut database = Database::new();
    let project = Project::new(&database);
    job(&project);
    let day = "2024-05-04T00:00:01Z";
    let mut schedule = project.command(&["schedule"]).env(CLOCK, day).stdout(Stdio::null()).spawn().unwrap();
    let failed: Vec<String> = (1..=3).map(|day| format!("nightly 05-0{day} failed 1")).collect();
    wait_until("all have failed", || intervals(&mut database) == failed);
    project.write("go", "");
    let second_day = ["--from", "2024-05-02", "--to", "2024-05-03"];
    let repair = |command: &str, more: &[&str]| {
        let (status, text) = at(&project, &[&["schedule", command, "nightly"], more].concat(), day);
        assert_eq!(status, 0, "{text}");
        text
    };
    let text = repair("mark-success", &second_day);
    assert!(text.contains("1 interval marked as success"), "{text}");
    let text = repair("retry", &[]);
    assert!(text.contains("2 intervals opened again"), "{text}");
    let done = ["nightly 05-01 success 1", "nightly 05-02 success 1", "nightly 05-03 success 1"];
    wait_until("they have run", || intervals(&mut database) == done);
    let text = repair("clear", &second_day);
    assert!(text.contains("nightly: success is cleared"), "{text}");
    let said = || std::fs::read_to_string(project.root.join("said.txt")).unwrap();
    wait_until("it has run, too", || said().contains("2024-05-02"));
    assert!(std::process::Command::new("kill").arg(schedule.id().to_string()).status().unwrap().success());
    assert!(schedule.wait().unwrap().success());
    assert_eq!(said(), "2024-05-01T00:00:00Z\n2024-05-03T00:00:00Z\n2024-05-02T00:00:00Z\n");
    assert_eq!(intervals(&mut database), done);
    for wrong in [&["--from", "2024-05-02"][..], &["--from", "2024-05-02", "--to", "2024-05-02"]] {
        let (status, text) = at(&project, &[&["schedule", "clear", "nightly"], wrong].concat(), day);
        assert!(status == 2 && text.contains("`--from`"), "{text}");
    }
}

/// What has committed and is what it was stays; the rest is built from what the project says now.
#[test]
fn a_job_resumes_at_the_first_node_that_changed() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let schema = database.schema.clone();
    database.execute("create table switch (broken int); insert into switch values (1)");
    let write = |name: &str, sql: &str| {
        let config = "materialized='incremental', incremental_strategy='append'";
        project.write(&format!("models/{name}.sql"), &format!("{{{{ config({config}) }}}} {sql}"));
    };
    write("a", "select 1 as id, '{{ run_started_at }}' as at");
    write("b", "select {{ n() }} as id from {{ ref('a') }} limit 1");
    write("c", "select id from {{ ref('b') }} limit 1");
    write("d", &format!("select 1 / (1 - broken) as id from {schema}.switch -- {{{{ ref('c') }}}}"));
    project.write("macros/n.sql", "{% macro n() %}1{% endmacro %}");
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: nightly, cron: '@daily', steps: [{run: a b c}, {shell: [sh, -c, 'echo x >> said.txt']}, {run: d}]}\n",
    );
    let day = "2024-05-02T00:00:01Z";
    let rows = |database: &mut Database| {
        let sql = "select concat_ws(' ', (select count(*) from a), (select count(*) from b), (select count(*) from c))";
        texts(database, sql).remove(0)
    };
    assert_eq!(at(&project, &["run", "--due"], day).0, 1);
    assert_eq!(rows(&mut database), "1 1 1");
    at(&project, &["schedule", "retry", "nightly"], day);
    let (status, text) = at(&project, &["run", "--due"], day);
    assert!(status == 1 && !text.contains("runs again from what has changed"), "{text}");
    assert_eq!(rows(&mut database), "1 1 1", "nothing has changed");
    project.write("macros/n.sql", "{% macro n() %}2{% endmacro %}");
    project.write("models/tags.yml", "models: [{name: a, config: {tags: [x], meta: {y: 1}}}]");
    database.execute("update switch set broken = 0");
    at(&project, &["schedule", "retry", "nightly"], day);
    let (status, text) = at(&project, &["run", "--due"], day);
    assert!(
        status == 0 && text.contains("nightly: runs again from what has changed: model.shop.b"),
        "{text}"
    );
    assert_eq!(rows(&mut database), "1 2 2", "b, and c because of it");
    assert_eq!(texts(&mut database, "select max(id)::text from b"), ["2"]);
    assert_eq!(std::fs::read_to_string(project.root.join("said.txt")).unwrap(), "x\nx\n");
}

/// A text that commits by itself would leave work without the mark that keeps it from being repeated.
#[test]
fn a_text_that_commits_by_itself_is_refused() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let config = "materialized='incremental', incremental_strategy='append'";
    let day = "2024-05-02T00:00:01Z";
    project.write("jobs.yml", "jobs:\n  - {name: nightly, cron: '@daily', steps: [run]}\n");
    for hook in ["commit", "select 1; COMMIT; select 2", "rollback", "/* x */ end", "prepare transaction 'x'"]
    {
        let model = format!("{{{{ config({config}, post_hook=\"{hook}\") }}}} select 1 as id");
        project.write("models/a.sql", &model);
        let (status, text) = at(&project, &["run", "--due"], day);
        assert!(
            status == 1 && text.contains("a statement ends the transaction of a scheduled interval"),
            "{hook}\n{text}"
        );
        assert!(
            texts(&mut database, "select coalesce(to_regclass('a')::text, 'none')") == ["none"],
            "{hook}"
        );
        at(&project, &["schedule", "clear", "nightly"], day);
    }
    // what runs in transactions of its own, and what ends no transaction
    let hooks = "pre_hook=[{'sql': 'begin; select 1; commit', 'transaction': false}, 'savepoint s; rollback to s'], \
         post_hook=[{'sql': 'vacuum {{ this }}', 'transaction': false}, \"select 'commit'\"]";
    project.write("models/a.sql", &format!("{{{{ config({config}, {hooks}) }}}} select 1 as id"));
    let (status, text) = at(&project, &["run", "--due"], day);
    assert_eq!(status, 0, "{text}");
    // outside of a job it is the user's own business
    let model = format!("{{{{ config({config}, post_hook='commit') }}}} select 1 as id");
    project.write("models/a.sql", &model);
    project.run_ok(&["run"]);
    // a node with a schedule of its own
    let schedule = "schedule={'cron': '@daily', 'start_date': '2024-05-01'}";
    project.write("models/a.sql", &model.replace("config(", &format!("config({schedule}, ")));
    project.write("jobs.yml", "jobs: []\n");
    let (status, text) = at(&project, &["run", "--due"], day);
    assert!(
        status == 1 && text.contains("a statement ends the transaction of a scheduled interval"),
        "{text}"
    );
}

/// Each batch proves for itself that the epoch is still its own.
#[test]
fn the_batches_of_a_job_that_was_taken_over_commit_nothing_more() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let schema = database.schema.clone();
    let gate = format!("hashtextextended('batches of {schema}', 0)");
    database.execute(&format!(
        "create table f (id int, at timestamp); insert into f select n, timestamp '2024-05-01' + n * interval '1 day' from generate_series(0, 2) as n; \
         select pg_advisory_lock({gate})"
    ));
    project.declare_facts(&schema);
    project.write(
        "models/a.sql",
        &format!("{{{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', unique_key='at', batch_size='day', begin='2024-05-01', concurrent_batches=false) }}}} \
         select id, at from {{{{ source('s', 'f') }}}} where id <> 1 or (select pg_advisory_xact_lock_shared({gate}) is not null)"),
    );
    project.write(
        "jobs.yml",
        "jobs:\n  - {name: nightly, cron: '@weekly', start: 2024-04-28, catch_up: all, steps: [run]}\n",
    );
    let run =
        project.command(&["run", "--due"]).env(CLOCK, "2024-05-05T00:00:01Z").stdout(Stdio::null()).spawn();
    let mut run = run.unwrap();
    let waiting = format!(
        "select pid::text from pg_locks where locktype = 'advisory' and objsubid = 1 and not granted and \
         (classid::bigint << 32) + objid::bigint = {gate}"
    );
    wait_until("the second batch is at work", || !texts(&mut database, &waiting).is_empty());
    assert_eq!(texts(&mut database, "select string_agg(id::text, ' ') from a"), ["0"]);
    database.execute(&format!("update rsdbt.jobs set epoch = epoch + 1 where schema_name = '{schema}'"));
    database.execute(&format!("select pg_advisory_unlock({gate})"));
    assert!(!run.wait().unwrap().success());
    assert_eq!(texts(&mut database, "select string_agg(id::text, ' ') from a"), ["0"]);
    let log = std::fs::read_to_string(project.root.join("target/jobs/nightly/dbt.log")).unwrap();
    assert!(log.contains("another process has taken charge of the schedule"), "{log}");
}

/// Analysts add files while the schedule runs; a slip of theirs stops nobody else's work.
#[test]
fn a_schedule_that_runs_takes_in_new_files() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.write("go", "");
    job(&project);
    let out = std::fs::File::create(project.root.join("schedule.txt")).unwrap();
    let mut schedule =
        project.command(&["schedule"]).env(CLOCK, "2024-05-02T00:00:01Z").stdout(out).spawn().unwrap();
    let said = || std::fs::read_to_string(project.root.join("schedule.txt")).unwrap();
    wait_until("it runs", || intervals(&mut database) == ["nightly 05-01 success 1"]);
    project.write("jobs/more.yml", "jobs: [{name: more, cron: '@daily', steps: [{shell: ['true']}]}]\n");
    let both = ["more 05-01 success 1", "nightly 05-01 success 1"];
    wait_until("the new job has run", || intervals(&mut database) == both);
    assert!(said().contains("the project has changed: 2 scheduled tasks"), "{}", said());
    project.write("jobs/more.yml", "jobs: [{name: more, cron: '@dayly', steps: [{shell: ['true']}]}]\n");
    wait_until("the mistake is told", || said().contains("jobs/more.yml:1:27"));
    assert!(said().contains("has errors; the schedule continues with what it was before"), "{}", said());
    let more = "jobs: [{name: more, cron: '@daily', steps: [{shell: ['true']}]}, {name: third, cron: '@daily', steps: [run]}]\n";
    project.write("jobs/more.yml", more);
    project.write("models/a.sql", "select 1 as id");
    wait_until("it is whole again", || {
        intervals(&mut database).contains(&"third 05-01 success 1".to_owned())
    });
    assert_eq!(texts(&mut database, "select id::text from a"), ["1"]);
    assert!(std::process::Command::new("kill").arg(schedule.id().to_string()).status().unwrap().success());
    assert!(schedule.wait().unwrap().success());
}

/// In models, hooks and the environment of shell steps; none outside of an interval.
#[test]
fn templates_know_the_interval() {
    let mut database = Database::new();
    let project = Project::new(&database);
    database.execute("create table heard (at text)");
    let schema = database.schema.clone();
    project.write(
        "models/a.sql",
        &format!("{{{{ config(materialized='table', post_hook=\"insert into {schema}.heard values ('hook {{{{ interval_start.date() if interval_start }}}}')\") }}}} \
         select '{{{{ interval_start }}}} {{{{ interval_end.strftime(\"%d %H\") if interval_end }}}}' as at"),
    );
    project
        .write("jobs.yml", "jobs:\n  - {name: nightly, cron: '@daily', start: 2024-05-01, steps: [run]}\n");
    let built = |database: &mut Database| texts(database, "select at from a").remove(0);
    assert_eq!(at(&project, &["run", "--due"], "2024-05-02T00:00:01Z").0, 0);
    assert_eq!(
        built(&mut database),
        "2024-05-01 00:00:00+00:00 02 00",
        "the first run has no window, but an interval"
    );
    assert_eq!(at(&project, &["run", "--due"], "2024-05-05T00:00:01Z").0, 0);
    assert_eq!(built(&mut database), "2024-05-02 00:00:00+00:00 05 00", "what was left out is covered");
    project.run_ok(&["run"]);
    assert_eq!(built(&mut database), "None ");
    project.run_ok(&["run", "--interval-start", "2024-05-07", "--interval-end", "2024-05-08"]);
    assert_eq!(built(&mut database), "2024-05-07 00:00:00+00:00 08 00");
    let hooks = ["hook 2024-05-01", "hook 2024-05-02", "hook ", "hook 2024-05-07"];
    assert_eq!(texts(&mut database, "select at from heard"), hooks);
    let schedule = "schedule={'cron': '@daily', 'start_date': '2024-05-01'}, materialized='table'";
    project.write(
        "models/a.sql",
        &format!(
            "{{{{ config({schedule}) }}}} select '{{{{ interval_start }}}} {{{{ interval_end }}}}' as at"
        ),
    );
    project.write("jobs.yml", "jobs: []\n");
    assert_eq!(at(&project, &["run", "--due"], "2024-05-02T00:00:01Z").0, 0);
    assert_eq!(built(&mut database), "2024-05-01 00:00:00+00:00 2024-05-02 00:00:00+00:00");
}

#[test]
fn a_schedule_shows_its_health_and_metrics() {
    use std::io::{Read as _, Write as _};
    let mut database = Database::new();
    let project = Project::new(&database);
    job(&project);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut schedule = project
        .command(&["schedule", "--listen", &address])
        .env(CLOCK, "2024-05-04T00:00:01Z")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let get = |path: &str| {
        let mut client = std::net::TcpStream::connect(&address).ok()?;
        write!(client, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").ok()?;
        let mut text = String::new();
        client.read_to_string(&mut text).ok()?;
        Some(text)
    };
    wait_until("all have failed", || {
        intervals(&mut database).iter().filter(|line| line.ends_with("failed 1")).count() == 3
    });
    let mut metrics = String::new();
    wait_until("the metrics say so", || {
        metrics = get("/metrics").unwrap_or_default();
        metrics.contains("rsdbt_task_failed_intervals{task=\"nightly\"} 3\n")
    });
    for line in [
        "HTTP/1.1 200 OK\r\n",
        "# TYPE rsdbt_task_lag_seconds gauge\n",
        "rsdbt_task_lag_seconds{task=\"nightly\"} 0\n",
        "rsdbt_task_paused{task=\"nightly\"} 0\n",
        "rsdbt_schedule_queue 0\n",
        "rsdbt_schedule_running_jobs 0\n",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("rsdbt_task_last_success_timestamp_seconds{"), "{metrics}");
    assert!(get("/health").unwrap().ends_with("\r\n\r\nok\n"));
    assert!(get("/other").unwrap().starts_with("HTTP/1.1 404 "));
    assert_eq!(at(&project, &["schedule", "pause", "nightly"], "2024-05-04T00:00:01Z").0, 0);
    wait_until("the pause is seen", || {
        get("/metrics").unwrap().contains("rsdbt_task_paused{task=\"nightly\"} 1\n")
    });
    assert!(std::process::Command::new("kill").arg(schedule.id().to_string()).status().unwrap().success());
    assert!(schedule.wait().unwrap().success());
    let (status, text) = at(&project, &["schedule", "--listen", "127.0.0.1:99999"], "2024-05-04T00:00:01Z");
    assert!(status == 2 && text.contains("cannot listen on `127.0.0.1:99999`"), "{text}");
}

/// A look at many jobs of which none is due is cheap: it asks the server one question.
#[test]
fn a_look_at_a_thousand_jobs_is_cheap() {
    use std::fmt::Write as _;
    use std::io::{Read as _, Write as _};
    let database = Database::new();
    let project = Project::new(&database);
    let mut jobs = String::from("jobs:\n");
    for number in 0..1000 {
        let _ = writeln!(
            jobs,
            "  - {{name: j{number}, cron: '{} 5 * * *', catch_up: none, steps: [run]}}",
            number % 60
        );
    }
    project.write("jobs.yml", &jobs);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let mut schedule = project
        .command(&["schedule", "--listen", &address])
        .env(CLOCK, "2024-05-04T12:00:00Z")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut took = 0.0;
    wait_until("it has looked", || {
        let Ok(mut client) = std::net::TcpStream::connect(&address) else { return false };
        let mut text = String::new();
        let _ = client.write_all(b"GET /metrics HTTP/1.1\r\n\r\n");
        let _ = client.read_to_string(&mut text);
        let line = text.lines().find_map(|line| line.strip_prefix("rsdbt_schedule_tick_seconds "));
        took = line.map_or(0.0, |seconds| seconds.parse().unwrap());
        took > 0.0
    });
    println!("a look at 1,000 jobs: {:.1} ms", took * 1000.0);
    // not optimized, on a busy machine
    assert!(took < 2.0, "{took}");
    assert!(std::process::Command::new("kill").arg(schedule.id().to_string()).status().unwrap().success());
    assert!(schedule.wait().unwrap().success());
}
