//! Ctrl-C, SIGTERM and SIGHUP, wherever a command waits: it ends at once, and nothing of it stays behind.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Database, Project, wait_until};

const SIGNALS: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::HUP];
/// What a command says that has nothing to take back.
const INTERRUPTED: &str = "Encountered an error:\nRuntime Error\n  the run was interrupted";
/// From the signal to the end of the process, on a busy machine.
const AT_ONCE: Duration = Duration::from_millis(1500);

/// Below `nohup` and in the background of a script, too, programs of the tests see signals.
fn hearing(project: &Project, arguments: &[&str]) -> Command {
    with_signals(project, arguments, "--default-signal=HUP,INT,TERM")
}

fn with_signals(project: &Project, arguments: &[&str], option: &str) -> Command {
    let mut command = project.with_signals(arguments, option);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    command
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), signal).unwrap();
}

/// What the command said, which ends at once and not well.
fn ended(child: Child, what: &str) -> String {
    ended_with(child, what).0
}

fn ended_with(mut child: Child, what: &str) -> (String, Option<i32>) {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > AT_ONCE {
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            panic!("{what} does not end\n{}", String::from_utf8_lossy(&output.stdout));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success(), "{what}");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (text, output.status.code())
}

/// Says so much, after it has read something, and then nothing any more.
struct Silent {
    port: u16,
    sessions: Arc<AtomicUsize>,
}

impl Silent {
    fn after(answers: &'static [&'static [u8]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sessions = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sessions);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                std::thread::spawn(move || fall_silent(stream, answers, &count));
            }
        });
        Self { port, sessions }
    }

    fn sessions(&self) -> usize {
        self.sessions.load(Ordering::SeqCst)
    }

    fn project(&self, name: &str) -> Project {
        let project = Project::at(&format!("rsdbt-{name}-{}", std::process::id()));
        project.write("models/m.sql", "{{ config(event_time='a') }} select 1 as a");
        project.write("seeds/s.csv", "a\n1\n");
        project.write(
            "macros/operation.sql",
            "{% macro operation() %}{% do run_query('select 1') %}{% endmacro %}",
        );
        project.write("analyses/q.sql", "select 1 as a");
        project.write("snapshots/k.sql", "{% snapshot k %}{{ config(unique_key='a', strategy='check', check_cols='all') }} select 1 as a{% endsnapshot %}");
        project.write("models/p.yml", "models: [{name: m, columns: [{name: a, data_tests: [not_null]}]}]\nsources: [{name: i, loaded_at_field: a, freshness: {warn_after: {count: 1, period: day}}, tables: [{name: t}]}]\n");
        project.write("profiles.yml", &format!("shop:\n  target: dev\n  outputs:\n    dev: {{type: postgres, host: 127.0.0.1, port: {}, user: u, password: p, dbname: d, schema: s, connect_timeout: 0}}\n", self.port));
        project
    }
}

fn fall_silent(mut stream: TcpStream, answers: &[&[u8]], sessions: &AtomicUsize) {
    let mut buffer = [0; 1024];
    for answer in answers {
        if stream.read(&mut buffer).unwrap_or(0) == 0 || stream.write_all(answer).is_err() {
            return;
        }
    }
    sessions.fetch_add(1, Ordering::SeqCst);
    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {}
}

#[test]
fn each_stage_of_connecting_ends_at_each_signal() {
    // `N`: no TLS, and `prefer` connects anew; R 3: asks for a password; R 0: the session starts
    let stages: [(&str, &str, &'static [&'static [u8]]); 5] = [
        ("accept", "prefer", &[]),
        ("tls", "prefer", &[b"S"]),
        ("startup", "prefer", &[b"N"]),
        ("authentication", "disable", &[b"R\0\0\0\x08\0\0\0\x03"]),
        ("start of the session", "disable", &[b"R\0\0\0\x08\0\0\0\0"]),
    ];
    for (stage, mode, answers) in stages {
        let server = Silent::after(answers);
        let project = server.project(&format!("signals-{}", stage.replace(' ', "-")));
        let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
        project
            .write("profiles.yml", &profile.replace("schema: s,", &format!("schema: s, sslmode: {mode},")));
        for signal in SIGNALS {
            let before = server.sessions();
            let path = project.path().join("said");
            let output = fs::File::create(&path).unwrap();
            let child = hearing(&project, &["run"]).stdout(output).spawn().unwrap();
            // the sessions are opened while files are read
            let is_read = || fs::read_to_string(&path).is_ok_and(|said| said.contains("Found 1 model"));
            wait_until(stage, || server.sessions() > before && is_read());
            std::thread::sleep(Duration::from_millis(100));
            send(&child, signal);
            ended(child, &format!("{stage}, {signal:?}"));
            let said = fs::read_to_string(&path).unwrap();
            assert!(said.contains("interrupted while connecting to the server"), "{stage}\n{said}");
        }
    }
}

