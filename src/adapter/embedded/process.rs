//! The server's process: started with the measured options, watched until it answers, ended with the last of its users.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::diagnostic::Result;

use super::binaries::Binaries;
use super::cluster::Cluster;
use super::lease::ServerLease;
use super::{failed, io_failed};

/// Server options, measured: `fsync=off` makes small models three times as fast, `wal_level=minimal` large
/// ones a fifth; the bundled `initdb` writes too small values for the first two.
const OPTIONS: [&str; 13] = [
    "shared_buffers=128MB",
    "max_connections=50",
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=1GB",
    "jit=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "logging_collector=off",
    "autovacuum_naptime=5min",
];

/// How the server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bond {
    /// With the last process that uses it, even when all of them are killed.
    Users,
    /// When it is told to.
    Detached,
}

/// A server that this process started.
#[derive(Debug)]
pub(super) struct ServerProcess {
    pid: Pid,
    /// The server and its guardian are a group of their own.
    group: Pid,
}

/// The server's parent, a shell: `initdb` needs one, too. It waits for a lock that each user shares, so it gets the lock when
/// the last one has ended in any way, and keeps it until the server has stopped. `db start` removes the file that binds the
/// server to its users. Where there is no flock(1), only a user that ends in an orderly way stops the server.
const GUARDIAN: &str = r#"bound=$1; shift
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
"$@" </dev/null >&2 &
server=$!
echo $server >"$bound"
echo $server
exec >/dev/null
flock -x 0 || exit
read -r named <"$bound" && [ "$named" = $server ] || exit
kill -INT $server
wait $server"#;

/// Nothing that the shell of `db start` had open stays open.
const DETACHED: &str = r#"exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
exec "$@""#;

impl ServerProcess {
    pub(super) fn start(binaries: &Binaries, cluster: &Cluster, durable: bool, bond: Bond) -> Result<Self> {
        let program = binaries.dir.join("postgres");
        let failed_to_run = |error: io::Error| io_failed("run", &program, &error);
        let script = if bond == Bond::Users { GUARDIAN } else { DETACHED };
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "rsdbt-guardian"]);
        if bond == Bond::Users {
            command.arg(cluster.bound());
        }
        server_command(command.arg(&program), cluster, durable)?;
        if bond == Bond::Users {
            command.stdin(ServerLease::for_guardian(&cluster.home)?).stdout(Stdio::piped());
        }
        let mut child = command.spawn().map_err(failed_to_run)?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let mut pid = group;
        if let Some(output) = child.stdout.take() {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map_err(failed_to_run)?;
            pid = line.trim().parse().ok().and_then(Pid::from_raw);
        }
        // whoever ends first: a process that has ended must not stay as a zombie
        std::thread::spawn(move || child.wait());
        let (Some(pid), Some(group)) = (pid, group) else {
            return Err(failed("the server has no process id").boxed());
        };
        Ok(Self { pid, group })
    }

    /// Removes what is left of a server that ended at its start.
    pub(super) fn give_up(&self) {
        let _ = kill_process_group(self.group, Signal::KILL);
    }

    pub(super) fn is_alive(&self) -> bool {
        is_alive(self.pid)
    }
}

/// Ends the server as `fast` shutdown does, and waits for its end: sessions are cut, data is written.
pub(super) fn stop_process(pid: i32) -> Result<()> {
    let Some(pid) = Pid::from_raw(pid) else { return Ok(()) };
    let _ = kill_process(pid, Signal::INT);
    let deadline = Instant::now() + Duration::from_secs(30);
    while is_alive(pid) {
        if Instant::now() > deadline {
            return Err(failed(format!("the server (process {pid:?}) does not stop")).boxed());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// A zombie counts as ended.
fn is_alive(pid: Pid) -> bool {
    if !cfg!(target_os = "linux") {
        return rustix::process::test_kill_process(pid).is_ok();
    }
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    // `123 (postgres) S ..`
    stat.rsplit(") ").next().is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
}

fn server_command(command: &mut Command, cluster: &Cluster, durable: bool) -> Result<()> {
    let log = open_log(cluster)?;
    let log_too = log.try_clone().map_err(|error| io_failed("open", &cluster.log(), &error))?;
    command.arg("-D").arg(&cluster.data).arg("-k").arg(&cluster.socket_dir);
    for option in OPTIONS {
        command.args(["-c", option]);
    }
    if !durable {
        command.args(["-c", "fsync=off"]);
    }
    if let Some(pid) = cluster.stale_postmaster() {
        // PostgreSQL takes a lock file with this number for one of nobody
        command.env("PG_GRANDPARENT_PID", pid.to_string());
    }
    command.env_remove("PGDATA").current_dir(&cluster.home);
    // its own group: the terminal's Ctrl-C is ours to handle
    command.stdin(Stdio::null()).stdout(log).stderr(log_too).process_group(0);
    if let Some(account) = cluster.account {
        account.apply(command);
    }
    Ok(())
}

/// The log of one start: enough to explain a failure, and it cannot grow without end.
fn open_log(cluster: &Cluster) -> Result<File> {
    let path = cluster.log();
    let opened = OpenOptions::new().create(true).write(true).truncate(true).open(&path);
    let file = opened.map_err(|error| io_failed("open", &path, &error))?;
    if let Some(account) = cluster.account {
        account.own(&path).map_err(|error| io_failed("hand over", &path, &error))?;
    }
    Ok(file)
}
