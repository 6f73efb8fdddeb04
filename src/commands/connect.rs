//! From a profile to a server: settings, and the project's own server where the profile asks for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::invocation::Invocation;
use crate::adapter::embedded::{Lifetime, Options, Server};
use crate::adapter::{
    ChannelBindingMode, Early, Hosts, Keepalives, LockSession, Patience, Settings, SslMode,
    TargetSessionAttrs, Tls,
};
use crate::config::profiles::{Mapped, Profile, Target};
use crate::diagnostic::{Diagnostic, Result, did_you_mean};
use crate::hashed::HashSet;
use crate::memory::Memory;
use crate::options::Subcommand;
use crate::run::{Event, OtherOutput};

/// Where to connect; the server is held as long as this value lives.
pub(super) struct Connect {
    pub(super) settings: Settings,
    /// The outputs that connections of the project mean, the target's own excepted: each once.
    pub(super) others: Vec<OtherOutput>,
    _server: Option<Server>,
}

/// The role and database that embedded projects use unless the profile names others.
pub(super) fn embedded_options(target: &Target) -> Option<Options> {
    let embedded = target.embedded.as_ref()?;
    Some(Options {
        bin_dir: embedded.bin_dir.clone(),
        source: None,
        durable: embedded.durable,
        user: target.user.clone(),
        database: target.database.clone(),
    })
}

impl Connect {
    /// Starts or joins the embedded server when the profile asks for it, and says so.
    pub(super) fn new(profile: &Profile, invocation: &Invocation) -> Result<Self> {
        let target = &profile.target;
        if let Some([message, help]) = &target.ignored_password_file {
            let warning = Diagnostic::warning("PasswordFileIgnored", message.as_str()).help(help.as_str());
            invocation.emitter.warn(warning)?;
        }
        let mut settings = settings(target, profile.threads)?;
        let mut others = others(profile)?;
        let Some(options) = embedded_options(target) else {
            return Ok(Self { settings, others, _server: None });
        };
        let server = Server::ensure(&invocation.project_directory, &options, Lifetime::Command)?;
        invocation.emitter.emit(Event::Note { msg: announcement(&server, &invocation.working_directory) });
        if server.lacks_durability {
            let msg = "The server was started without `durable`: a power loss may damage its data. `rsdbt db stop`, and the \
                       next command starts it with `durable`";
            invocation.emitter.emit(Event::Note { msg: msg.into() });
        }
        embed(&mut settings, &server);
        for (other, mapped) in others.iter_mut().zip(others_of(profile)) {
            if mapped.target.embedded.is_some() {
                let mut settings = Settings::clone(&other.settings);
                embed(&mut settings, &server);
                settings.database.clone_from(&mapped.target.database);
                other.settings = Arc::new(settings);
            }
        }
        Ok(Self { settings, others, _server: Some(server) })
    }
}

/// The project's own server instead of the one that the output names.
fn embed(settings: &mut Settings, server: &Server) {
    let own = server.settings();
    settings.host.clone_from(&own.host);
    settings.port = own.port;
    settings.hosts.ports.clear();
    settings.user.clone_from(&own.user);
    settings.database.clone_from(&own.database);
    settings.password.clone_from(&own.password);
    settings.tls = own.tls.clone();
}

/// Several names may mean one output, and one may mean that of the target.
fn others_of(profile: &Profile) -> impl Iterator<Item = &Mapped> {
    let mut seen = HashSet::from_iter([profile.target_name.as_str()]);
    profile.connections.values().filter(move |mapped| seen.insert(mapped.output.as_str()))
}

fn others(profile: &Profile) -> Result<Vec<OtherOutput>> {
    let other = |mapped: &Mapped| {
        let mut settings = settings(&mapped.target, profile.threads)?;
        settings.output = Some(mapped.output.clone());
        let settings = Arc::new(settings);
        Ok(OtherOutput { name: mapped.output.clone(), settings })
    };
    others_of(profile).map(other).collect()
}

/// A run that nobody told where to run must not be taken for one on a server of the user's.
fn announcement(server: &Server, working_directory: &Path) -> String {
    let data = server.home();
    let here = working_directory.canonicalize().unwrap_or_else(|_| working_directory.to_owned());
    format!(
        "Using the embedded PostgreSQL {} ({}): its data is in {}, `rsdbt db psql` opens a prompt",
        server.major,
        server.source.as_str(),
        data.strip_prefix(&here).unwrap_or(data).display()
    )
}