/// All commands of the command line, as far as they wait for a server or for anything else.
#[test]
fn each_command_ends_at_a_signal() {
    fn leaves(command: &clap::Command, path: &[String], found: &mut Vec<Vec<String>>) {
        if !command.is_subcommand_required_set() {
            found.push(path.to_vec());
        }
        for sub in command.get_subcommands() {
            let mut path = path.to_vec();
            path.push(sub.get_name().to_owned());
            leaves(sub, &path, found);
        }
    }
    let mut commands = Vec::new();
    for command in rsdbt::inside::cli::command().get_subcommands() {
        leaves(command, &[command.get_name().to_owned()], &mut commands);
    }
    let server = Silent::after(&[]);
    let mut connected = Vec::new();
    for words in &commands {
        let name = words.join(" ");
        let project = server.project(&format!("signals-{}", name.replace(' ', "-")));
        project.write("state/manifest.json", "{}");
        let more: &[&str] = match name.as_str() {
            // the package index is no part of this
            "db install" | "db start" | "db psql" => continue,
            "completions" => &["bash"],
            "man" => &["man"],
            "schema" => &["jobs"],
            "show" => &["--inline", "select 1"],
            "clone" => {
                project.run(&["parse", "--target-path", "state"]);
                &["--state", "state"]
            }
            "retry" => {
                let run = server.project("signals-retried");
                let child = hearing(&run, &["run"]).spawn().unwrap();
                let before = server.sessions();
                wait_until("the run before the retry", || server.sessions() > before);
                send(&child, Signal::INT);
                ended(child, "the run before the retry");
                fs::create_dir_all(project.path().join("target")).unwrap();
                let failed = r#"{"metadata": {}, "args": {"which": "run"}, "elapsed_time": 0, "results": [{"unique_id": "model.shop.m", "status": "error", "timing": [], "thread_id": "x", "execution_time": 0, "adapter_response": {}, "message": null, "failures": null}]}"#;
                project.write("target/run_results.json", failed);
                project.run(&["parse"]);
                &[]
            }
            "run-operation" => &["operation"],
            "docs serve" => {
                project.run(&["docs", "generate", "--no-compile", "--empty-catalog"]);
                &["--no-browser", "--port", "0"]
            }
            "init" => &["--skip-profile-setup", "new"],
            "lineage" => &["m"],
            "export" => &["--to", "exports/"],
            _ => &[],
        };
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
        let before = server.sessions();
        let mut child = hearing(&project, &arguments).spawn().unwrap();
        let begun = Instant::now();
        let mut is_over = false;
        while server.sessions() == before && !is_over && begun.elapsed() < Duration::from_secs(3) {
            is_over = child.try_wait().unwrap().is_some();
            std::thread::sleep(Duration::from_millis(10));
        }
        if is_over {
            child.wait().unwrap();
            continue;
        }
        if server.sessions() > before {
            connected.push(name.clone());
        }
        send(&child, Signal::TERM);
        ended(child, &name);
    }
    let expected = [
        "build",
        "clone",
        "compile",
        "debug",
        "docs",
        "docs generate",
        "export",
        "load",
        "retry",
        "run",
        "run-operation",
        "schedule",
        "schedule run",
        "schedule status",
        "seed",
        "show",
        "snapshot",
        "source freshness",
        "test",
        "db create-databases",
    ];
    assert_eq!(connected, expected, "what connects");
}

