//! A cluster's directories on disk: data, socket, log; and `initdb` on first use.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::diagnostic::Result;
use crate::interrupt::{self, Clearing};

use super::account::Account;
use super::binaries::Binaries;
use super::working_folder::runs_in;
use super::{Source, failed, io_failed};

/// The superuser of an embedded cluster. Models never run as it: it can start programs as the server's
/// account, which may be root. Not `postgres`, so that a profile may name that role.
pub(super) const SUPERUSER: &str = "rsdbt_superuser";

/// A unix socket's path ends at 107 bytes, and `/.s.PGSQL.5432` follows the directory.
const LONGEST_SOCKET_DIR: usize = 93;

/// How a data directory is called that is being made.
const UNFINISHED: &str = "unfinished-data-";

/// The places of one cluster.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    /// Locks and the log live here.
    pub(super) home: PathBuf,
    pub(super) data: PathBuf,
    pub(super) socket_dir: PathBuf,
    pub(super) account: Option<Account>,
}

impl Cluster {
    /// `.rsdbt/pg/<major>` in the project, or a place outside when the server's account cannot get there.
    pub(super) fn locate(project: &Path, binaries: &Binaries) -> Result<Self> {
        let project = project.canonicalize().map_err(|error| io_failed("find", project, &error))?;
        let account = Account::for_server(binaries.source);
        let mut home = project.join(".rsdbt/pg").join(binaries.major.to_string());
        if let Some(account) = account
            && !account.can_traverse(&project)
        {
            home = outside(&project).join(binaries.major.to_string());
        }
        check_path(&home)?;
        // PostgreSQL takes a comma as the end of the folder
        let is_plain = home.to_str().is_some_and(|path| !path.contains(','));
        let fits = home.as_os_str().len() <= LONGEST_SOCKET_DIR && is_plain;
        let socket_dir = if fits { home.clone() } else { outside(&project) };
        Ok(Self { data: home.join("data"), home, socket_dir, account })
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.socket_dir.join(".s.PGSQL.5432")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.home.join("server.log")
    }

    /// Names the server that ends with its last user.
    pub(super) fn bound(&self) -> PathBuf {
        self.home.join("bound.pid")
    }

    pub(super) fn is_initialized(&self) -> bool {
        self.data.join("PG_VERSION").is_file()
    }

    pub(super) fn make_directories(&self) -> Result<()> {
        for dir in [&self.home, &self.socket_dir] {
            // the server's account must get through the parents
            let made = crate::output::private_folder(dir, self.account.map(|account| account.uid));
            made.map_err(|error| io_failed("use", dir, &error))?;
            if let Some(account) = self.account {
                account.own(dir).map_err(|error| io_failed("hand over", dir, &error))?;
            }
        }
        self.ignore_in_git();
        Ok(())
    }

    /// Data files have no place in the project's repository.
    fn ignore_in_git(&self) {
        let dot_dir = self.home.ancestors().find(|dir| dir.ends_with(".rsdbt"));
        if let Some(ignore) = dot_dir.map(|dir| dir.join(".gitignore"))
            && !ignore.exists()
        {
            let _ = fs::write(ignore, "*\n");
        }
    }

