//! From settings to a started session: addresses, `sslmode`, retries, and errors that say what to do.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::message::frontend;

use crate::diagnostic::{Diagnostic, Result, ServerError};

use super::server_error::unreachable;
use super::settings::{Host, Settings, SslMode, TargetSessionAttrs};
use super::stream::{Endpoint, Severable, Stream};
use super::tls;
use super::wire::{StartError, Wire};

/// Where a session is.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    pub(super) endpoint: Endpoint,
    pub(super) over_tls: bool,
    pub(super) socket: Option<Arc<Severable>>,
}

/// Connects as dbt does: again after 0, 1, 4, 9.. seconds, but not when the server said a clear no.
pub(super) fn start(settings: &Settings) -> Result<(Wire, Peer)> {
    let mut attempt = 0;
    loop {
        match start_once(settings) {
            Ok(started) => return Ok(started),
            Err((error, endpoint)) if attempt >= settings.patience.retries || !may_pass(&error) => {
                return Err(explain(error, endpoint.as_ref(), settings));
            }
            Err(_) => sleep(Duration::from_secs(u64::from(attempt * attempt))),
        }
        attempt += 1;
    }
}

/// TLS on a stream to a server that spoke it before.
pub(super) fn secure(mut stream: Stream, endpoint: &Endpoint, settings: &Settings) -> io::Result<Stream> {
    if !server_speaks_tls(&mut stream)? {
        return Err(io::Error::other("server does not support SSL, but SSL was required"));
    }
    tls::handshake(stream, endpoint.host(), settings).map_err(io::Error::other)
}

type Failure = (StartError, Option<Endpoint>);

/// All hosts in turn, each with all its addresses; `prefer-standby` takes any server in a second round.
fn start_once(settings: &Settings) -> Result<(Wire, Peer), Failure> {
    let mut hosts = settings.hosts_in_turn().map_err(|error| (StartError::Client(error), None))?;
    if settings.hosts.load_balance {
        shuffle(&mut hosts);
    }
    let rounds = match settings.hosts.target_session_attrs {
        TargetSessionAttrs::PreferStandby => vec![TargetSessionAttrs::Standby, TargetSessionAttrs::Any],
        wanted => vec![wanted],
    };
    let mut failure = (StartError::Client("the host has no address".into()), None);
    for wanted in rounds {
        for host in &hosts {
            let mut endpoints = match Endpoint::all(host) {
                Ok(endpoints) => endpoints,
                Err(error) => {
                    failure = (StartError::Io(error), None);
                    continue;
                }
            };
            if settings.hosts.load_balance {
                shuffle(&mut endpoints);
            }
            for endpoint in endpoints {
                match start_at(&endpoint, host, settings).and_then(|wire| fitting(wire, wanted)) {
                    Ok((wire, over_tls)) => {
                        let socket = wire.severable().map(Arc::new);
                        return Ok((wire, Peer { endpoint, over_tls, socket }));
                    }
                    // libpq: a wrong password ends the search
                    Err(error) if !others_may_do(&error) => return Err((error, Some(endpoint))),
                    Err(error) => failure = (error, Some(endpoint)),
                }
            }
        }
    }
    Err(failure)
}

/// Fisher and Yates, with the hasher's seeds as dice.
fn shuffle<T>(items: &mut [T]) {
    use std::hash::{BuildHasher, RandomState};
    for last in (1..items.len()).rev() {
        let dice = RandomState::new().hash_one(last) % (last as u64 + 1);
        items.swap(last, usize::try_from(dice).unwrap_or_default());
    }
}

/// Whether the server is of the kind that is looked for.
fn fitting(
    (mut wire, over_tls): (Wire, bool),
    wanted: TargetSessionAttrs,
) -> Result<(Wire, bool), StartError> {
    let refused = |why: &str| Err(StartError::Unfit(why.to_owned()));
    if wanted == TargetSessionAttrs::Any {
        return Ok((wire, over_tls));
    }
    let (standby, read_only) = wire.standby_and_read_only()?;
    match wanted {
        TargetSessionAttrs::ReadWrite if standby || read_only => refused("session is read-only"),
        TargetSessionAttrs::ReadOnly if !standby && !read_only => refused("session is not read-only"),
        TargetSessionAttrs::Primary if standby => refused("server is in hot standby mode"),
        TargetSessionAttrs::Standby if !standby => refused("server is not in hot standby mode"),
        _ => Ok((wire, over_tls)),
    }
}

/// libpq's order: `allow` tries without TLS first, `prefer` with it; both then try the other way.
fn start_at(endpoint: &Endpoint, host: &Host, settings: &Settings) -> Result<(Wire, bool), StartError> {
    let mode = settings.tls.mode;
    let plain = || Ok((Wire::start(endpoint.connect(settings)?, settings, host)?, false));
    if matches!(endpoint, Endpoint::Socket(_)) {
        return plain();
    }
    let secure = || -> Result<Asked, StartError> {
        let mut stream = endpoint.connect(settings)?;
        if !server_speaks_tls(&mut stream)? {
            return Ok(Asked::Refused(stream));
        }
        let stream = tls::handshake(stream, endpoint.host(), settings).map_err(StartError::Client)?;
        Ok(Asked::Secured(Wire::start(stream, settings, host)?))
    };
    match mode {
        SslMode::Disable => plain(),
        SslMode::Allow => plain().or_else(|error| match (&error, secure()) {
            (StartError::Server(_), Ok(Asked::Secured(wire))) => Ok((wire, true)),
            _ => Err(error),
        }),
        SslMode::Prefer => match secure() {
            Ok(Asked::Secured(wire)) => Ok((wire, true)),
            // the server goes on as if nobody had asked
            Ok(Asked::Refused(stream)) => Ok((Wire::start(stream, settings, host)?, false)),
            Err(error @ StartError::Io(_)) => Err(error),
            // a client certificate or the server's pg_hba may refuse TLS alone
            Err(error) => plain().map_err(|_| error),
        },
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => match secure()? {
            Asked::Secured(wire) => Ok((wire, true)),
            Asked::Refused(_) => {
                Err(StartError::Client("server does not support SSL, but SSL was required".into()))
            }
        },
    }
}

