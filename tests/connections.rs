//! Real servers with TLS and client certificates, SCRAM with channel binding, several hosts, restarts, Ctrl-C.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SigningKey as _};
use rsdbt::inside::adapter::{Begin, Cell, Connection, Fetch};
use rsdbt::inside::output::Scratch;

use crate::support::{Database, Fault, Project, Proxy, Server, wait_until};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "the authority of a test");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Certificate and key as PEM.
fn issue(authority: &Authority, alternative: &str, name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![alternative.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

/// The same as a certificate of version 1, as `openssl x509 -req` makes them in PostgreSQL's manual.
fn issue_version_1(authority: &Authority, name: &str) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.signed_by(&key, authority).unwrap();
    let (content, _) = element(certificate.der());
    let (body, rest) = element(content);
    // the version stands first, the extensions last
    let mut parts = Vec::new();
    let mut left = body;
    while !left.is_empty() {
        let (_, after) = element(left);
        let part = &left[..left.len() - after.len()];
        if !matches!(part[0], 0xa0 | 0xa3) {
            parts.extend_from_slice(part);
        }
        left = after;
    }
    let body = wrapped(0x30, &parts);
    let (_, after_algorithm) = element(rest);
    let algorithm = &rest[..rest.len() - after_algorithm.len()];
    let signature = [&[0][..], &authority.key().sign(&body).unwrap()].concat();
    let der = wrapped(0x30, &[&body[..], algorithm, &wrapped(3, &signature)].concat());
    let folder = Scratch::new().unwrap();
    let (der_file, pem_file) = (folder.path().join("der"), folder.path().join("pem"));
    std::fs::write(&der_file, der).unwrap();
    let pem = std::process::Command::new("openssl")
        .args(["x509", "-inform", "der", "-in"])
        .arg(&der_file)
        .arg("-out")
        .arg(&pem_file)
        .status();
    assert!(pem.unwrap().success());
    (std::fs::read_to_string(pem_file).unwrap(), key.serialize_pem())
}

/// The content of the first DER element, and what follows it.
fn element(bytes: &[u8]) -> (&[u8], &[u8]) {
    let first = usize::from(bytes[1]);
    let digits = if first < 0x80 { 0 } else { first & 0x7f };
    let length = if digits == 0 {
        first
    } else {
        bytes[2..2 + digits].iter().fold(0, |length, digit| length << 8 | usize::from(*digit))
    };
    (&bytes[2 + digits..2 + digits + length], &bytes[2 + digits + length..])
}

/// With as few bytes for the length as DER wants.
fn wrapped(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let length = match (high, low) {
        (0, 0..128) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag][..], &length, content].concat()
}

/// A server that takes `plain` with a password and `bearer` with a certificate, over TLS only.
fn secure_server(name: &str, authority: &Authority) -> Option<Server> {
    let server = Server::new(name, "max_connections = 12")?;
    let (certificate, key) = issue(authority, "localhost", "localhost");
    server.write("server.crt", &certificate);
    server.write("server.key", &key);
    server.write("root.crt", &authority.pem());
    server.write(
        "data/pg_hba.conf",
        "local all all trust\nhostssl all plain 127.0.0.1/32 scram-sha-256\nhostssl all bearer 127.0.0.1/32 cert\nhostssl all anyone 127.0.0.1/32 trust\n",
    );
    let folder = server.folder.display();
    let set = |name: &str, file: &str| format!("alter system set {name} = '{folder}/{file}'");
    server.psql(&[
        &set("ssl_cert_file", "server.crt"),
        &set("ssl_key_file", "server.key"),
        &set("ssl_ca_file", "root.crt"),
        "alter system set ssl = on",
        "create role plain login password 'a \"secret\"'",
        "create role bearer login",
        "create role anyone login",
        "grant create on database postgres to plain, bearer, anyone",
    ]);
    server.control(&["restart"]);
    Some(server)
}

/// A project whose profile has these lines, and its schema.
fn project(name: &str, lines: &str) -> Project {
    let mut text = format!(
        "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      dbname: postgres\n      schema: {name}\n      threads: 2\n"
    );
    for line in lines.lines() {
        text.push_str(&format!("      {}\n", line.trim()));
    }
    let project = Project::at(&format!("rsdbt-connections-{name}-{}", std::process::id()));
    project.write("profiles.yml", &text);
    project.write("models/m.sql", "{{ config(materialized='table') }} select 1 as id");
    project
}

