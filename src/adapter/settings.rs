//! How to reach a database: the Postgres keys of one profile output, checked and defaulted as dbt does.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::hashed::IndexMap;

use super::contact::Contact;

/// Everything that a connection needs; one value per run, shared by all threads.
#[derive(Clone)]
pub struct Settings {
    /// A host name, an address, or the directory of a unix socket (starts with `/`); several separated by commas.
    pub host: String,
    /// The first host's, or that of all hosts.
    pub port: u16,
    /// What else is known of the hosts.
    pub hosts: Hosts,
    pub user: String,
    pub password: Option<String>,
    pub database: String,
    pub schema: String,
    pub threads: usize,
    /// `set role` after connecting.
    pub role: Option<String>,
    pub search_path: Option<String>,
    pub tls: Tls,
    pub application_name: Option<String>,
    pub patience: Patience,
    /// dbt's `autocommit`: no transaction around a node.
    pub autocommit: bool,
    /// Server settings for each session, as in `statement_timeout: 5min`.
    pub session: IndexMap<String, String>,
    /// The profile's output, where a run has several.
    pub output: Option<String>,
    /// Whether the server was reached, for all sessions of the run.
    pub contact: Arc<Contact>,
}

/// What is known of the hosts beside their names, and which of them will do.
#[derive(Clone, Default)]
pub struct Hosts {
    /// Addresses instead of a look-up of the hosts.
    pub addresses: Option<String>,
    /// One for each host, when `port` alone does not say it.
    pub ports: Vec<u16>,
    /// From the password file, one for each host, where the settings have no password.
    pub passwords: Vec<Option<String>>,
    pub target_session_attrs: TargetSessionAttrs,
    /// Tries hosts and their addresses in random order.
    pub load_balance: bool,
}

/// How long a connection is waited for, and how a dead one is noticed.
#[derive(Clone)]
pub struct Patience {
    /// For each address; zero waits as long as the system does.
    pub connect_timeout: Duration,
    /// Further attempts to connect after the first.
    pub retries: u32,
    /// How long a server that was reached before is waited for while it restarts.
    pub reconnect_timeout: Duration,
    pub keepalives: Keepalives,
    /// Milliseconds that sent data may stay unacknowledged; zero leaves the system's default.
    pub tcp_user_timeout: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            retries: 1,
            reconnect_timeout: Duration::from_secs(30),
            keepalives: Keepalives::default(),
            tcp_user_timeout: 0,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: "localhost".into(),
            port: 5432,
            hosts: Hosts::default(),
            user: String::new(),
            password: None,
            database: String::new(),
            schema: "public".into(),
            threads: 1,
            role: None,
            search_path: None,
            tls: Tls::default(),
            application_name: Some("dbt".into()),
            patience: Patience::default(),
            autocommit: false,
            session: IndexMap::default(),
            output: None,
            contact: Arc::default(),
        }
    }
}

/// One of the servers that are tried in turn.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) name: String,
    /// Where it is, when it is not to be looked up.
    pub(super) address: Option<String>,
    pub(super) port: u16,
    pub(super) password: Option<String>,
}

impl Host {
    pub(super) fn socket_path(&self) -> Option<PathBuf> {
        self.name.starts_with('/').then(|| PathBuf::from(format!("{}/.s.PGSQL.{}", self.name, self.port)))
    }
}

impl Settings {
    /// The socket file when `host` names a directory.
    pub fn socket_path(&self) -> Option<PathBuf> {
        self.hosts_in_turn().ok()?.first()?.socket_path()
    }

    /// What names a database, and orders the locks of several for all runs alike.
    pub(crate) fn place(&self) -> (&str, Option<&str>, u16, &str) {
        (&self.host, self.hosts.addresses.as_deref(), self.port, &self.database)
    }

    /// Of the session that does nothing but hold locks.
    pub(super) fn for_locks(&self) -> Self {
        // the profile's `autocommit` would let go of a lock as soon as it is taken
        let search_path = Some("pg_catalog".into());
        let mut settings = Self { autocommit: false, role: None, search_path, ..self.clone() };
        let keepalives = &mut settings.patience.keepalives;
        keepalives.on = true;
        if keepalives.idle == 0 {
            keepalives.idle = 30;
        }
        settings
    }

