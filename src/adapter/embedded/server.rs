//! Finding or starting the project's server, and letting go of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::diagnostic::{Diagnostic, Result};

use super::super::{Begin, Connection, Fetch, Patience, Settings, quote_identifier};
use super::binaries::Binaries;
use super::cluster::{Cluster, SUPERUSER};
use super::lease::{self, ServerLease};
use super::process::{Bond, ServerProcess, stop_process};
use super::{Options, Source, failed};

/// How long a server that this process starts lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// As long as a [`Server`] value is left in any process.
    Command,
    /// Until `Server::stop`, for `db start`.
    Detached,
}

/// The project's server in use by this process. Dropping the last one among all processes stops the server, whoever started
/// it, unless `db start` did.
#[derive(Debug)]
pub struct Server {
    settings: Settings,
    /// None when somebody else started the server.
    process: Option<ServerProcess>,
    lease: ServerLease,
    cluster: Cluster,
    pub source: Source,
    pub major: u32,
    /// `durable` is asked for, and the server was started without it.
    pub lacks_durability: bool,
    bin_dir: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leftover {
    Usable,
    Gone,
}

/// What `db status` tells.
#[derive(Debug, Clone)]
pub struct ServerStatus {
    pub running: bool,
    /// How to connect when it runs.
    pub settings: Settings,
    pub pid: Option<i32>,
    pub data: PathBuf,
    pub socket_dir: PathBuf,
    pub log: PathBuf,
    pub bin_dir: PathBuf,
    pub source: Source,
    pub major: u32,
    /// Other rsdbt processes are connected through it.
    pub in_use: bool,
}

impl Server {
    /// Joins the project's server or starts it; the role and the database are made when they are missing.
    pub fn ensure(project: &Path, options: &Options, lifetime: Lifetime) -> Result<Self> {
        let (mut cluster, binaries) = locate(project, options)?;
        if binaries.source != Source::Running {
            cluster.make_directories()?;
        }
        let _starting = lease::starting(&cluster.home)?;
        let lease = ServerLease::take(&cluster.home)?;
        cluster.find_socket();
        let answers = cluster.answers();
        let mut server = Self {
            settings: settings(&cluster, options),
            process: None,
            lease,
            cluster,
            source: binaries.source,
            major: binaries.major,
            lacks_durability: false,
            bin_dir: binaries.dir.clone(),
        };
        // a server that was found may be on its way out
        if !answers || server.wait_until_usable()? == Leftover::Gone {
            server.start(&binaries, options.durable, lifetime)?;
            return Ok(server);
        }
        if lifetime == Lifetime::Detached {
            server.cluster.unbind()?;
        }
        server.lacks_durability = options.durable && !server.is_durable()?;
        Ok(server)
    }

    fn is_durable(&self) -> Result<bool> {
        let mut connection = Connection::open(&Arc::new(self.settings.clone()))?;
        let answer = connection
            .query("select from pg_catalog.pg_settings where name = 'fsync' and setting = 'on'", &[])?;
        Ok(!answer.rows.is_empty())
    }

    fn start(&mut self, binaries: &Binaries, durable: bool, lifetime: Lifetime) -> Result<()> {
        let cluster = &self.cluster;
        if !cluster.is_initialized() {
            cluster.initialize(binaries, durable)?;
        }
        cluster.repair_permissions()?;
        cluster.unbind()?;
        let bond = if lifetime == Lifetime::Command { Bond::Users } else { Bond::Detached };
        self.process = Some(start(binaries, cluster, durable, bond)?);
        self.wait_until_usable().map(drop)
    }

    /// How to connect; schema, threads and the rest are the profile's.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The directory with the data and the log.
    pub(crate) fn home(&self) -> &Path {
        &self.cluster.home
    }

    /// psql on this server, ready to run; the binaries' own psql when they have one.
    pub(crate) fn psql(&self, arguments: &[String]) -> std::process::Command {
        let own = self.bin_dir.join("psql");
        let program = if own.is_file() { own } else { PathBuf::from("psql") };
        let Settings { host, port, user, database, .. } = &self.settings;
        let mut command = std::process::Command::new(program);
        command.args(["-h", host, "-p", &port.to_string(), "-U", user, "-d", database]).args(arguments);
        command
    }

    /// Whether this process started the server.
    #[cfg(test)]
    pub(super) fn is_own(&self) -> bool {
        self.process.is_some()
    }

    pub fn status(project: &Path, options: &Options) -> Result<ServerStatus> {
        let (mut cluster, binaries) = locate(project, options)?;
        cluster.find_socket();
        Ok(ServerStatus {
            running: cluster.answers(),
            settings: settings(&cluster, options),
            pid: cluster.postmaster(),
            log: cluster.log(),
            in_use: ServerLease::others_use_it(&cluster.home),
            data: cluster.data,
            socket_dir: cluster.socket_dir,
            bin_dir: binaries.dir,
            source: binaries.source,
            major: binaries.major,
        })
    }