#[test]
fn a_client_certificate_opens_a_real_server() {
    let ours = authority();
    let Some(server) = secure_server("cert", &ours) else { return };
    let root = server.write("client-root.crt", &ours.pem());
    let (certificate, key) = issue(&ours, "bearer", "bearer");
    let (certificate, key) = (server.write("bearer.crt", &certificate), server.write("bearer.key", &key));
    let base = format!(
        "host: localhost\nhostaddr: 127.0.0.1\nport: {}\nuser: bearer\nsslmode: verify-full\nsslrootcert: {}\n",
        server.port,
        root.display()
    );
    let with =
        project("cert", &format!("{base}sslcert: {}\nsslkey: {}", certificate.display(), key.display()));
    with.run_ok(&["run"]);
    let without = project("nocert", &base).run(&["run"]);
    assert_ne!(without.status, 0);
    assert!(without.text.contains("connection requires a valid client certificate"), "{}", without.text);
    let theirs = server.write("their-root.crt", &authority().pem());
    let stranger =
        project("stranger", &base.replace(&root.display().to_string(), &theirs.display().to_string()));
    assert_ne!(stranger.run(&["run"]).status, 0);
}

/// By the recipe of PostgreSQL's manual.
#[test]
fn certificates_of_version_1_open_a_server_or_say_what_is_wrong() {
    let ours = authority();
    let Some(server) = secure_server("version1", &ours) else { return };
    let root = server.write("client-root.crt", &ours.pem());
    let (certificate, key) = issue_version_1(&ours, "bearer");
    let (certificate, key) = (server.write("bearer.crt", &certificate), server.write("bearer.key", &key));
    let (_, other_key) = issue_version_1(&ours, "bearer");
    let other_key = server.write("other.key", &other_key);
    let base = format!("host: localhost\nhostaddr: 127.0.0.1\nport: {}\nretries: 0\n", server.port);
    let of_bearer = |key: &std::path::Path, mode: &str| {
        let lines = format!(
            "{base}user: bearer\nsslmode: {mode}\nsslrootcert: {}\nsslcert: {}\nsslkey: {}",
            root.display(),
            certificate.display(),
            key.display()
        );
        project("version1", &lines).run(&["run"])
    };
    let output = of_bearer(&key, "verify-full");
    assert_eq!(output.status, 0, "{}", output.text);
    let output = of_bearer(&other_key, "verify-full");
    assert!(
        output.status != 0 && output.text.contains("does not belong to the certificate `sslcert`"),
        "{}",
        output.text
    );
    // the server's own
    let (certificate, key) = issue_version_1(&ours, "localhost");
    server.write("server.crt", &certificate);
    server.write("server.key", &key);
    server.control(&["restart"]);
    let of_server = |schema: &str, lines: &str| project(schema, &format!("{base}{lines}")).run(&["run"]);
    for (mode, user) in [("require", "anyone"), ("require", "plain"), ("prefer", "anyone")] {
        let output = of_server(
            &format!("version1_{user}"),
            &format!("user: {user}\npassword: 'a \"secret\"'\nsslmode: {mode}\nchannel_binding: prefer"),
        );
        assert_eq!(output.status, 0, "{mode} {user}\n{}", output.text);
    }
    for mode in ["verify-ca", "verify-full"] {
        let output = of_server(
            "version1_anyone",
            &format!("user: anyone\nsslmode: {mode}\nsslrootcert: {}", root.display()),
        );
        assert!(
            output.status != 0 && output.text.contains("the server's certificate is of X.509 version 1"),
            "{mode}\n{}",
            output.text
        );
    }
    // trusted itself
    let itself = server.write("itself.crt", &certificate);
    let output = of_server(
        "version1_anyone",
        &format!("user: anyone\nsslmode: verify-ca\nsslrootcert: {}", itself.display()),
    );
    assert_eq!(output.status, 0, "{}", output.text);
}

