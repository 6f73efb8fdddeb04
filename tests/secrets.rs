//! A password in the environment never appears: not on the terminal, not in a log, not in an artifact.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use crate::support::{Database, Project};

/// With characters that JSON, SQL, YAML and addresses write in another way.
const PASSWORD: &str = "s3cret/'ö%x:y\"\\z@";

const VARIABLE: &str = "DB_PASSWORD";

/// The password as it is, and as others write it.
fn spellings(password: &str) -> Vec<String> {
    let escaped: String = password
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    let json = password.replace('\\', "\\\\").replace('"', "\\\"");
    vec![password.to_owned(), escaped, json, password.replace('\'', "''")]
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Runs the command with the password in the environment and looks for it everywhere; the exit status.
fn run_and_look(project: &Project, variable: &str, password: &str, arguments: &[&str]) -> Option<i32> {
    let output = project.command(arguments).env(variable, password).output().unwrap();
    let mut places = vec![("stdout".into(), output.stdout), ("stderr".into(), output.stderr)];
    for path in files(project.path()) {
        let bytes = fs::read(&path).unwrap();
        places.push((path.display().to_string(), bytes));
    }
    for (place, bytes) in places {
        let text = String::from_utf8_lossy(&bytes);
        for spelling in spellings(password) {
            assert!(!text.contains(&spelling), "{arguments:?} shows the password in {place}");
        }
    }
    output.status.code()
}

fn project(database: &Database) -> Project {
    let project = Project::new(database);
    project.write("seeds/colors.csv", "id,name\n1,red\n");
    project.write(
        "models/shown.sql",
        "{{ config(materialized='table') }}\n{{ log(target, info=true) }}{{ log(env_var('HOME'), info=true) }}\n\
         select '{{ target | string | replace(\"'\", \"''\") }}' as target, id from {{ ref('colors') }}",
    );
    project.write("models/broken.sql", "select * from nowhere -- {{ target }}");
    project.write("snapshots/s.yml", "snapshots:\n  - {name: s, relation: ref('colors'), config: {unique_key: id, strategy: check, check_cols: all}}\n");
    project
}

/// `variable` in the place of the password.
fn use_variable(project: &Project, variable: &str) {
    let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
    let line = profile.lines().find(|line| line.contains("password:")).unwrap();
    let call = format!("      password: \"{{{{ env_var('{variable}') }}}}\"");
    project.write("profiles.yml", &profile.replace(line, &call));
}

/// Each with its exit status: one model is broken.
const COMMANDS: [(i32, &[&str]); 13] = [
    (0, &["seed"]),
    (1, &["run", "--debug"]),
    (1, &["run", "--log-level", "debug", "--log-format", "json", "--print"]),
    (1, &["retry", "--debug"]),
    (0, &["build", "--log-level-file", "debug", "--select", "colors", "shown", "s"]),
    (0, &["test", "--debug"]),
    (0, &["docs", "generate", "--debug"]),
    (0, &["compile", "--debug", "--log-format-file", "json"]),
    (2, &["show", "--inline", "select '{{ target }}' as a", "--debug"]),
    (0, &["ls", "--output", "json", "--debug"]),
    (0, &["parse", "--debug"]),
    (0, &["debug", "--debug"]),
    (2, &["run", "--select", "no:such_method", "--debug"]),
];

#[test]
fn a_password_in_the_environment_never_appears() {
    let database = Database::new();
    // some servers ask for theirs
    let password = database.settings.password.clone().unwrap_or_else(|| PASSWORD.to_owned());
    for variable in [VARIABLE, "DBT_ENV_SECRET_PASSWORD"] {
        let project = project(&database);
        use_variable(&project, variable);
        for (expected, arguments) in COMMANDS {
            let status = run_and_look(&project, variable, &password, arguments);
            assert_eq!(status, Some(expected), "{arguments:?}");
        }
        let log = fs::read_to_string(project.path().join("logs/dbt.log")).unwrap();
        assert!(log.contains("nowhere"), "the log tells what was done");
    }
}

#[test]
fn a_password_never_appears_when_the_connection_fails() {
    let database = Database::new();
    let (port, passwords) = refusing_server();
    for (variable, key) in [
        (VARIABLE, format!("password: \"{{{{ env_var('{VARIABLE}') }}}}\"\n      host: 127.0.0.1")),
        ("PGPASSWORD", "host: 127.0.0.1".to_owned()),
        (
            VARIABLE,
            format!(
                "uri: \"postgresql://u:{{{{ env_var('{VARIABLE}') | urlencode | replace('/', '%2F') }}}}@127.0.0.1:{port}/d\""
            ),
        ),
    ] {
        let project = project(&database);
        let profile = |port| {
            format!(
                "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      {key}\n      port: {port}\n      \
                 user: u\n      dbname: d\n      schema: s\n      threads: 1\n"
            )
        };
        for port in [port, 1] {
            project.write("profiles.yml", &profile(port));
            for (expected, arguments) in [
                (2, &["run", "--debug"][..]),
                (1, &["debug", "--debug"]),
                (2, &["run", "--log-format", "json"]),
            ] {
                let status = run_and_look(&project, variable, PASSWORD, arguments);
                assert_eq!(status, Some(expected), "{arguments:?}");
            }
        }
        assert_eq!(passwords.try_iter().last().as_deref(), Some(PASSWORD), "the password was used");
    }
}

/// Asks for a password, tells which one it got, and refuses it.
fn refusing_server() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // a client may go away in the middle
            let _ = refuse(stream.unwrap(), &sender);
        }
    });
    (port, receiver)
}

fn refuse(mut stream: TcpStream, passwords: &Sender<String>) -> std::io::Result<()> {
    const ENCRYPTION_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();
    while message(&mut stream)?.starts_with(&ENCRYPTION_REQUEST) {
        stream.write_all(b"N")?;
    }
    stream.write_all(b"R\0\0\0\x08\0\0\0\x03")?;
    stream.read_exact(&mut [0])?;
    let answer = message(&mut stream)?;
    let _ = passwords.send(String::from_utf8_lossy(&answer).trim_end_matches('\0').to_owned());
    let fields = b"SFATAL\0C28P01\0Mpassword authentication failed for user \"u\"\0\0";
    stream.write_all(b"E")?;
    stream.write_all(&u32::try_from(fields.len() + 4).unwrap_or_default().to_be_bytes())?;
    stream.write_all(fields)
}

/// The body of a message whose length comes first.
fn message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut body = vec![0; u32::from_be_bytes(length).saturating_sub(4) as usize];
    stream.read_exact(&mut body)?;
    Ok(body)
}
