//! From settings to a started session: addresses, `sslmode`, retries, and errors that say what to do.

use std::io::{self, Read, Write};
use std::thread::sleep;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::message::frontend;

use crate::diagnostic::{Diagnostic, Result, ServerError};

use super::settings::{Settings, SslMode};
use super::stream::{Endpoint, Stream};
use super::tls;
use super::wire::{StartError, Wire};

/// Connects as dbt does: again after 0, 1, 4, 9.. seconds, but not when the server said a clear no.
pub(super) fn start(settings: &Settings) -> Result<Wire> {
    let mut attempt = 0;
    loop {
        match start_once(settings) {
            Ok(wire) => return Ok(wire),
            Err((error, endpoint)) if attempt >= settings.retries || !may_pass(&error) => {
                return Err(explain(error, endpoint.as_ref(), settings));
            }
            Err(_) => sleep(Duration::from_secs(u64::from(attempt * attempt))),
        }
        attempt += 1;
    }
}

/// A stream to the server that is ready for a packet of the protocol, for the cancel request.
pub(super) fn connect_stream(settings: &Settings) -> io::Result<Stream> {
    let mut last = io::Error::other("the host has no address");
    for endpoint in Endpoint::all(settings)? {
        match endpoint.connect(settings) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

type Failure = (StartError, Option<Endpoint>);

fn start_once(settings: &Settings) -> Result<Wire, Failure> {
    let endpoints = Endpoint::all(settings).map_err(|error| (StartError::Io(error), None))?;
    let mut failure = (StartError::Client("the host has no address".into()), None);
    for endpoint in endpoints {
        match start_at(&endpoint, settings) {
            Ok(wire) => return Ok(wire),
            Err(error) => failure = (error, Some(endpoint)),
        }
    }
    Err(failure)
}

/// libpq's order: `allow` tries without TLS first, `prefer` with it; both then try the other way.
fn start_at(endpoint: &Endpoint, settings: &Settings) -> Result<Wire, StartError> {
    let plain = || Wire::start(endpoint.connect(settings)?, settings);
    if matches!(endpoint, Endpoint::Socket(_)) {
        return plain();
    }
    let secure = || -> Result<Option<Wire>, StartError> {
        let mut stream = endpoint.connect(settings)?;
        if !server_speaks_tls(&mut stream)? {
            return Ok(None);
        }
        let stream = tls::handshake(stream, settings).map_err(StartError::Client)?;
        Wire::start(stream, settings).map(Some)
    };
    match settings.tls.mode {
        SslMode::Disable => plain(),
        SslMode::Allow => plain().or_else(|error| match (&error, secure()) {
            (StartError::Server(_), Ok(Some(wire))) => Ok(wire),
            _ => Err(error),
        }),
        SslMode::Prefer => match secure() {
            Ok(Some(wire)) => Ok(wire),
            Ok(None) => plain(),
            Err(error @ StartError::Io(_)) => Err(error),
            // a client certificate or the server's pg_hba may refuse TLS alone
            Err(error) => plain().map_err(|_| error),
        },
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => secure()?
            .ok_or_else(|| StartError::Client("server does not support SSL, but SSL was required".into())),
    }
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
        StartError::Server(fields) => matches!(fields.sqlstate.as_str(), "57P03" | "53300" | "57P01"),
    }
}

fn explain(error: StartError, endpoint: Option<&Endpoint>, settings: &Settings) -> Box<Diagnostic> {
    let place = endpoint.map(ToString::to_string);
    let host = &settings.host;
    match error {
        StartError::Io(error) => {
            let message = match place {
                Some(place) => format!("{place} failed: {}", describe(&error)),
                None => format!("could not translate host name \"{host}\" to address: {error}"),
            };
            Diagnostic::database("connection-failed", message).help(connect_help(&error, settings)).boxed()
        }
        StartError::Client(reason) => {
            let message = format!("{} failed: {reason}", place.unwrap_or_default());
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
    let Settings { user, database, .. } = settings;
    Some(match sqlstate {
        "28P01" | "28000" => format!("check `user` and `password` in the profile; the user is `{user}`"),
        "3D000" => format!("create it with `create database {database}`, or correct `dbname` in the profile"),
        "53300" => "the server has no free connection: lower `threads`, or raise `max_connections`".into(),
        "22023" | "42704" => "check `search_path` and the session settings in the profile".into(),
        _ => return None,
    })
}