#[test]
fn files_of_a_connection_that_are_no_files_do_not_hang() {
    let Some(server) = secure_server("pipes", &authority()) else { return };
    let pipe = server.folder.join("pipe");
    assert!(std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&pipe).status().unwrap().success());
    let base =
        format!("host: 127.0.0.1\nport: {}\nuser: anyone\nretries: 0\nsslmode: verify-ca\n", server.port);
    let odd = [pipe.display().to_string(), "/dev/zero".to_owned(), server.folder.display().to_string()];
    for odd in &odd {
        for lines in [
            format!("sslrootcert: {odd}"),
            format!(
                "sslrootcert: {0}/root.crt\nsslcert: {odd}\nsslkey: {0}/server.key",
                server.folder.display()
            ),
            format!(
                "sslrootcert: {0}/root.crt\nsslcert: {0}/server.crt\nsslkey: {odd}",
                server.folder.display()
            ),
        ] {
            let begun = Instant::now();
            let output = project("pipes", &format!("{base}{lines}")).run(&["run"]);
            assert!(begun.elapsed() < Duration::from_secs(5), "{lines}");
            let named = output.text.contains(&format!("file \"{odd}\""));
            assert!(output.status != 0 && named, "{lines}\n{}", output.text);
        }
        let with = |name: &str, lines: &str| {
            let project = project(
                "pipes",
                &format!("host: 127.0.0.1\nport: {}\nuser: anyone\nsslmode: require\n{lines}", server.port),
            );
            let begun = Instant::now();
            let output = project.command(&["run"]).env(name, odd).output().unwrap();
            assert!(begun.elapsed() < Duration::from_secs(5), "{name}");
            (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let (is_well, text) = with("PGPASSFILE", "");
        assert!(is_well && text.contains(&format!("the password file {odd} is ignored")), "{text}");
        let (is_well, text) = with("PGSERVICEFILE", "service: s");
        assert!(!is_well && text.contains(&format!("the service file {odd} cannot be read")), "{text}");
    }
}

#[test]
fn a_password_is_bound_to_the_servers_certificate() {
    let Some(server) = secure_server("scram", &authority()) else { return };
    let base = format!("host: 127.0.0.1\nport: {}\npassword: 'a \"secret\"'\nretries: 0\n", server.port);
    for binding in ["require", "prefer", "disable"] {
        project("bound", &format!("{base}user: plain\nsslmode: require\nchannel_binding: {binding}"))
            .run_ok(&["run"]);
    }
    let refused = |lines: &str, expected: &str| {
        let output = project("unbound", &format!("{base}channel_binding: require\n{lines}")).run(&["run"]);
        assert!(output.status != 0 && output.text.contains(expected), "{}", output.text);
    };
    refused(
        "user: anyone\nsslmode: require",
        "channel binding required, but server authenticated client without channel binding",
    );
    refused("user: plain\nsslmode: disable", "channel binding required, but SSL not in use");
    let wrong = project("wrong", &format!("{base}user: plain\nsslmode: require\nchannel_binding: always"));
    let output = wrong.run(&["run"]);
    assert!(output.text.contains("invalid channel_binding value"), "{}", output.text);
}

/// Of a project that cannot be read, that is what is told, whatever becomes of the sessions.
#[test]
fn a_run_connects_while_it_reads_the_project() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let project = project("early", &format!("host: 127.0.0.1\nport: {port}\nuser: joe\nsslmode: disable"));
    project.write("models/wrong.sql", "select {{ nosuch( }}");
    let calls = |command: &str| {
        let output = project.run(&[command]);
        assert!(output.status == 2 && output.text.contains("models/wrong.sql"), "{}", output.text);
        assert!(!output.text.contains("127.0.0.1"), "{}", output.text);
        std::iter::from_fn(|| listener.accept().ok()).count()
    };
    for (command, sessions) in [("run", 2), ("build", 2), ("seed", 2), ("snapshot", 2), ("test", 1)] {
        // a small project may be read before anybody has called
        wait_until(command, || calls(command) == sessions);
    }
    for command in ["parse", "ls", "compile"] {
        assert_eq!(calls(command), 0, "{command}");
    }
}