/// The sessions that the command opens first, begun before the project is read. An embedded server comes later, with a word to
/// the user.
pub(super) fn early(profile: &Profile, invocation: &Invocation, memory: &Arc<Memory>) -> Arc<Early> {
    let with_lock = match invocation.command {
        Subcommand::Run | Subcommand::Build | Subcommand::Load | Subcommand::Seed | Subcommand::Snapshot => {
            Some(true)
        }
        Subcommand::Test => Some(false),
        _ => None,
    };
    match (with_lock, settings(&profile.target, profile.threads)) {
        (Some(with_lock), Ok(settings)) if profile.target.embedded.is_none() => {
            let memory = Arc::clone(memory);
            let lock = with_lock.then_some(LockSession::prepare as _);
            Arc::new(Early::begin(&settings, lock, move |connection| {
                if with_lock {
                    memory.look_ahead(connection);
                }
            }))
        }
        _ => Arc::default(),
    }
}

/// A word that the profile has checked.
fn word<T: Default>(text: Option<&String>, from_name: fn(&str) -> Option<T>) -> T {
    text.and_then(|text| from_name(text)).unwrap_or_default()
}

impl Connect {
    /// The settings alone, for commands that must do without a server.
    pub(super) fn offline(profile: &Profile) -> Result<Self> {
        Ok(Self {
            settings: settings(&profile.target, profile.threads)?,
            others: others(profile)?,
            _server: None,
        })
    }
}

/// The adapter's view of a profile's output.
pub(super) fn settings(target: &Target, threads: usize) -> Result<Settings> {
    let mode = match target.sslmode.as_deref() {
        None => SslMode::default(),
        Some(name) => SslMode::from_name(name).ok_or_else(|| {
            Diagnostic::runtime("sslmode", format!("`{name}` is not a valid sslmode"))
                .maybe_help(did_you_mean(name, SslMode::NAMES))
        })?,
    };
    let path = |text: &Option<String>| text.as_ref().map(PathBuf::from);
    Ok(Settings {
        host: target.host.clone(),
        port: target.port,
        hosts: Hosts {
            addresses: target.hostaddr.clone(),
            ports: if target.ports.len() > 1 { target.ports.clone() } else { Vec::new() },
            passwords: target.host_passwords.clone(),
            target_session_attrs: word(target.target_session_attrs.as_ref(), TargetSessionAttrs::from_name),
            load_balance: target.load_balance_hosts.as_deref() == Some("random"),
        },
        user: target.user.clone(),
        password: target.password.clone(),
        database: target.database.clone(),
        schema: target.schema.clone(),
        threads,
        role: target.role.clone(),
        search_path: target.search_path.clone(),
        tls: Tls {
            mode,
            certificate: path(&target.sslcert),
            key: path(&target.sslkey),
            root_certificate: path(&target.sslrootcert),
            channel_binding: word(target.channel_binding.as_ref(), ChannelBindingMode::from_name),
        },
        application_name: target.application_name.clone(),
        patience: Patience {
            connect_timeout: Duration::from_secs(target.connect_timeout),
            retries: target.retries,
            reconnect_timeout: Duration::from_secs(target.reconnect_timeout),
            keepalives: Keepalives {
                on: target.keepalives,
                idle: target.keepalives_idle,
                interval: target.keepalives_interval,
                count: target.keepalives_count,
            },
            tcp_user_timeout: target.tcp_user_timeout,
        },
        autocommit: target.autocommit,
        session: target.session.clone(),
        ..Settings::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_profile_says_about_dead_networks_is_set() {
        let target = Target {
            keepalives_idle: 17,
            keepalives_interval: 5,
            keepalives_count: 3,
            tcp_user_timeout: 9_000,
            connect_timeout: 4,
            ..Target::default()
        };
        let patience = settings(&target, 1).unwrap().patience;
        assert_eq!(patience.keepalives, Keepalives { on: true, idle: 17, interval: 5, count: 3 });
        assert_eq!((patience.tcp_user_timeout, patience.connect_timeout), (9_000, Duration::from_secs(4)));
    }
}