#[test]
fn jobs_and_direct_queries_end_at_a_signal() {
    let server = Silent::after(&[]);
    let project = server.project("signals-due");
    for arguments in
        [&["run", "--due"][..], &["schedule", "--status"], &["show", "--inline-direct", "select 1"]]
    {
        let before = server.sessions();
        let child = hearing(&project, arguments).spawn().unwrap();
        wait_until("the command connects", || server.sessions() > before);
        send(&child, Signal::INT);
        ended(child, &arguments.join(" "));
    }
}

#[test]
fn a_hangup_cancels_a_run_but_not_below_nohup() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let mark = format!("hangup_{}", std::process::id());
    let asleep = format!(
        "select 1 from pg_stat_activity where query like '%{mark}%' and wait_event = 'PgSleep' and pid <> pg_backend_pid()"
    );
    project.write(
        "models/m.sql",
        &format!(
            "{{{{ config(materialized='table') }}}} select pg_sleep({{{{ var('s') }}}})::text as {mark}"
        ),
    );
    // `timeout` and a terminal both send one
    for signals in [&[Signal::HUP][..], &[Signal::TERM], &[Signal::INT, Signal::INT, Signal::TERM]] {
        let child = hearing(&project, &["run", "--vars", "{s: 60}"]).spawn().unwrap();
        wait_until("the model runs", || !database.query(&asleep).unwrap().rows.is_empty());
        for &signal in signals {
            send(&child, signal);
            std::thread::sleep(Duration::from_millis(10));
        }
        let said = ended(child, "the run");
        assert!(said.contains("CANCEL query model.shop.m"), "{said}");
        wait_until("the server ends the statement", || database.query(&asleep).unwrap().rows.is_empty());
    }
    // as below `nohup`, in the background of a script, and after `trap '' TERM`
    for (ignored, signal) in [("HUP", Signal::HUP), ("INT", Signal::INT), ("TERM", Signal::TERM)] {
        let option = format!("--ignore-signal={ignored}");
        let child = with_signals(&project, &["run", "--vars", "{s: 2}"], &option).spawn().unwrap();
        wait_until("the model runs", || !database.query(&asleep).unwrap().rows.is_empty());
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{ignored}: {}", String::from_utf8_lossy(&output.stdout));
    }
}

/// Before the first node, in hooks, while the page's SQL is compiled, in an operation: never as a failure of something else.
#[test]
fn an_interrupt_is_reported_as_one_wherever_it_comes() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let mark = format!("interrupt_{}", std::process::id());
    let asleep = format!(
        "select 1 from pg_stat_activity where query like '%{mark}%' and wait_event = 'PgSleep' and pid <> pg_backend_pid()"
    );
    project.write(
        "dbt_project.yml",
        r#"name: shop
profile: shop
on-run-start: ['{{ sleep("start") }}']
on-run-end: ['{{ sleep("end") }}']
"#,
    );
    project.write(
        "macros/sleep.sql",
        &format!(
            "{{% macro sleep(place) %}}select pg_sleep({{{{ 60 if var('at', none) == place else 0 }}}}) as {mark}{{% endmacro %}}
            {{% macro asleep() %}}{{% do run_query(sleep('operation')) %}}{{% endmacro %}}"
        ),
    );
    project.write(
        "models/m.sql",
        "{% if execute %}{% do run_query(sleep('compile')) %}{% endif %} select 1 as a",
    );
    project.write("models/n.sql", "{{ config(schema='held') }} select a from {{ ref('m') }}");
    let held = format!("create schema \"{}_held\"", database.schema);
    let blocked = "select 1 from pg_stat_activity where query ilike '%create schema%' and wait_event_type = 'Lock' and pid <> pg_backend_pid()";
    let mut other = database.client();
    for (place, arguments) in [
        ("held", &["run"][..]),
        ("start", &["run"]),
        ("start", &["build"]),
        ("compile", &["run"]),
        ("end", &["run"]),
        ("end", &["build"]),
        ("compile", &["compile"]),
        ("compile", &["docs", "generate"]),
        ("compile", &["docs"]),
        ("compile", &["show", "--select", "m"]),
        ("operation", &["run-operation", "asleep"]),
    ] {
        for signal in [Signal::INT, Signal::TERM] {
            let what = format!("{place}, {}, {signal:?}", arguments.join(" "));
            let vars = format!("{{at: {place}}}");
            let arguments = [arguments, &["--vars", vars.as_str()]].concat();
            let mut holder = other.transaction().unwrap();
            let waits = if place == "held" {
                holder.batch_execute(&held).unwrap();
                blocked
            } else {
                asleep.as_str()
            };
            let child = hearing(&project, &arguments).spawn().unwrap();
            wait_until(&what, || !database.query(waits).unwrap().rows.is_empty());
            send(&child, signal);
            let (said, status) = ended_with(child, &what);
            assert_eq!(status, Some(2), "{what}\n{said}");
            assert!(said.contains("was interrupted"), "{what}\n{said}");
            for failure in
                ["canceling statement", "failed, error", "cannot generate docs", "Completed success"]
            {
                assert!(!said.contains(failure), "{what}\n{said}");
            }
            holder.rollback().unwrap();
            wait_until("the server ends the statement", || database.query(waits).unwrap().rows.is_empty());
        }
    }
    database.execute(&format!("drop schema if exists \"{}_held\" cascade", database.schema));
}