#[test]
fn a_host_that_is_down_or_cannot_write_is_passed_over() {
    let Some(primary) = Server::new("primary", "") else { return };
    let standby = primary.standby("standby");
    let lines = |hosts: &str, ports: &str, attrs: &str| {
        format!("host: '{hosts}'\nport: '{ports}'\nuser: postgres\ntarget_session_attrs: {attrs}")
    };
    let (down, writes, reads) = (1, primary.port, standby.port);
    let ports = format!("{down},{reads},{writes}");
    project("ha", &lines("127.0.0.1,127.0.0.1,127.0.0.1", &ports, "read-write")).run_ok(&["run"]);
    let shown = |attrs: &str, expected: &str| {
        let query =
            ["show", "--quiet", "--inline", "select pg_is_in_recovery() as recovers", "--output", "json"];
        let output = project("ha", &lines("127.0.0.1,127.0.0.1,127.0.0.1", &ports, attrs)).run(&query);
        assert!(output.text.to_lowercase().contains(expected), "{attrs}: {}", output.text);
    };
    shown("any", "true");
    shown("primary", "false");
    shown("read-only", "true");
    shown("standby", "true");
    shown("prefer-standby", "true");
    let uri = format!(
        "uri: 'postgresql://postgres@127.0.0.1:{down},127.0.0.1:{writes}/postgres?target_session_attrs=primary'"
    );
    project("uri", &uri).run_ok(&["run"]);
    let none = project("none", &lines("127.0.0.1", &reads.to_string(), "read-write")).run(&["run"]);
    assert!(none.status != 0 && none.text.contains("session is read-only"), "{}", none.text);
    let alone = project("alone", &lines("127.0.0.1", &writes.to_string(), "prefer-standby")).run(&["run"]);
    assert_eq!(alone.status, 0, "{}", alone.text);
}

#[test]
fn a_failover_during_a_commit_is_not_guessed_about() {
    let Some(primary) = Server::new("before", "") else { return };
    let promoted = primary.standby("after");
    let proxy = Proxy::new(&primary.settings());
    let project = project("failover", &format!("host: 127.0.0.1\nport: {}\nuser: postgres", proxy.port));
    project.write(
        "models/m.sql",
        "{{ config(materialized='incremental', incremental_strategy='append') }} select 1 as id",
    );
    project.run_ok(&["run"]);
    proxy.leave_alone();
    project.run_ok(&["run"]);
    let is_commit = |text: &String| text == "COMMIT";
    let at = proxy.sent().iter().rposition(is_commit).unwrap() + 1;
    promoted.control(&["promote"]);
    proxy.fail_over_to(&promoted.settings());
    proxy.disturb(Fault::CutAfter, at);
    let output = project.run(&["run"]);
    assert_eq!(output.status, 1, "{}", output.text);
    assert!(
        proxy.has_fired()
            && output
                .text
                .contains("whether the transaction was committed is not known: another server answers now"),
        "{}",
        output.text
    );
    assert_eq!(promoted.psql(&["select count(*) from failover.m"]).trim(), "2");
    // the crash of a server may give its number to another transaction
    proxy.lead_to(&primary.settings());
    proxy.disturb(Fault::CutBefore, at);
    project.run_ok(&["run"]);
    assert_eq!(primary.psql(&["select count(*) from failover.m"]).trim(), "4");
}

