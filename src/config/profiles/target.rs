//! One output of a profile, typed: every key of dbt-postgres and what rsdbt adds to them.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Map, Value as Json};

use crate::hashed::IndexMap;

/// How to connect.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// A name, an address, or the directory of a unix socket; several separated by commas.
    pub host: String,
    pub hostaddr: Option<String>,
    /// The first of `ports`.
    pub port: u16,
    /// One for all hosts, or one for each.
    pub ports: Vec<u16>,
    /// From the password file, for each host, where `password` is none.
    pub host_passwords: Vec<Option<String>>,
    /// Why the password file was not read, and what to do: told by what connects.
    pub ignored_password_file: Option<[String; 2]>,
    pub target_session_attrs: Option<String>,
    pub load_balance_hosts: Option<String>,
    pub channel_binding: Option<String>,
    pub user: String,
    pub password: Option<String>,
    pub database: String,
    pub schema: String,
    /// Seconds.
    pub connect_timeout: u64,
    pub role: Option<String>,
    pub search_path: Option<String>,
    pub keepalives: bool,
    /// Seconds.
    pub keepalives_idle: u32,
    pub keepalives_interval: u32,
    pub keepalives_count: u32,
    /// Milliseconds.
    pub tcp_user_timeout: u32,
    pub sslmode: Option<String>,
    pub sslcert: Option<String>,
    pub sslkey: Option<String>,
    pub sslrootcert: Option<String>,
    pub application_name: Option<String>,
    pub retries: u32,
    pub autocommit: bool,
    /// Seconds that a run waits for a server that restarts.
    pub reconnect_timeout: u64,
    /// Server settings for each session: `statement_timeout`, `lock_timeout` and what `settings:` gives.
    pub session: IndexMap<String, String>,
    /// `None`: a server that somebody else runs.
    pub embedded: Option<Embedded>,
}

/// The server that rsdbt itself runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Embedded {
    /// Keep data through a crash of the machine (fsync).
    pub durable: bool,
    /// Where the server's programs are.
    pub bin_dir: Option<PathBuf>,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            host: "localhost".into(),
            hostaddr: None,
            port: 5432,
            ports: Vec::new(),
            host_passwords: Vec::new(),
            ignored_password_file: None,
            target_session_attrs: None,
            load_balance_hosts: None,
            channel_binding: None,
            user: "postgres".into(),
            password: None,
            database: "postgres".into(),
            schema: "public".into(),
            connect_timeout: 10,
            role: None,
            search_path: None,
            keepalives: true,
            keepalives_idle: 0,
            keepalives_interval: 0,
            keepalives_count: 0,
            tcp_user_timeout: 0,
            sslmode: None,
            sslcert: None,
            sslkey: None,
            sslrootcert: None,
            application_name: Some("dbt".into()),
            retries: 1,
            autocommit: false,
            reconnect_timeout: 30,
            session: IndexMap::default(),
            embedded: None,
        }
    }
}

impl Target {
    /// dbt's `_connection_keys` in its order: shown by `debug`, seen as `target` in Jinja.
    pub(super) fn connection_info(&self) -> Map<String, Json> {
        let text = |value: &Option<String>| value.clone().map_or(Json::Null, Json::String);
        let pairs: [(&str, Json); 16] = [
            ("host", self.host.clone().into()),
            ("port", self.port.into()),
            ("user", self.user.clone().into()),
            ("database", self.database.clone().into()),
            ("schema", self.schema.clone().into()),
            ("connect_timeout", self.connect_timeout.into()),
            ("role", text(&self.role)),
            ("search_path", text(&self.search_path)),
            ("keepalives_idle", self.keepalives_idle.into()),
            ("sslmode", text(&self.sslmode)),
            ("sslcert", text(&self.sslcert)),
            ("sslkey", text(&self.sslkey)),
            ("sslrootcert", text(&self.sslrootcert)),
            ("application_name", text(&self.application_name)),
            ("autocommit", self.autocommit.into()),
            ("retries", self.retries.into()),
        ];
        pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

impl fmt::Debug for Target {
    /// Without the password: targets end up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("schema", &self.schema)
            .field("embedded", &self.embedded)
            .finish_non_exhaustive()
    }
}