/// The signal comes once the command has said that it is busy.
fn interrupted_when_busy(project: &Project, arguments: &[&str], signal: Signal) -> (String, Option<i32>) {
    let what = format!("{} at {signal:?}", arguments.join(" "));
    let path = project.path().join("said");
    let output = fs::File::create(&path).unwrap();
    let child = hearing(project, arguments).stdout(output).spawn().unwrap();
    wait_until(&what, || fs::read_to_string(&path).is_ok_and(|said| said.contains("busy now")));
    send(&child, signal);
    let (said, status) = ended_with(child, &what);
    (fs::read_to_string(&path).unwrap() + &said, status)
}

/// Loops and calls that ask nobody for anything, for minutes: while files are read, while a model, a hook, a test or an operation
/// is rendered, and in the filters and macros that loops stand in.
#[test]
fn templates_that_take_long_end_at_a_signal() {
    let database = Database::new();
    let project = Project::new(&database);
    let loops = [
        (
            "loop",
            "{% for a in range(99999) %}{% for b in range(99999) %}{% set c = a + b %}{% endfor %}{% endfor %}",
        ),
        ("text", "{% for a in range(99999) %}{% for b in 'x' * 99999 %}{% endfor %}{% endfor %}"),
        (
            "dict",
            "{% set d = {'a': 1, 'b': 2} %}{% for a in range(99999) %}{% for c in range(99999) %}{% for k, v in d.items() %}{% endfor %}{% endfor %}{% endfor %}",
        ),
        ("calls", "{% macro fork(n) %}{% if n %}{{ fork(n - 1) }}{{ fork(n - 1) }}{% endif %}{% endmacro %}"),
    ];
    let mut macros = String::new();
    for (name, text) in &loops[..3] {
        macros.push_str(&format!("{{% macro busy_{name}() %}}{text}{{% endmacro %}}\n"));
    }
    macros.push_str(loops[3].1);
    macros.push_str("{% macro busy_calls() %}{{ fork(40) }}{% endmacro %}\n");
    macros.push_str("{% macro busy(place, mode='execute') %}{% if var('at', none) == place and (execute or mode == 'parse') %}{{ log('busy now', info=true) }}{{ context['busy_' ~ var('how')]() }}{% endif %}{% endmacro %}");
    project.write("macros/busy.sql", &macros);
    project.write("macros/operation.sql", "{% macro operation() %}{{ busy('operation') }}{% endmacro %}");
    project.write("models/m.sql", "{{ busy('parse', 'parse') }}{{ busy('model') }}select 1 as a");
    project.write("tests/t.sql", "{{ busy('test') }}select 1 as a from {{ ref('m') }} where false");
    project.write("dbt_project.yml", "name: shop\nprofile: shop\non-run-start: [\"{{ busy('start') }}\"]\non-run-end: [\"{{ busy('end') }}\"]\n");
    let places: [(&str, &[&str]); 9] = [
        ("parse", &["parse"]),
        ("parse", &["ls"]),
        ("parse", &["run"]),
        ("model", &["run"]),
        ("model", &["compile"]),
        ("test", &["build"]),
        ("start", &["run"]),
        ("end", &["run"]),
        ("operation", &["run-operation", "operation"]),
    ];
    for (number, (place, arguments)) in places.into_iter().enumerate() {
        let how = loops[number % loops.len()].0;
        let vars = format!("{{at: {place}, how: {how}}}");
        for signal in [Signal::INT, Signal::TERM] {
            let what = format!("{place}, {how}, {}, {signal:?}", arguments.join(" "));
            let arguments = [arguments, &["--vars", vars.as_str()]].concat();
            let (said, status) = interrupted_when_busy(&project, &arguments, signal);
            assert_eq!(status, Some(2), "{what}\n{said}");
            assert!(said.contains("was interrupted"), "{what}\n{said}");
            assert!(!said.contains("Compilation Error"), "{what}\n{said}");
        }
    }
    drop(database);
}