    /// Ends the project's server, whoever started it; false when none runs.
    pub(crate) fn stop(project: &Path, options: &Options) -> Result<bool> {
        let (mut cluster, _) = locate(project, options)?;
        cluster.find_socket();
        if !cluster.answers() {
            return Ok(false);
        }
        let Some(pid) = cluster.postmaster() else { return Ok(false) };
        stop_process(pid)?;
        Ok(true)
    }

    /// The first connection tells when the server is up, and whether role and database are there.
    fn wait_until_usable(&self) -> Result<Leftover> {
        let user = Arc::new(self.settings.clone());
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let Err(error) = Connection::open(&user) else { return Ok(Leftover::Usable) };
            match error.server.as_ref().map(|server| server.sqlstate.as_str()) {
                Some("28000" | "3D000") => return self.create_role_and_database().map(|()| Leftover::Usable),
                Some("57P01" | "08001") | None if self.process.is_none() => return Ok(Leftover::Gone),
                // starting up or recovering; ours has not opened its socket yet
                Some("57P03" | "08001") | None => {}
                Some(_) => return Err(error),
            }
            let dead = self.process.as_ref().is_some_and(|process| !process.is_alive());
            if dead || Instant::now() > deadline {
                return Err(explain(&self.cluster, &error));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn create_role_and_database(&self) -> Result<()> {
        let database = "postgres".to_owned();
        let admin = Settings { user: SUPERUSER.into(), database, ..self.settings.clone() };
        let mut connection = Connection::open(&Arc::new(admin))?;
        let Settings { user, database, .. } = &self.settings;
        let missing = |connection: &mut Connection, sql: &str, name: &str| -> Result<bool> {
            Ok(connection.query(sql, &[name])?.rows.is_empty())
        };
        connection.clear_transaction()?;
        let mut statements = Vec::new();
        if missing(&mut connection, "select from pg_roles where rolname = $1::text", user)? {
            statements.push(format!("create role {} login createdb createrole", quote_identifier(user)));
        }
        let owner = quote_identifier(user);
        let name = quote_identifier(database);
        let known = "select from pg_database where datname = $1::text";
        if missing(&mut connection, known, database)? {
            statements.push(format!("create database {name} owner {owner}"));
        } else if missing(&mut connection, &format!("{known} and datdba <> 10::pg_catalog.oid"), database)? {
            // `postgres` is there from the beginning and belongs to the superuser, whose number is 10
            statements.push(format!("alter database {name} owner to {owner}"));
        }
        for statement in statements {
            connection.add_query(&statement, Begin::No, Fetch::Nothing)?;
        }
        Connection::open(&Arc::new(self.settings.clone())).map(drop)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.lease.is_last()
            && let Some(pid) = self.cluster.bound_postmaster()
        {
            let _ = stop_process(pid);
        }
    }
}

/// The place of the project's server, and its programs. Data that these programs read come first, then a server that runs,
/// which needs no programs of ours any more.
fn locate(project: &Path, options: &Options) -> Result<(Cluster, Binaries)> {
    let found = Binaries::find(project, options)
        .and_then(|binaries| Ok((Cluster::locate(project, &binaries)?, binaries)));
    match found {
        Ok((cluster, binaries)) if cluster.is_initialized() => Ok((cluster, binaries)),
        found => Cluster::running(project).map_or(found, Ok),
    }
}

/// After a kill of the server its children may live on for a short time, and a new one refuses to start.
fn start(binaries: &Binaries, cluster: &Cluster, durable: bool, bond: Bond) -> Result<ServerProcess> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let process = ServerProcess::start(binaries, cluster, durable, bond)?;
        loop {
            if cluster.answers() {
                return Ok(process);
            }
            if !process.is_alive() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        process.give_up();
        let log = std::fs::read_to_string(cluster.log()).unwrap_or_default();
        let passing = log.contains("pre-existing shared memory block") || log.contains("lock file");
        if !passing || Instant::now() > deadline {
            return Err(explain(cluster, &failed("it ended at once")));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn explain(cluster: &Cluster, error: &Diagnostic) -> Box<Diagnostic> {
    let log = std::fs::read_to_string(cluster.log()).unwrap_or_default();
    let tail: Vec<&str> = log.lines().rev().take(5).collect();
    let mut diagnostic = failed("the embedded server did not start").cause(error.message.clone());
    for line in tail.iter().rev() {
        diagnostic = diagnostic.cause(*line);
    }
    let (log, data) = (cluster.log(), &cluster.data);
    diagnostic
        .help(format!(
            "its log is `{}`; its data in `{}` can be deleted and rebuilt",
            log.display(),
            data.display()
        ))
        .boxed()
}

fn settings(cluster: &Cluster, options: &Options) -> Settings {
    let or_default = |name: &str| if name.is_empty() { "rsdbt".to_owned() } else { name.to_owned() };
    Settings {
        host: cluster.socket_dir.to_string_lossy().into_owned(),
        port: 5432,
        user: or_default(&options.user),
        database: or_default(&options.database),
        patience: Patience { retries: 0, ..Patience::default() },
        ..Settings::default()
    }
}
