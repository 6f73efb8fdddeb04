//! What somebody meets who runs the program for the first time: on a terminal, in CI, without a profile, with `init`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rsdbt::inside::output::Scratch;

use crate::support::{Database, Project, Terminal};

/// A folder with a home of its own.
struct Newcomer {
    root: PathBuf,
}

impl Newcomer {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("rsdbt-newcomer-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("home")).unwrap();
        fs::create_dir_all(root.join("work")).unwrap();
        Self { root: root.canonicalize().unwrap() }
    }

    fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rsdbt"));
        command.args(arguments).current_dir(self.work()).env("HOME", self.root.join("home"));
        for name in ["CI", "DBT_PROFILES_DIR", "XDG_CACHE_HOME", "RSDBT_PG_BIN"] {
            command.env_remove(name);
        }
        command.env("NO_COLOR", "1").stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// With answers on standard input, as a script gives them.
    fn answer(&self, arguments: &[&str], answers: &str) -> Output {
        use std::io::Write as _;
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

const PROJECT: &str = "name: shop\nprofile: shop\n";

#[test]
fn under_dbts_name_the_help_begins_as_dbts() {
    let folder = Scratch::new().unwrap();
    let link = folder.path().join("dbt");
    symlink(env!("CARGO_BIN_EXE_rsdbt"), &link).unwrap();
    let first_line = |program: &Path| {
        let output = Command::new(program).arg("--help").output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned()
    };
    assert_eq!(first_line(&link), "Usage: dbt [OPTIONS] COMMAND [ARGS]...");
    assert!(first_line(Path::new(env!("CARGO_BIN_EXE_rsdbt"))).starts_with("Compile a directory"));
}

#[test]
fn the_version_is_read_by_dbts_clients_and_names_both() {
    let newcomer = Newcomer::new("version");
    for flag in ["--version", "-V", "-v"] {
        let text = text(&newcomer.run(&[flag]));
        let installed = text.lines().find_map(|line| line.trim().strip_prefix("- installed: ")).unwrap();
        let numbers: Vec<u32> = installed.split('.').map(|part| part.parse().unwrap()).collect();
        assert!(matches!(numbers[..], [1, minor, _] if minor >= 11), "{text}");
        assert!(text.contains(&format!("rsdbt {}", env!("CARGO_PKG_VERSION"))), "{text}");
        assert!(text.contains("- postgres: "), "{text}");
    }
}

#[test]
fn a_terminal_is_told_what_runs_and_programs_get_dbts_line() {
    let newcomer = Newcomer::new("greeting");
    newcomer.write("work/dbt_project.yml", PROJECT);
    let own = format!("rsdbt {}, compatible with dbt 1.11\n", env!("CARGO_PKG_VERSION"));
    let on_terminal = Terminal::run(newcomer.command(&["parse"]));
    assert!(on_terminal.contains(&own), "{on_terminal}");
    assert!(!on_terminal.contains("Running with dbt"), "{on_terminal}");
    assert!(text(&newcomer.run(&["parse"])).contains("Running with dbt=1.11."));
    let json = Terminal::run(newcomer.command(&["parse", "--log-format", "json"]));
    assert!(json.contains("\"msg\":\"Running with dbt=1.11."), "{json}");
    assert!(
        fs::read_to_string(newcomer.work().join("logs/dbt.log")).unwrap().contains("Running with dbt=1.11.")
    );
}

#[test]
fn the_embedded_server_is_announced_once_wherever_it_is_used() {
    let newcomer = Newcomer::new("announced");
    newcomer.write("work/dbt_project.yml", PROJECT);
    newcomer.write("work/models/one.sql", "select 1 as id");
    for command in [
        &["build"][..],
        &["run"],
        &["test"],
        &["compile"],
        &["docs", "generate"],
        &["docs"],
        &["show", "--select", "one"],
        &["run-operation", "--sql", "select 1"],
        &["debug"],
        &["seed"],
        &["snapshot"],
        &["source", "freshness"],
    ] {
        let output = newcomer.run(command);
        let text = text(&output);
        let announced: Vec<&str> =
            text.lines().filter(|line| line.contains("the embedded PostgreSQL")).collect();
        assert_eq!(announced.len(), 1, "{command:?}: {text}");
        assert!(announced[0].contains("its data is in .rsdbt/pg/"), "{text}");
        assert!(announced[0].contains("`rsdbt db psql`"), "{text}");
    }
    for command in [&["parse"][..], &["ls"], &["show", "--quiet", "--output", "json", "--select", "one"]] {
        let text = text(&newcomer.run(command));
        assert!(!text.contains("embedded"), "{command:?}: {text}");
    }
}

#[test]
fn a_job_that_forgot_its_profile_fails() {
    let newcomer = Newcomer::new("ci");
    newcomer.write("work/dbt_project.yml", PROJECT);
    newcomer.write("work/models/one.sql", "select 1 as id");
    for command in [&["build"][..], &["parse"], &["docs"], &["debug"], &["source", "freshness"]] {
        let output = newcomer.command(command).env("CI", "true").output().unwrap();
        let text = text(&output);
        assert!(!output.status.success(), "{command:?}: {text}");
        assert!(
            text.contains("there is no profiles.yml") && text.contains("help: pass --profiles-dir"),
            "{text}"
        );
    }
    assert!(!newcomer.work().join(".rsdbt").exists());
    for unset in ["", "false", "0"] {
        assert!(newcomer.command(&["parse"]).env("CI", unset).output().unwrap().status.success());
    }
    newcomer.write(
        "work/profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: postgres, embedded: true, schema: s}}}",
    );
    assert!(newcomer.command(&["build"]).env("CI", "true").output().unwrap().status.success());
}

/// The order of dbt: the project's own file comes before that in the home directory.
#[test]
fn the_repositorys_profile_works_beside_that_of_another_project() {
    let newcomer = Newcomer::new("profile");
    newcomer.write(
        "home/.dbt/profiles.yml",
        "jaffle: {target: x, outputs: {x: {type: postgres, host: h.invalid}}}",
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["dbt_project.yml", "profiles.yml"] {
        fs::copy(root.join(file), newcomer.work().join(file)).unwrap();
    }
    let parsed = newcomer.run(&["parse"]);
    assert!(parsed.status.success(), "{}", text(&parsed));
    let of_prod = newcomer.run(&["parse", "--target", "prod"]);
    assert!(text(&of_prod).contains("PGHOST"), "{}", text(&of_prod));
    let mut command = newcomer.command(&["parse", "--target", "prod"]);
    for name in ["PGHOST", "PGUSER", "DBT_ENV_SECRET_PGPASSWORD", "PGDATABASE"] {
        command.env(name, "x");
    }
    let given = command.output().unwrap();
    assert!(given.status.success(), "{}", text(&given));
    // a copy elsewhere is chosen as in dbt
    newcomer.write("copy/profiles.yml", &fs::read_to_string(root.join("profiles.example.yml")).unwrap());
    let copy = newcomer.root.join("copy");
    for command in [
        newcomer.command(&["debug", "--config-dir"]).env("DBT_PROFILES_DIR", &copy),
        newcomer.command(&["debug", "--config-dir", "--profiles-dir"]).arg(&copy),
    ] {
        let shown = text(&command.output().unwrap());
        assert!(shown.contains(&copy.display().to_string()), "{shown}");
    }
}

#[test]
fn a_password_is_written_for_the_user_alone() {
    let newcomer = Newcomer::new("private");
    let database = Database::new();
    let settings = &database.settings;
    let (host, port) = (&settings.host, settings.port);
    let (user, name) = (&settings.user, &settings.database);
    let answers = format!("2\n{host}\n{port}\n{user}\nhunter2\n{name}\n{}\n3\n", database.schema);
    let output = newcomer.answer(&["init", "shop"], &answers);
    let said = text(&output);
    let profiles = newcomer.root.join("home/.dbt/profiles.yml");
    assert_eq!(mode(&profiles), 0o600);
    assert_eq!(mode(profiles.parent().unwrap()), 0o700);
    assert!(!said.contains("hunter2") && !said.contains("sslmode"), "{said}");
    // what was tested, then what comes next
    let tested = said.find("Connection test: OK, PostgreSQL ").unwrap_or_else(|| panic!("{said}"));
    let next = said.find("Next steps:").unwrap_or_else(|| panic!("{said}"));
    assert!(said.find("written to").unwrap() < tested && tested < next, "{said}");
    // a file that was open to others is closed when a password comes in
    fs::set_permissions(&profiles, fs::Permissions::from_mode(0o644)).unwrap();
    newcomer.answer(&["init", "store"], &answers);
    assert_eq!(mode(&profiles), 0o600);
    assert!(fs::read_to_string(&profiles).unwrap().starts_with("shop:"));
}

#[test]
fn a_profile_file_of_others_is_whole_and_stays_a_link() {
    let newcomer = Newcomer::new("link");
    newcomer.write("dotfiles/profiles.yml", "jaffle: {target: x, outputs: {x: {type: postgres, host: h}}}");
    fs::create_dir_all(newcomer.root.join("home/.dbt")).unwrap();
    let link = newcomer.root.join("home/.dbt/profiles.yml");
    std::os::unix::fs::symlink(newcomer.root.join("dotfiles/profiles.yml"), &link).unwrap();
    newcomer.answer(&["init", "shop"], "2\n127.0.0.1\n1\nann\nhunter2\nads\npublic\n\n");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let profiles = fs::read_to_string(newcomer.root.join("dotfiles/profiles.yml")).unwrap();
    assert!(profiles.starts_with("jaffle: {target: x") && profiles.contains("\nshop:\n"), "{profiles}");
    assert_eq!(mode(&newcomer.root.join("dotfiles/profiles.yml")), 0o600);
    // what cannot be read is not replaced
    fs::write(&link, [b'#', 0xff]).unwrap();
    let said = text(&newcomer.answer(&["init", "store"], "2\n127.0.0.1\n1\nann\nhunter2\nads\npublic\n\n"));
    assert!(said.contains("UTF-8"), "{said}");
    assert_eq!(fs::read(&link).unwrap(), [b'#', 0xff]);
}

#[test]
fn init_that_is_not_answered_to_the_end_leaves_nothing() {
    let newcomer = Newcomer::new("interrupted");
    let is_untouched = || {
        fs::read_dir(newcomer.work()).unwrap().next().is_none() && !newcomer.root.join("home/.dbt").exists()
    };
    for (answers, question) in [
        (&[][..], "Enter a number [1]:"),
        (&["2", "db.internal", "", "ann"], "pass (dev password):"),
        (&["2", "db.internal", "", "ann", "hunter2", "ads", "public", ""], "sslmode"),
    ] {
        // the shell shows what the terminal is like afterwards
        let mut command = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_rsdbt");
        command.arg("-c").arg(format!("trap : INT; {program} init shop; stty -a"));
        command.current_dir(newcomer.work()).env("HOME", newcomer.root.join("home")).env_remove("CI");
        let mut terminal = Terminal::start(command);
        for answer in answers {
            terminal.press(&format!("{answer}\n"));
        }
        terminal.wait_for(question);
        let shown = terminal.interrupt();
        assert!(shown.contains(" echo ") && !shown.contains("-echo "), "{question}: {shown}");
        assert!(is_untouched(), "{question}: {shown}");
    }
    let output = newcomer.run(&["init", "shop"]);
    assert_eq!(output.status.code(), Some(2), "no terminal, no answer: {}", text(&output));
    assert!(text(&output).contains("--skip-profile-setup") && is_untouched());
}

#[test]
fn names_and_folders_that_do_not_fit() {
    let newcomer = Newcomer::new("names");
    let said = text(&newcomer.answer(&["init", "--skip-profile-setup", "My-shop"], "\n"));
    assert!(said.contains("My-shop is not a valid project name.") && said.contains("[My_shop]:"), "{said}");
    let built = newcomer.command(&["build", "--project-dir", "My_shop"]).output().unwrap();
    assert!(text(&built).contains("PASS=6"), "{}", text(&built));
    let said = text(&newcomer.run(&["init", "--skip-profile-setup", "My_shop"]));
    assert!(said.contains("A project called My_shop already exists here. Run `rsdbt init`"), "{said}");
    newcomer.write("work/shop/notes", "user's");
    let said = text(&newcomer.run(&["init", "--skip-profile-setup", "shop"]));
    assert!(said.contains("shop already exists here and is not a dbt project"), "{said}");
    assert_eq!(fs::read_dir(newcomer.work().join("shop")).unwrap().count(), 1);
    newcomer.write("work/dbt_project.yml", "name: [\n");
    let said = text(&newcomer.run(&["init", "--skip-profile-setup", "store"]));
    assert!(said.contains("--> dbt_project.yml:") && !newcomer.work().join("store").exists(), "{said}");
}

#[test]
fn a_remote_server_is_asked_for_its_encryption_and_a_failed_test_is_told() {
    let newcomer = Newcomer::new("remote");
    let output = newcomer
        .answer(&["init", "shop"], "2\ndb.invalid\n\nann\nhunter2\nads\npublic\n\nyes\nverify-full\n");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let profiles = fs::read_to_string(newcomer.root.join("home/.dbt/profiles.yml")).unwrap();
    assert!(profiles.contains("sslmode: verify-full"), "{profiles}");
    assert!(said.contains("Connection test: FAILED") && said.contains("rsdbt debug"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn init_keeps_dbts_flags() {
    let newcomer = Newcomer::new("flags");
    for flag in ["--skip-profile-setup", "-s"] {
        let said = text(&newcomer.run(&["init", flag, "shop"]));
        assert!(
            said.contains("Your new dbt project \"shop\" was created!") && said.contains("Next steps:"),
            "{said}"
        );
        assert!(!said.contains("0/0"), "{said}");
        fs::remove_dir_all(newcomer.work().join("shop")).unwrap();
    }
    let missing = text(&newcomer.run(&["init", "shop", "--profile", "warehouse"]));
    assert!(missing.contains("Could not find profile named 'warehouse'"), "{missing}");
    newcomer
        .write("home/.dbt/profiles.yml", "warehouse: {target: x, outputs: {x: {type: postgres, host: h}}}");
    newcomer.run(&["init", "shop", "--profile", "warehouse"]);
    let project = fs::read_to_string(newcomer.work().join("shop/dbt_project.yml")).unwrap();
    assert!(project.contains("profile: warehouse"), "{project}");
}

/// From nothing to the page: two keys and less than a minute. docs/first-minute.md is this session.
#[test]
fn the_first_minute() {
    let newcomer = Newcomer::new("minute");
    let mut command = newcomer.command(&["init", "shop"]);
    // no browser opens in a test
    command.env("PATH", newcomer.root.join("home"));
    let begun = std::time::Instant::now();
    let mut terminal = Terminal::start(command);
    let mut keys = 0;
    for question in ["Enter a number [1]:", "in a browser? [Y/n]:"] {
        terminal.wait_for(question);
        terminal.press("\n");
        keys += 1;
    }
    let address = terminal.wait_for("navigate to: http://");
    let address = address.rsplit("http://").next().unwrap().lines().next().unwrap().trim().to_owned();
    terminal.wait_for("Press Ctrl+C");
    let page = http_get(&address);
    let seconds = begun.elapsed().as_secs();
    assert!(
        page.contains("even_numbers") && page.starts_with("HTTP/1.1 200"),
        "{}",
        &page[..200.min(page.len())]
    );
    assert!(keys <= 5 && seconds < 60, "{keys} keys, {seconds} s");
    let transcript = newcomer.stable(&terminal.interrupt(), &address);
    assert!(!transcript.contains("0/0"), "{transcript}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/first-minute.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, _) = page.split_once("```console\n").unwrap();
    let expected = format!("{before}```console\n$ rsdbt init shop\n{transcript}```\n");
    if std::env::var_os("UPDATE_SPECS").is_some() {
        fs::write(path, expected).unwrap();
        return;
    }
    // two tests at the same time end in either order
    let sorted = |text: &str| -> Vec<String> {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let difference = similar::TextDiff::from_lines(&page, &expected).unified_diff().to_string();
    assert_eq!(sorted(&page), sorted(&expected), "{difference}");
}

fn http_get(address: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = Vec::new();
    stream.read_to_end(&mut page).unwrap();
    String::from_utf8_lossy(&page).into_owned()
}

impl Newcomer {
    /// Without what differs from run to run: colours and bars, times, places.
    fn stable(&self, text: &str, address: &str) -> String {
        let time = |line: &str| {
            let is_time = line.len() >= 8
                && line.is_char_boundary(8)
                && line[..8].chars().all(|c| c.is_ascii_digit() || c == ':');
            if is_time { line[8..].trim_start().to_owned() } else { line.to_owned() }
        };
        let mut lines: Vec<String> = Vec::new();
        for line in text.lines() {
            let line = line.rsplit('\r').next().unwrap_or_default();
            let line = time(line)
                .replace(&self.work().display().to_string(), "~")
                .replace(address, "127.0.0.1:8080");
            // the number of built-in macros is no part of the story
            let line = match line.strip_suffix(" macros").and_then(|line| line.rsplit_once(' ')) {
                Some((before, _)) => format!("{before} 380 macros"),
                None => line,
            };
            let line = match (line.find(" in "), line.rfind("s]"), line.rfind("s).")) {
                (Some(_), Some(_), _) => format!("{} in 0.01s]", line.rsplit_once(" in ").unwrap().0),
                (_, _, Some(_)) if line.starts_with("Finished running") => {
                    let (kept, _) = line.rsplit_once(" in ").unwrap();
                    format!("{kept} in 0.10 seconds (0.10s).")
                }
                _ => line,
            };
            lines.push(line.trim_end().to_owned());
        }
        lines.dedup_by(|left, right| left.is_empty() && right.is_empty());
        lines.join("\n").trim().to_owned() + "\n"
    }
}

/// With the feature `bundled-postgres`, the build fails where the server's archive is missing, and names the ways out.
#[test]
fn a_missing_archive_is_an_error_of_the_build() {
    let builds = Path::new(env!("OUT_DIR")).ancestors().nth(2).unwrap();
    let scripts = fs::read_dir(builds).unwrap().map(|entry| entry.unwrap().path());
    let scripts = scripts.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("rsdbt-"));
    let scripts = scripts.map(|path| path.join("build-script-build")).filter(|path| path.is_file());
    let script = scripts.max_by_key(|path| path.metadata().unwrap().modified().unwrap()).unwrap();
    let empty = Project::at(&format!("archive_{}", std::process::id()));
    let said = |set: &[(&str, &str)]| {
        let mut command = Command::new(&script);
        command.env_clear().current_dir(empty.path()).envs(set.iter().copied());
        let output = command.env("OUT_DIR", empty.path()).env("HOME", empty.path()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let with = ("CARGO_FEATURE_BUNDLED_POSTGRES", "1");
    let linux = ("TARGET", "x86_64-unknown-linux-gnu");
    let missing = said(&[with, linux]);
    let named = said(&[with, linux, ("RSDBT_BUNDLED_ARCHIVE", "nowhere.tar.zst")]);
    for (text, why) in [(&missing, "the files of the crate"), (&named, "names `nowhere.tar.zst`, which is")] {
        let error =
            text.lines().find(|line| line.starts_with("cargo::error=")).unwrap_or_else(|| panic!("{text}"));
        assert!(error.contains(why) && error.contains("--no-default-features"), "{error}");
        assert!(!text.contains("rustc-cfg=has_bundled_postgres"), "{text}");
    }
    // a target for which there is none, and a build that wants none
    let foreign = said(&[with, ("TARGET", "riscv64gc-unknown-linux-gnu")]);
    assert!(
        foreign.contains("cargo::warning=no bundled PostgreSQL exists") && !foreign.contains("cargo::error")
    );
    let none = said(&[linux]);
    assert!(!none.contains("cargo::error") && !none.contains("cargo::warning"), "{none}");
}