/// The message reaches programs as an event.
#[test]
fn an_interrupt_while_files_are_read_is_an_event() {
    let server = Silent::after(&[]);
    let project = server.project("signals-json");
    project.write("models/long.sql", "{{ log('busy now', info=true) }}{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %} select 1 as a");
    let (said, status) = interrupted_when_busy(&project, &["parse", "--log-format", "json"], Signal::TERM);
    assert_eq!(status, Some(2), "{said}");
    let events: Vec<serde_json::Value> =
        said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let has = |name: &str| events.iter().any(|event| event["info"]["name"] == name);
    assert!(has("MainEncounteredError"), "{said}");
}

/// The processes whose arguments hold this.
fn processes(mark: &str) -> usize {
    let holds = |path: std::path::PathBuf| {
        let words = fs::read(path.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains(mark)
    };
    fs::read_dir("/proc").unwrap().flatten().filter(|entry| holds(entry.path())).count()
}

#[test]
fn a_password_command_ends_with_us() {
    let server = Silent::after(&[]);
    let project = server.project("signals-password");
    for (number, signal) in SIGNALS.into_iter().enumerate() {
        let seconds = format!("29{number}.{:06}", std::process::id());
        let profile = format!(
            "shop:\n  target: dev\n  outputs:\n    dev: {{type: postgres, host: h, port: 1, user: u, dbname: d, schema: s, password_command: \"(trap '' TERM; sleep {seconds}; echo a); echo b\"}}\n"
        );
        project.write("profiles.yml", &profile);
        let child = hearing(&project, &["run"]).spawn().unwrap();
        wait_until("the command runs", || processes(&format!("sleep\0{seconds}")) == 1);
        send(&child, signal);
        ended(child, "the run");
        wait_until("the command ends", || processes(&seconds) == 0);
    }
}

#[test]
fn interrupted_deps_leaves_no_folder() {
    let server = Silent::after(&[]);
    let project = server.project("signals-deps");
    let folder = project.path().join("temporary");
    fs::create_dir(&folder).unwrap();
    let entries = || fs::read_dir(&folder).unwrap().count();
    let address = format!("127.0.0.1:{}/p", server.port);
    for package in [
        format!("tarball: http://{address}.tar.gz\n    name: p"),
        format!("git: http://{address}.git\n    revision: main"),
    ] {
        project.write("packages.yml", &format!("packages:\n  - {package}\n"));
        for signal in SIGNALS {
            let before = server.sessions();
            let child = hearing(&project, &["deps"]).env("TMPDIR", &folder).spawn().unwrap();
            wait_until("deps waits", || server.sessions() > before);
            assert!(entries() > 0);
            send(&child, signal);
            let (said, status) = ended_with(child, "deps");
            assert_eq!(status, Some(2), "{said}");
            assert_eq!(said.matches(INTERRUPTED).count(), 1, "{said}");
            let rest = said.replace(INTERRUPTED, "").replace("error[interrupted]", "");
            assert!(!rest.contains("rror"), "{said}");
            assert_eq!(entries(), 0);
            wait_until("git ends", || processes(&address) == 0);
        }
    }
}