    /// Makes the data directory beside its place and renames it: what is there is whole. An `initdb` whose starter was killed
    /// may still be at work in a folder of its own.
    pub(super) fn initialize(&self, binaries: &Binaries, durable: bool) -> Result<()> {
        self.remove_unfinished();
        // a directory without PG_VERSION holds no database
        let _ = crate::output::remove(&self.data, &self.home);
        let unfinished = self.home.join(format!("{UNFINISHED}{}", std::process::id()));
        let mut command = Command::new(binaries.dir.join("initdb"));
        command.arg("-D").arg(&unfinished).args(["-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]);
        if !durable {
            command.arg("--no-sync");
        }
        if binaries.major >= 17 {
            command.args(["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]);
        } else {
            command.arg("--locale=C.UTF-8");
        }
        command.env_remove("PGDATA").env("TZ", "UTC").current_dir(&self.home);
        if let Some(account) = self.account {
            account.apply(&mut command);
        }
        let (doomed, home) = (unfinished.clone(), self.home.clone());
        let _clearing = Clearing::at_the_end(move || drop(crate::output::remove(&doomed, &home)));
        let output = interrupt::output(&mut command)
            .map_err(|error| io_failed("run", &binaries.dir.join("initdb"), &error))?;
        if output.status.success() {
            let renamed = crate::output::replace(&unfinished, &self.data);
            return renamed.map_err(|error| io_failed("create", &self.data, &error));
        }
        self.remove_unfinished();
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(failed(format!("initdb failed in `{}`", self.home.display())).cause(said).boxed())
    }

    fn remove_unfinished(&self) {
        for entry in fs::read_dir(&self.home).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                let _ = crate::output::remove(&entry.path(), &self.home);
            }
        }
    }

    /// A checkout or a container's copy opens the data directory to others; the server then refuses it.
    pub(super) fn repair_permissions(&self) -> Result<()> {
        let unreadable = |error: std::io::Error| io_failed("set permissions of", &self.data, &error);
        let mode = fs::metadata(&self.data).map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(&self.data, fs::Permissions::from_mode(0o700)).map_err(unreadable)?;
        }
        Ok(())
    }

    /// The postmaster's process, as its own lock file names it. The file outlives a power loss, and then its number may be
    /// that of any other process.
    pub(super) fn postmaster(&self) -> Option<i32> {
        let pid = self.lock_file_line(0)?.parse().ok()?;
        (runs_in(pid, &self.data) != Some(false)).then_some(pid)
    }

    /// The number in a lock file that has outlived its server.
    pub(super) fn stale_postmaster(&self) -> Option<i32> {
        let pid = self.lock_file_line(0)?.parse().ok()?;
        (runs_in(pid, &self.data) == Some(false)).then_some(pid)
    }

    /// The server that ends with its last user, when it is that one which runs.
    pub(super) fn bound_postmaster(&self) -> Option<i32> {
        let bound: i32 = fs::read_to_string(self.bound()).ok()?.trim().parse().ok()?;
        self.postmaster().filter(|pid| *pid == bound)
    }

    /// From now on the server outlives its users.
    pub(super) fn unbind(&self) -> Result<()> {
        let bound = self.bound();
        crate::output::remove(&bound, &self.home).map_err(|error| io_failed("remove", &bound, &error))
    }

    pub(super) fn answers(&self) -> bool {
        std::os::unix::net::UnixStream::connect(self.socket()).is_ok()
    }

    /// A server that was started with another environment may have its socket elsewhere.
    pub(super) fn find_socket(&mut self) {
        if self.answers() {
            return;
        }
        let Some(dir) = self.lock_file_line(4).map(PathBuf::from) else { return };
        let other = Self { socket_dir: dir, ..self.clone() };
        if other.answers() {
            *self = other;
        }
    }

    /// A line of the server's lock file: its process, its data directory, its start, its port, its socket's directory.
    fn lock_file_line(&self, line: usize) -> Option<String> {
        let text = fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        Some(text.lines().nth(line)?.trim().to_owned())
    }

    /// The server of a project that runs already, started with other programs than those that this process finds.
    pub(super) fn running(project: &Path) -> Option<(Self, Binaries)> {
        let project = project.canonicalize().ok()?;
        let homes = [project.join(".rsdbt/pg"), outside(&project)];
        homes.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten()).find_map(
            |entry| {
                let home = entry.path();
                let major = entry.file_name().to_str()?.parse().ok()?;
                let data = home.join("data");
                let mut cluster = Self { socket_dir: home.clone(), home, data, account: None };
                cluster.find_socket();
                let (true, Some(_)) = (cluster.answers(), cluster.postmaster()) else { return None };
                let dir = cluster.programs().unwrap_or_default();
                Some((cluster, Binaries { dir, major, source: Source::Running }))
            },
        )
    }

    /// Where the programs of the running server are: its first word is its program.
    fn programs(&self) -> Option<PathBuf> {
        let options = fs::read_to_string(self.data.join("postmaster.opts")).ok()?;
        let (program, _) = options.split_once(" \"")?;
        Some(Path::new(program).parent()?.to_owned())
    }
}

/// `initdb` hands the path over to a shell, and refuses line breaks when the folder is made already.
fn check_path(home: &Path) -> Result<()> {
    if home.as_os_str().as_encoded_bytes().iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        let path = format!("{:?}", home.display().to_string());
        return Err(failed(format!("the path of the project has a line break in it: {path}"))
            .help("the embedded PostgreSQL cannot run in this folder: rename it, or connect to a server of your own")
            .boxed());
    }
    Ok(())
}

/// A private place for a project outside of it.
fn outside(project: &Path) -> PathBuf {
    let digest = Sha256::digest(project.as_os_str().as_encoded_bytes());
    let hash = crate::hex::digits(&digest[..6]);
    match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_dir()) {
        Some(dir) if !rustix::process::getuid().is_root() => dir.join("rsdbt").join(hash),
        _ => PathBuf::from(format!("/tmp/rsdbt-{}-{hash}", rustix::process::getuid().as_raw())),
    }
}
