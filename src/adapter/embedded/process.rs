//! The server's process: started with the measured options, watched until it answers, ended with its owner.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::diagnostic::Result;

use super::binaries::Binaries;
use super::cluster::Cluster;
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
    /// With this process, even when it is killed.
    Child,
    /// When it is told to.
    Detached,
}

/// A server that this process started.
#[derive(Debug)]
pub(super) struct ServerProcess {
    pid: Pid,
    pub(super) bond: Bond,
    /// Dropping the sender ends the thread that spawned the server, after the server has ended.
    release: Option<mpsc::Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl ServerProcess {
    /// Spawned from a thread of its own that lives as long as the server shall: the kernel's death signal
    /// is sent when the spawning thread ends.
    pub(super) fn start(binaries: &Binaries, cluster: &Cluster, durable: bool, bond: Bond) -> Result<Self> {
        let mut command = command(binaries, cluster, durable)?;
        if bond == Bond::Child {
            end_with_parent(&mut command);
        }
        let (tell, told) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let keeper =
            std::thread::Builder::new().name("postgres".into()).spawn(move || match command.spawn() {
                Err(error) => drop(tell.send(Err(error))),
                Ok(mut child) => {
                    let _ = tell.send(Ok(child.id()));
                    if bond == Bond::Child {
                        let _ = released.recv();
                        stop(&child);
                    }
                    let _ = child.wait();
                }
            });
        let keeper = keeper.map_err(|error| failed(format!("no thread for the server: {error}")).boxed())?;
        let spawned = told.recv().unwrap_or_else(|_| Err(io::Error::other("the thread ended")));
        let id = spawned.map_err(|error| io_failed("run", &binaries.dir.join("postgres"), &error))?;
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| failed("the server has no process id").boxed())?;
        Ok(Self { pid, bond, release: Some(release), keeper: Some(keeper) })
    }

    /// Ends the server as `fast` shutdown does: sessions are cut, data is written.
    pub(super) fn stop(&mut self) {
        self.release.take();
        if let Some(keeper) = self.keeper.take().filter(|_| self.bond == Bond::Child) {
            let _ = keeper.join();
        }
    }

    pub(super) fn is_alive(&self) -> bool {
        is_alive(self.pid)
    }
}

fn stop(child: &Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::INT);
    }
}

/// Stops a server that another process started, and waits for its end.
pub(super) fn stop_foreign(pid: i32) -> Result<()> {
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

fn command(binaries: &Binaries, cluster: &Cluster, durable: bool) -> Result<Command> {
    let log = open_log(cluster)?;
    let log_too = log.try_clone().map_err(|error| io_failed("open", &cluster.log(), &error))?;
    let mut command = Command::new(binaries.dir.join("postgres"));
    command.arg("-D").arg(&cluster.data).arg("-k").arg(&cluster.socket_dir);
    for option in OPTIONS {
        command.args(["-c", option]);
    }
    if !durable {
        command.args(["-c", "fsync=off"]);
    }
    command.env_remove("PGDATA").current_dir(&cluster.home);
    // its own group: the terminal's Ctrl-C is ours to handle
    command.stdin(Stdio::null()).stdout(log).stderr(log_too).process_group(0);
    if let Some(account) = cluster.account {
        account.apply(&mut command);
    }
    Ok(command)
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

/// The server gets its fast-shutdown signal when this process dies, however it dies.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a death signal can only be asked for between fork and exec")]
fn end_with_parent(command: &mut Command) {
    let parent = std::process::id();
    let ask = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::INT))?;
        // the parent may have died before the signal was asked for
        let now = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
        if i32::try_from(parent).is_ok_and(|parent| parent == now) {
            Ok(())
        } else {
            Err(io::Error::other("orphan"))
        }
    };
    // SAFETY: `ask` makes three system calls and allocates nothing on its good path.
    unsafe {
        command.pre_exec(ask);
    }
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent(_command: &mut Command) {}
