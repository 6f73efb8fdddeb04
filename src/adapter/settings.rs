//! How to reach a database: the Postgres keys of one profile output, checked and defaulted as dbt does.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::hashed::IndexMap;

/// Everything that a connection needs; one value per run, shared by all threads.
#[derive(Clone)]
pub struct Settings {
    /// A host name, an address, or the directory of a unix socket (starts with `/`).
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Option<String>,
    pub database: String,
    pub schema: String,
    pub threads: usize,
    /// Zero waits as long as the system does.
    pub connect_timeout: Duration,
    /// `set role` after connecting.
    pub role: Option<String>,
    pub search_path: Option<String>,
    /// Seconds; zero leaves the system's default.
    pub keepalives_idle: u32,
    pub tls: Tls,
    pub application_name: Option<String>,
    /// Further attempts to connect after the first.
    pub retries: u32,
    /// dbt's `autocommit`: no transaction around a node.
    pub autocommit: bool,
    /// Server settings for each session, as in `statement_timeout: 5min`.
    pub session: IndexMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: "localhost".into(),
            port: 5432,
            user: String::new(),
            password: None,
            database: String::new(),
            schema: "public".into(),
            threads: 1,
            connect_timeout: Duration::from_secs(10),
            role: None,
            search_path: None,
            keepalives_idle: 0,
            tls: Tls::default(),
            application_name: Some("dbt".into()),
            retries: 1,
            autocommit: false,
            session: IndexMap::default(),
        }
    }
}

impl Settings {
    /// The socket file when `host` names a directory.
    pub fn socket_path(&self) -> Option<PathBuf> {
        self.host.starts_with('/').then(|| PathBuf::from(format!("{}/.s.PGSQL.{}", self.host, self.port)))
    }
}

impl fmt::Debug for Settings {
    /// Without the password: settings end up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// libpq's `ssl*` parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    pub mode: SslMode,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub root_certificate: Option<PathBuf>,
}

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SslMode {
    Disable,
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl SslMode {
    pub const NAMES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }
}
