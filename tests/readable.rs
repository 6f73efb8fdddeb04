//! What a user reads: nothing in it acts on a terminal or passes for a line of the log, numbers out of range are named where they stand,
//! and warnings are counted at the end.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

use crate::support::{Database, Project};

fn project() -> (Database, Project) {
    let database = Database::new();
    let project = Project::new(&database);
    project.write("models/a.sql", "select 1 as id");
    (database, project)
}

/// The lines without those of a key.
fn without(profile: &str, key: &str) -> String {
    profile.split_inclusive('\n').filter(|line| !line.contains(key)).collect()
}

/// Through `script`, which gives a terminal to what it runs.
fn on_a_terminal(project: &Project, command: &str, color: bool) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_rsdbt");
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{program} {command}"), "/dev/null"]).current_dir(project.path());
    script.env_remove("NO_COLOR").env("TERM", "xterm").stdin(Stdio::null());
    if !color {
        script.env("NO_COLOR", "1");
    }
    Some(String::from_utf8_lossy(&script.output().ok()?.stdout).into_owned())
}

const HOSTILE: &str = "first\\n23:00:00  Done. PASS=9\\x1b[2J\\x1b[31mred\\x1b[0m\\x1b[8mhidden";

#[test]
fn texts_of_macros_forge_no_line_and_clear_no_terminal() {
    let (_database, project) = project();
    project.write(
        "macros/say.sql",
        &format!("{{% macro say() %}}{{% do log(\"{HOSTILE}\", info=true) %}}{{% do log(\"{HOSTILE}\") %}}{{% endmacro %}}"),
    );
    let check = |text: &str, colored: bool, what: &str| {
        assert!(text.contains("\\x1b[2J") && !text.contains("\x1b[2J"), "{what}: {text:?}");
        assert_eq!(text.contains("\x1b[31mred"), colored, "{what}: {text:?}");
        assert!(!text.contains("\x1b[8m"), "{what}: {text:?}");
        assert!(!text.lines().any(|line| line.starts_with("23:00:00  Done.")), "{what}: {text:?}");
        assert!(text.contains("\n  23:00:00  Done. PASS=9"), "{what}: {text:?}");
    };
    let output = project.run(&["run-operation", "say"]);
    assert_eq!(output.status, 0, "{}", output.text);
    check(&output.text, false, "a pipe");
    check(&fs::read_to_string(project.path().join("logs/dbt.log")).unwrap(), false, "the log file");
    for color in [true, false] {
        let Some(text) = on_a_terminal(&project, "run-operation say", color) else { return };
        check(&text.replace('\r', ""), color, "a terminal");
    }
}

#[test]
fn print_is_exact_for_programs_and_harmless_on_terminals() {
    let (_database, project) = project();
    project.write("macros/say.sql", "{% macro say() %}{{ print('a\\x1b[2J\\nb') }}{% endmacro %}");
    let output = project.run(&["run-operation", "say", "--quiet"]);
    assert_eq!(output.text, "a\x1b[2J\nb\n");
    let Some(text) = on_a_terminal(&project, "run-operation say", true) else { return };
    assert!(text.contains("a\\x1b[2J") && !text.contains("\x1b[2J"), "{text:?}");
}

#[test]
fn an_excerpt_of_the_command_line_is_escaped() {
    let (_database, project) = project();
    let output = project.run(&["run", "--vars", "{\"a\": \"\x1b[2J"]);
    assert_eq!(output.status, 2, "{}", output.text);
    assert!(output.text.contains("\\x1b[2J") && !output.text.contains('\x1b'), "{:?}", output.text);
}