/// The session is gone for the client, and still at work on the server: its end is waited for, whatever it is.
#[test]
fn a_commit_in_progress_is_waited_for() {
    let is_embedded = std::env::var_os("RSDBT_TEST_DATABASE_URL").is_none();
    for (fails, rows) in [("false", "4"), ("true", "3")] {
        let mut database = Database::new();
        let proxy = Proxy::new(&database.settings);
        let project = Project::new(&database);
        let path = project.path().join("profiles.yml");
        let profile = std::fs::read_to_string(&path).unwrap();
        let settings = &database.settings;
        let profile = profile.replace(&format!("port: {}", settings.port), &format!("port: {}", proxy.port));
        let profile = profile.replace(&format!("host: '{}'", settings.host), "host: '127.0.0.1'");
        project.write("profiles.yml", &profile);
        project.write(
            "models/m.sql",
            "{{ config(materialized='incremental', incremental_strategy='append', post_hook='insert into {{ this.schema }}.audit select {{ var(\"n\") }}') }} select {{ var('n') }} as n",
        );
        database.execute("create table audit (n int)");
        let run = |n: &str| project.run(&["run", "--vars", &format!("{{n: {n}}}")]);
        assert_eq!(run("1").status, 0);
        database.execute(&format!(
            "create function slow() returns trigger language plpgsql as $$
               begin if new.n > 1 then perform pg_sleep(2); if {fails} then raise 'no'; end if; end if; return null; end
             $$;
             create constraint trigger slow after insert on audit deferrable initially deferred for each row execute function slow()"
        ));
        // the first run with the trigger has more to ask
        assert_eq!(run("1").status, 0);
        proxy.leave_alone();
        assert_eq!(run("1").status, 0);
        let at = proxy.sent().iter().rposition(|text| text == "COMMIT").unwrap() + 1;
        proxy.disturb(Fault::CutDuring, at);
        let begun = Instant::now();
        let output = run("2");
        assert_eq!(proxy.sent()[at - 1], "COMMIT", "{:#?}", proxy.sent());
        assert!(proxy.has_fired() && begun.elapsed() > Duration::from_secs(2), "{}", output.text);
        let found =
            database.query("select count(*)::text, (select count(*)::text from audit) from m").unwrap().rows;
        assert_eq!(found, [[Cell::Text(rows.to_owned()), Cell::Text(rows.to_owned())]], "{}", output.text);
        // the embedded server ends what a client has left
        let is_tried_again = is_embedded && output.text.contains("attempt 2 of 5");
        let waited = output.text.contains("waiting for the transaction to end");
        assert!(waited || is_tried_again, "{}", output.text);
        assert_eq!(output.status, i32::from(fails == "true"), "{}", output.text);
    }
}

fn many_models(project: &Project, seconds: &str) {
    std::fs::remove_file(project.path().join("models/m.sql")).unwrap();
    for number in 0..12 {
        project.write(
            &format!("models/m{number}.sql"),
            &format!("{{{{ config(materialized='incremental', incremental_strategy='append') }}}} select {number} as id from pg_sleep({seconds})"),
        );
    }
}

