//! A PostgreSQL of the test's own, from the system's programs: for TLS, standbys, restarts and full servers.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use rsdbt::inside::adapter::Settings;

/// Stopped and removed with its value.
pub(crate) struct Server {
    programs: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// `None`, and a line that says so, where the system has no server programs.
    pub(crate) fn new(name: &str, configuration: &str) -> Option<Self> {
        let mut server = Self::prepared(name)?;
        let data = server.data();
        server.call(
            "initdb",
            &["-D", &data, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C", "-U", "postgres"],
        );
        server.start(configuration);
        Some(server)
    }

    /// A standby that follows this server.
    pub(crate) fn standby(&self, name: &str) -> Self {
        let mut standby = Self::prepared(name).unwrap();
        let (data, port) = (standby.data(), self.port.to_string());
        standby.call(
            "pg_basebackup",
            &[
                "-h",
                "127.0.0.1",
                "-p",
                &port,
                "-U",
                "postgres",
                "-D",
                &data,
                "-R",
                "-c",
                "fast",
                "-X",
                "stream",
            ],
        );
        standby.start("");
        standby
    }

    fn prepared(name: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            let mut output = std::io::stdout();
            let _ = writeln!(output, "SKIPPED: no PostgreSQL server programs under /usr/lib/postgresql");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("rsdbt-server-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let server = Self { programs, folder, port: free_port() };
        Self::hand_over(&server.folder, 0o700);
        Some(server)
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn start(&mut self, configuration: &str) {
        let settings = format!(
            "port = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nfsync = off\nmax_wal_senders = 3\n{configuration}\n",
            self.port,
            self.folder.display()
        );
        let path = self.folder.join("data/postgresql.auto.conf");
        let known = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, format!("{known}{settings}")).unwrap();
        Self::hand_over(&path, 0o600);
        self.control(&["start"]);
    }

    /// A file that the server reads.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        Self::hand_over(&path, 0o600);
        path
    }

    pub(crate) fn control(&self, arguments: &[&str]) {
        let (data, log) = (self.data(), self.folder.join("log").display().to_string());
        self.call("pg_ctl", &[&["-D", &data, "-l", &log, "-w"], arguments].concat());
    }

    /// One statement for each text.
    pub(crate) fn psql(&self, statements: &[&str]) -> String {
        let (folder, port) = (self.folder.display().to_string(), self.port.to_string());
        let mut arguments = vec![
            "-h",
            &folder,
            "-p",
            &port,
            "-U",
            "postgres",
            "-d",
            "postgres",
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
        ];
        arguments.extend(statements.iter().flat_map(|statement| ["-c", statement]));
        self.call("psql", &arguments)
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            host: "127.0.0.1".into(),
            port: self.port,
            user: "postgres".into(),
            database: "postgres".into(),
            ..Settings::default()
        }
    }

    /// As the user `postgres` when this is root: the server refuses to run as root.
    fn call(&self, program: &str, arguments: &[&str]) -> String {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        // a server that is started keeps what it inherits open
        let output = self.folder.join("output");
        let file = fs::File::create(&output).unwrap();
        Self::hand_over(&output, 0o600);
        command.args(arguments).current_dir(&self.folder).stdout(file.try_clone().unwrap()).stderr(file);
        let status = command.status().unwrap();
        let text = fs::read_to_string(&output).unwrap_or_default();
        assert!(status.success(), "{program} {arguments:?}: {text}");
        text
    }

    fn hand_over(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        if is_root() {
            let id = |kind: &str| -> u32 {
                let output = Command::new("id").args([kind, "postgres"]).output().unwrap();
                String::from_utf8_lossy(&output.stdout).trim().parse().unwrap()
            };
            chown(path, Some(id("-u")), Some(id("-g"))).unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            let _ = Command::new("kill").args(["-QUIT", pid]).status();
        }
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop()
}