#[test]
fn a_row_of_show_is_a_line() {
    let (_database, project) = project();
    let query = "select 'a' || chr(10) || 'b' || chr(13) || chr(10) || 'c' as \"x\ny\"";
    let shown = "| x\\ny      |";
    for arguments in [&["show", "--inline", query][..], &["show", "--inline-direct", query]] {
        let output = project.run(arguments);
        assert!(output.text.contains("| a\\nb\\r\\nc |"), "{}", output.text);
        assert!(output.text.contains(shown), "{}", output.text);
    }
    let output = project.run(&["show", "--inline", query, "--output", "json"]);
    assert!(output.text.contains(r#""x\ny": "a\nb\r\nc""#), "{}", output.text);
    let odd = "show -q --output json --inline \"select chr(8238) || chr(155) as x\"";
    let Some(shown) = on_a_terminal(&project, odd, false) else { return };
    assert!(shown.contains(r#""x": "\u202e\u009b""#), "{shown}");
}

#[test]
fn a_number_of_a_service_is_named_with_its_file() {
    let (_database, project) = project();
    let file = project.path().join("services.conf");
    let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    let without_port = without(&profile, "port:");
    project.write("profiles.yml", &format!("{without_port}      service: shop\n"));
    for (number, expected) in [
        ("port=99999", "`port` of the service, in "),
        ("connect_timeout=x", "`connect_timeout` of the service, in "),
        ("keepalives_idle=9999999999", "write a number from 0 to 2147483647"),
        ("sslmode=on", "invalid sslmode value of the service, in "),
    ] {
        fs::write(&file, format!("[shop]\n{number}\n")).unwrap();
        let output = project.command(&["ls"]).env("PGSERVICEFILE", &file).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(expected) && text.contains("service: ..."), "{number}: {text}");
        assert!(text.contains("services.conf"), "{number}: {text}");
    }
    // libpq: below zero is no limit
    project
        .write("profiles.yml", &format!("{profile}      connect_timeout: -1\n      keepalives_idle: -3\n"));
    project.run_ok(&["run"]);
    project.write("profiles.yml", &profile.replace("threads: 1", "threads: 0"));
    let output = project.run(&["ls"]);
    assert!(output.text.contains("`threads` is not a number in its range"), "{}", output.text);
    assert!(output.text.contains("write a number from 1 to"), "{}", output.text);
}

#[test]
fn an_ignored_password_file_is_told_by_what_connects() {
    let (_database, project) = project();
    let file = project.path().join("pgpass");
    fs::write(&file, "*:*:*:*:x\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    let bare = without(&profile, "password:");
    project.write("profiles.yml", &bare);
    for (command, is_told) in [("ls", false), ("parse", false), ("run", true)] {
        let output =
            project.command(&[command]).env("PGPASSFILE", &file).env_remove("PGPASSWORD").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text.contains("is ignored: its permissions are 644"), is_told, "{command}: {text}");
    }
}

#[test]
fn nothing_is_listed_where_the_manifest_cannot_be_written() {
    let (_database, project) = project();
    symlink("/nowhere/at/all", project.path().join("target")).unwrap();
    let output = project.run(&["ls"]);
    assert!(output.status == 2 && !output.text.contains("shop.a"), "{}", output.text);
}

#[test]
fn warnings_are_counted_at_the_end() {
    let (_database, project) = project();
    assert!(!project.run(&["run"]).text.contains("Warnings above"));
    project.write(
        "macros/w.sql",
        "{% macro w() %}{% if execute %}{{ exceptions.warn('odd') }}{% endif %}{% endmacro %}",
    );
    project.write("models/a.sql", "{{ w() }}{{ config(materialised='table') }} select 1 as id");
    let output = project.run(&["run"]);
    let last = output.text.trim_end().lines().next_back().unwrap();
    assert!(last.ends_with("Warnings above: 2 (WARN counts nodes and tests)"), "{}", output.text);
    assert!(output.text.contains("Done. PASS=1 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=1\n"), "{}", output.text);
    let silent = project.run(&["run", "--warn-error-options", "{silence: [UnknownConfig, JinjaLogWarning]}"]);
    assert!(!silent.text.contains("Warnings above"), "{}", silent.text);
}

#[test]
fn a_schema_name_that_the_server_would_cut_is_cut_everywhere() {
    let (_database, project) = project();
    for (name, bytes) in [("s".repeat(64), 64), ("ä".repeat(40), 80)] {
        project.write(
            "macros/g.sql",
            &format!("{{% macro generate_schema_name(name, node) %}}{name}{{% endmacro %}}"),
        );
        for command in ["run", "build"] {
            // the second finds what the first has made
            let output = project.run(&[command]);
            assert_eq!(output.status, 0, "{}", output.text);
            let expected = format!("the schema name `{name}` has {bytes} bytes");
            assert!(output.text.contains(&expected), "{}", output.text);
        }
    }
}