#[test]
fn a_server_that_restarts_fails_no_run() {
    let Some(server) = Server::new("restarts", "") else { return };
    let project =
        project("restarts", &format!("host: 127.0.0.1\nport: {}\nuser: postgres\nthreads: 4", server.port));
    many_models(&project, "0.3");
    let run = project.command(&["run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let asleep = "select count(*) > 0 from pg_stat_activity where wait_event = 'PgSleep'";
    for _ in 0..3 {
        wait_until("models are at work", || server.psql(&[asleep]).trim() == "t");
        server.control(&["restart", "-m", "fast"]);
    }
    let output = run.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    for number in 0..12 {
        let count = server.psql(&[&format!("select count(*) from restarts.m{number}")]);
        assert_eq!(count.trim(), "1", "m{number}\n{text}");
    }
    server.control(&["stop", "-m", "fast"]);
    let begun = Instant::now();
    let output = project.run(&["run"]);
    assert!(output.status != 0 && output.text.contains("failed: Connection refused"), "{}", output.text);
    assert!(begun.elapsed() < Duration::from_secs(5), "a server that is not there fails at once");
    server.control(&["start"]);
}

fn interrupt(run: &Child) {
    let id = run.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}

#[test]
fn ctrl_c_cancels_over_tls_on_a_full_server() {
    let Some(server) = secure_server("full", &authority()) else { return };
    let project = project(
        "full",
        &format!("host: 127.0.0.1\nport: {}\nuser: anyone\nsslmode: require\nthreads: 3", server.port),
    );
    many_models(&project, "60");
    let run = project.hearing(&["run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let asleep = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
    let begun = Instant::now();
    while server.psql(&[asleep]).trim() != "3" {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{}",
            server.psql(&["select * from pg_stat_activity"])
        );
        thread::sleep(Duration::from_millis(50));
    }
    let mut settings = server.settings();
    (settings.host, settings.user) = (server.folder.display().to_string(), "anyone".into());
    settings.patience.retries = 0;
    let settings = std::sync::Arc::new(settings);
    let mut held = Vec::new();
    let refused = loop {
        match Connection::open(&settings) {
            Ok(connection) => held.push(connection),
            Err(error) => break error.message,
        }
    };
    assert!(refused.contains("reserved") || refused.contains("too many clients"), "{refused}");
    let begun = Instant::now();
    interrupt(&run);
    let output = run.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}\n{text}", begun.elapsed());
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.matches("CANCEL query model.shop.m").count(), 3, "{text}");
    assert_eq!(server.psql(&[asleep]).trim(), "0");
    held[0].execute("select 1", Begin::No, Fetch::Nothing).unwrap();
}

/// The session of the test's server that holds the lock of the run on a schema.
fn lock_holder(schema: &str) -> String {
    format!(
        "select pid from pg_locks where locktype = 'advisory' and classid::bigint = hashtext('rsdbt')::bigint & 4294967295 and objid::bigint = hashtext('{schema}')::bigint & 4294967295 and granted"
    )
}

#[test]
fn no_timeout_ends_the_session_that_holds_the_lock() {
    let database = Database::new();
    let project = Project::new(&database);
    let path = project.path().join("profiles.yml");
    let profile = std::fs::read_to_string(&path).unwrap();
    let timeouts = "      settings: {idle_in_transaction_session_timeout: 200ms, idle_session_timeout: 200ms, statement_timeout: 5s}\n";
    project.write("profiles.yml", &format!("{profile}{timeouts}"));
    project.write("models/m.sql", "{{ config(materialized='table') }} select 1 as id from pg_sleep(1.5)");
    let output = project.run(&["run"]);
    assert_eq!(output.status, 0, "{}", output.text);
    assert!(!output.text.contains("lost"), "{}", output.text);
    let version = "select current_setting('server_version_num')::int >= 170000";
    if database.client().query_one(version, &[]).unwrap().get(0) {
        // each model is a transaction; the lock is held longer than any
        let timeouts = "      settings: {transaction_timeout: 2500ms}\n";
        project.write("profiles.yml", &format!("{profile}{timeouts}"));
        project.write(
            "models/n.sql",
            "{{ config(materialized='table') }} select 1 as id from {{ ref('m') }}, pg_sleep(1.5)",
        );
        let output = project.run(&["run"]);
        assert_eq!(output.status, 0, "{}", output.text);
        assert!(!output.text.contains("lost"), "{}", output.text);
    }
}

#[test]
fn nothing_is_committed_without_the_lock() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let schema = database.schema.clone();
    project.write("models/m.sql", "{{ config(materialized='table') }} select 1 as id from pg_sleep(1)");
    let mut run = project.command(&["run"]).stdout(Stdio::piped()).spawn().unwrap();
    let asleep = format!(
        "select from pg_stat_activity where query like '%{schema}%pg_sleep(1)%' and wait_event = 'PgSleep'"
    );
    wait_until(&asleep, || !database.query(&asleep).unwrap().rows.is_empty());
    // another run takes over what this one has lost
    let mut other = Connection::open(&database.settings).unwrap();
    let holder = lock_holder(&schema);
    let steal = format!("select pg_terminate_backend(pid, 5000) from ({holder}) as holder");
    database.query(&steal).unwrap();
    let lock = format!("select pg_advisory_xact_lock(hashtext('rsdbt'), hashtext('{schema}'))");
    other.execute(&lock, Begin::Auto, Fetch::Nothing).unwrap();
    let waits = format!("Waiting for another run to finish with schema \"{schema}\" (pid ");
    let mut said = BufReader::new(run.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains(&waits) {
        assert_ne!(said.read_line(&mut text).unwrap(), 0, "{text}");
    }
    wait_until("the statement ends", || database.query(&asleep).unwrap().rows.is_empty());
    let table = format!("select to_regclass('{schema}.m') is null as missing");
    assert_eq!(database.query(&table).unwrap().rows, [[Cell::Bool(true)]], "committed without the lock");
    other.commit().unwrap();
    said.read_to_string(&mut text).unwrap();
    assert!(run.wait().unwrap().success(), "{text}");
    assert!(
        text.contains("The session that holds the lock of this run was lost; taking the lock again"),
        "{text}"
    );
    let line = text.lines().find(|line| line.contains(&waits)).unwrap_or(&text);
    for part in ["user ", "application ", "since 2"] {
        assert!(line.contains(part), "{line}");
    }
    assert_eq!(database.query("select id from m").unwrap().rows, [[rsdbt::inside::adapter::Cell::Int(1)]]);
}