    /// libpq's rules: as many addresses as hosts, and one port or as many as hosts.
    pub(super) fn hosts_in_turn(&self) -> Result<Vec<Host>, String> {
        let list = |text: &str| text.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>();
        let addresses = self.hosts.addresses.as_deref().filter(|text| !text.is_empty()).map(list);
        let names = match (&addresses, self.host.as_str()) {
            (Some(addresses), "") => addresses.clone(),
            _ => list(&self.host),
        };
        if let Some(addresses) = addresses.as_ref().filter(|addresses| addresses.len() != names.len()) {
            let (names, addresses) = (names.len(), addresses.len());
            return Err(format!("could not match {names} host names to {addresses} hostaddr values"));
        }
        let Hosts { ports, passwords, .. } = &self.hosts;
        if !ports.is_empty() && ports.len() != names.len() {
            return Err(format!("could not match {} port numbers to {} hosts", ports.len(), names.len()));
        }
        Ok(names
            .into_iter()
            .enumerate()
            .map(|(at, name)| Host {
                name: if name.is_empty() { "localhost".to_owned() } else { name },
                address: addresses.as_ref().and_then(|addresses| addresses.get(at).cloned()),
                port: ports.get(at).copied().unwrap_or(self.port),
                password: self.password.clone().or_else(|| passwords.get(at).cloned().flatten()),
            })
            .collect())
    }
}

/// libpq's `keepalives*`; zero leaves the system's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keepalives {
    pub on: bool,
    /// Seconds.
    pub idle: u32,
    pub interval: u32,
    pub count: u32,
}

impl Default for Keepalives {
    fn default() -> Self {
        Self { on: true, idle: 0, interval: 0, count: 0 }
    }
}

/// libpq's `target_session_attrs`: which server will do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TargetSessionAttrs {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl TargetSessionAttrs {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "any" => Self::Any,
            "read-write" => Self::ReadWrite,
            "read-only" => Self::ReadOnly,
            "primary" => Self::Primary,
            "standby" => Self::Standby,
            "prefer-standby" => Self::PreferStandby,
            _ => return None,
        })
    }
}

/// libpq's `channel_binding`: whether the password proves that nobody sits between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChannelBindingMode {
    Disable,
    #[default]
    Prefer,
    Require,
}

impl ChannelBindingMode {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            _ => return None,
        })
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
    pub channel_binding: ChannelBindingMode,
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
    pub(crate) const NAMES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_hosts_have_a_port_each_or_one_together() {
        let of = |host: &str, hostaddr: Option<&str>, ports: &[u16]| {
            let settings = Settings {
                host: host.into(),
                hosts: Hosts {
                    addresses: hostaddr.map(str::to_owned),
                    ports: ports.to_vec(),
                    ..Hosts::default()
                },
                ..Settings::default()
            };
            let shown = |host: Host| format!("{}:{}", host.name, host.port);
            settings.hosts_in_turn().map(|hosts| hosts.into_iter().map(shown).collect::<Vec<_>>())
        };
        assert_eq!(of("a,::1,c", None, &[1, 5432, 3]).unwrap(), ["a:1", "::1:5432", "c:3"]);
        assert_eq!(of("a,b", None, &[]).unwrap(), ["a:5432", "b:5432"]);
        assert_eq!(of("a,b,c", None, &[1, 2]).unwrap_err(), "could not match 2 port numbers to 3 hosts");
        let addresses = of("a,b", Some("127.0.0.1"), &[]);
        assert_eq!(addresses.unwrap_err(), "could not match 2 host names to 1 hostaddr values");
    }

    #[test]
    fn a_directory_is_a_host() {
        let settings = Settings { host: "/run/pg".into(), port: 6000, ..Settings::default() };
        assert_eq!(settings.socket_path().unwrap().to_str(), Some("/run/pg/.s.PGSQL.6000"));
    }
}