/// What became of the question for TLS.
enum Asked {
    Secured(Wire),
    /// The connection stays as it is.
    Refused(Stream),
}

fn server_speaks_tls(stream: &mut Stream) -> io::Result<bool> {
    let mut request = BytesMut::new();
    frontend::ssl_request(&mut request);
    stream.write_all(&request)?;
    stream.flush()?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    Ok(answer == *b"S")
}

/// Refused or unreachable for now, starting up, too many connections.
fn may_pass(error: &StartError) -> bool {
    match error {
        StartError::Io(_) => true,
        StartError::Client(_) => false,
        StartError::Unfit(_) => true,
        StartError::Server(fields) => matches!(fields.sqlstate.as_str(), "57P03" | "53300" | "57P01"),
    }
}

/// Whether the next host is tried after this one said no.
fn others_may_do(error: &StartError) -> bool {
    match error {
        StartError::Io(_) | StartError::Unfit(_) => true,
        StartError::Client(_) => false,
        StartError::Server(fields) => matches!(fields.sqlstate.as_str(), "57P03" | "57P01"),
    }
}

fn explain(error: StartError, endpoint: Option<&Endpoint>, settings: &Settings) -> Box<Diagnostic> {
    let mut explained = explain_one(error, endpoint, settings);
    if let Some(output) = &settings.output {
        explained.message = format!("output `{output}`: {}", explained.message);
    }
    explained
}

fn explain_one(error: StartError, endpoint: Option<&Endpoint>, settings: &Settings) -> Box<Diagnostic> {
    let place = endpoint.map(ToString::to_string);
    let host = &settings.host;
    match error {
        StartError::Io(error) => {
            let message = match place {
                Some(place) => format!("{place} failed: {}", describe(&error)),
                None => format!("could not translate host name \"{host}\" to address: {error}"),
            };
            let mut diagnostic =
                Diagnostic::database("connection-failed", message).help(connect_help(&error, settings));
            diagnostic.server = Some(Box::new(unreachable()));
            diagnostic.boxed()
        }
        StartError::Unfit(reason) => {
            let message = format!("{} failed: {reason}", place.unwrap_or_default());
            let help = "no host is of the kind that `target_session_attrs` asks for";
            let mut diagnostic = Diagnostic::database("connection-failed", message).help(help);
            diagnostic.server = Some(Box::new(unreachable()));
            diagnostic.boxed()
        }
        StartError::Client(reason) => {
            let message = match place {
                Some(place) => format!("{place} failed: {reason}"),
                None => reason.clone(),
            };
            let help = reason
                .contains("no password")
                .then(|| format!("set `password` in the profile's output, for user `{}`", settings.user));
            Diagnostic::database("connection-failed", message).maybe_help(help).boxed()
        }
        StartError::Server(fields) => {
            let message =
                format!("{} failed: {}:  {}", place.unwrap_or_default(), fields.severity, fields.message);
            let mut diagnostic = Diagnostic::database("connection-failed", message)
                .maybe_help(server_help(&fields.sqlstate, settings));
            diagnostic.server = Some(Box::new(ServerError {
                sqlstate: fields.sqlstate,
                statement: std::sync::Arc::from(""),
                offset: None,
            }));
            diagnostic.boxed()
        }
    }
}

/// libpq's wording for the usual cases.
fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "Connection refused".into(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "timeout expired".into(),
        io::ErrorKind::NotFound => "No such file or directory".into(),
        io::ErrorKind::UnexpectedEof => "server closed the connection unexpectedly".into(),
        _ => error.to_string(),
    }
}

fn connect_help(error: &io::Error, settings: &Settings) -> String {
    let Settings { host, port, .. } = settings;
    match error.kind() {
        io::ErrorKind::ConnectionRefused if host.starts_with('/') => {
            format!("is the server running, with its socket in `{host}`?")
        }
        io::ErrorKind::ConnectionRefused => {
            format!("is the server running on `{host}` and listening on port {port}?")
        }
        io::ErrorKind::NotFound => format!("is the server running, with its socket in `{host}`?"),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            "a firewall may drop the packets; `connect_timeout` in the profile sets how long to wait".into()
        }
        _ => "check `host` and `port` in the profile".into(),
    }
}

fn server_help(sqlstate: &str, settings: &Settings) -> Option<String> {
    let user = &settings.user;
    Some(match sqlstate {
        "28P01" | "28000" => format!("check `user` and `password` in the profile; the user is `{user}`"),
        "3D000" => "create it with `rsdbt db create-databases`, or correct `dbname` in the profile".into(),
        "53300" => "the server has no free connection: lower `threads`, or raise `max_connections`".into(),
        "22023" | "42704" => "check `search_path` and the session settings in the profile".into(),
        _ => return None,
    })
}
