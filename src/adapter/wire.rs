//! The frontend/backend protocol on a stream: startup, authentication, sending and receiving messages.

use std::io::{self, Read, Write};

use bytes::{Buf as _, BytesMut};
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{
    ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256,
};
use postgres_protocol::message::backend::{AuthenticationSaslBody, Message};
use postgres_protocol::message::frontend;

use super::server_error::Fields;
use super::settings::{ChannelBindingMode, Host, Settings};
use super::stream::{Severable, Stream};

/// The server's view of the transaction, sent with each `ReadyForQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Idle,
    InTransaction,
    Failed,
}

/// A started session.
pub(super) struct Wire {
    stream: Stream,
    incoming: BytesMut,
    pub(super) outgoing: BytesMut,
    pub(super) status: Status,
    pub(super) pid: i32,
    pub(super) secret: i32,
    /// As the server reports them: `in_hot_standby`, and `default_transaction_read_only`.
    hot_standby: Option<bool>,
    read_only: Option<bool>,
}

/// Why a session could not be started.
pub(super) enum StartError {
    Io(io::Error),
    Server(Box<Fields>),
    /// Not the server's words: a missing password, an unknown way to authenticate.
    Client(String),
    /// A server that answers, but not of the kind that is looked for.
    Unfit(String),
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Wire {
    pub(super) fn start(stream: Stream, settings: &Settings, host: &Host) -> Result<Self, StartError> {
        let mut wire = Self {
            stream,
            incoming: BytesMut::with_capacity(16 * 1024),
            outgoing: BytesMut::with_capacity(4 * 1024),
            status: Status::Idle,
            pid: 0,
            secret: 0,
            hot_standby: None,
            read_only: None,
        };
        frontend::startup_message(startup_parameters(settings), &mut wire.outgoing)?;
        wire.flush()?;
        wire.authenticate(settings, host)?;
        loop {
            match wire.receive()? {
                Message::BackendKeyData(body) => {
                    wire.pid = body.process_id();
                    wire.secret = body.secret_key();
                }
                Message::ReadyForQuery(_) => {
                    wire.stream.set_read_timeout(None)?;
                    return Ok(wire);
                }
                Message::ErrorResponse(body) => {
                    return Err(StartError::Server(Box::new(Fields::read(body.fields()))));
                }
                _ => {}
            }
        }
    }

    fn authenticate(&mut self, settings: &Settings, host: &Host) -> Result<(), StartError> {
        let binds = settings.tls.channel_binding == ChannelBindingMode::Require;
        if binds && !matches!(self.stream, Stream::Tls(_)) {
            return Err(StartError::Client("channel binding required, but SSL not in use".into()));
        }
        let password = || {
            let password = host.password.as_deref().filter(|password| !password.is_empty());
            password.ok_or_else(|| StartError::Client("fe_sendauth: no password supplied".into()))
        };
        let asked = self.receive()?;
        let scram = matches!(asked, Message::AuthenticationSasl(_) | Message::ErrorResponse(_));
        if binds && !scram {
            let reason = "channel binding required, but server authenticated client without channel binding";
            return Err(StartError::Client(reason.into()));
        }
        match asked {
            Message::AuthenticationOk => return Ok(()),
            Message::AuthenticationCleartextPassword => {
                frontend::password_message(password()?.as_bytes(), &mut self.outgoing)?;
            }
            Message::AuthenticationMd5Password(body) => {
                let hash = md5_hash(settings.user.as_bytes(), password()?.as_bytes(), body.salt());
                frontend::password_message(hash.as_bytes(), &mut self.outgoing)?;
            }
            Message::AuthenticationSasl(body) => {
                self.authenticate_scram(&body, password()?, settings.tls.channel_binding)?;
            }
            Message::ErrorResponse(body) => {
                return Err(StartError::Server(Box::new(Fields::read(body.fields()))));
            }
            _ => {
                return Err(StartError::Client(
                    "the server asks for a way to authenticate that is not supported (not password, md5, \
                     scram-sha-256 or a certificate)"
                        .into(),
                ));
            }
        }
        self.flush()?;
        match self.receive()? {
            Message::AuthenticationOk => Ok(()),
            Message::ErrorResponse(body) => Err(StartError::Server(Box::new(Fields::read(body.fields())))),
            _ => Err(StartError::Client("unexpected answer while authenticating".into())),
        }
    }

    /// Leaves the stream just before `AuthenticationOk`.
    fn authenticate_scram(
        &mut self,
        body: &AuthenticationSaslBody,
        password: &str,
        binding: ChannelBindingMode,
    ) -> Result<(), StartError> {
        let offers = |wanted: &str| body.mechanisms().any(|mechanism| Ok(mechanism == wanted));
        let hash = match binding {
            ChannelBindingMode::Disable => None,
            _ => self.stream.certificate_hash(),
        };
        let (mechanism, binding) = match hash {
            Some(hash) if offers(SCRAM_SHA_256_PLUS)? => {
                (SCRAM_SHA_256_PLUS, ChannelBinding::tls_server_end_point(hash))
            }
            _ if binding == ChannelBindingMode::Require => {
                let reason = "channel binding is required, but the server does not offer a way to authenticate \
                              that supports it";
                return Err(StartError::Client(reason.into()));
            }
            Some(_) if offers(SCRAM_SHA_256)? => (SCRAM_SHA_256, ChannelBinding::unrequested()),
            None if offers(SCRAM_SHA_256)? => (SCRAM_SHA_256, ChannelBinding::unsupported()),
            _ => {
                let reason = "the server offers no SASL mechanism that is supported";
                return Err(StartError::Client(reason.into()));
            }
        };
        let mut scram = ScramSha256::new(password.as_bytes(), binding);
        frontend::sasl_initial_response(mechanism, scram.message(), &mut self.outgoing)?;
        self.flush()?;
        match self.receive()? {
            Message::AuthenticationSaslContinue(body) => scram.update(body.data())?,
            Message::ErrorResponse(body) => {
                return Err(StartError::Server(Box::new(Fields::read(body.fields()))));
            }
            _ => return Err(StartError::Client("unexpected answer while authenticating".into())),
        }
        frontend::sasl_response(scram.message(), &mut self.outgoing)?;
        self.flush()?;
        match self.receive()? {
            Message::AuthenticationSaslFinal(body) => scram.finish(body.data())?,
            Message::ErrorResponse(body) => {
                return Err(StartError::Server(Box::new(Fields::read(body.fields()))));
            }
            _ => return Err(StartError::Client("unexpected answer while authenticating".into())),
        }
        Ok(())
    }

    pub(super) fn severable(&self) -> Option<Severable> {
        self.stream.severable()
    }

    /// As the server reported when the session began; a pooler may not pass it on, then it is asked.
    pub(super) fn standby_and_read_only(&mut self) -> Result<(bool, bool), StartError> {
        if let (Some(standby), Some(read_only)) = (self.hot_standby, self.read_only) {
            return Ok((standby, read_only));
        }
        let sql = "select pg_catalog.pg_is_in_recovery()::pg_catalog.text || ' ' \
                   || pg_catalog.current_setting('default_transaction_read_only')";
        frontend::query(sql, &mut self.outgoing)?;
        self.flush()?;
        let mut found = (false, false);
        loop {
            match self.receive()? {
                Message::DataRow(body) => {
                    let text = String::from_utf8_lossy(body.buffer());
                    found = (text.contains("true"), text.contains("on"));
                }
                Message::ReadyForQuery(_) => return Ok(found),
                Message::ErrorResponse(body) => {
                    return Err(StartError::Server(Box::new(Fields::read(body.fields()))));
                }
                _ => {}
            }
        }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        let sent = self.stream.write_all(&self.outgoing);
        self.outgoing.clear();
        sent?;
        self.stream.flush()
    }

    /// Writes one large piece without copying it into the outgoing buffer.
    pub(super) fn copy_data(&mut self, data: &[u8]) -> io::Result<()> {
        let length = u32::try_from(data.len() + 4).map_err(io::Error::other)?;
        let mut header = [b'd', 0, 0, 0, 0];
        header[1..].copy_from_slice(&length.to_be_bytes());
        self.stream.write_all(&header)?;
        self.stream.write_all(data)
    }

    /// Appends what `CopyData` messages bring, as they arrive; false as soon as another message is next.
    pub(super) fn copied(&mut self, into: &mut Vec<u8>) -> io::Result<bool> {
        const PIECE: usize = 64 * 1024;
        loop {
            match self.incoming.first() {
                Some(b'd') if self.incoming.len() >= 5 => {
                    let mut bytes = [0; 4];
                    bytes.copy_from_slice(&self.incoming[1..5]);
                    let length = u32::from_be_bytes(bytes) as usize;
                    if self.incoming.len() > length {
                        into.extend_from_slice(&self.incoming[5..=length]);
                        self.incoming.advance(length + 1);
                        continue;
                    }
                }
                Some(b'd') | None => {}
                Some(_) => return Ok(!into.is_empty()),
            }
            if into.len() >= PIECE {
                return Ok(true);
            }
            self.fill()?;
        }
    }

    /// Whether an error has arrived while rows are sent. Over TLS nobody can tell without waiting.
    pub(super) fn reports_error(&mut self) -> bool {
        while !matches!(self.stream, Stream::Tls(_)) && self.stream.has_news() {
            if self.fill().is_err() {
                // the next write meets it again
                return false;
            }
        }
        let mut rest = &self.incoming[..];
        while let [kind, a, b, c, d, ..] = *rest {
            if kind == b'E' {
                return true;
            }
            let length = u32::from_be_bytes([a, b, c, d]) as usize;
            rest = rest.get(length + 1..).unwrap_or_default();
        }
        false
    }

    pub(super) fn set_patience(&self, patience: std::time::Duration) -> io::Result<()> {
        self.stream.set_read_timeout(Some(patience))
    }

    /// Whether something has arrived that was not asked for.
    pub(super) fn has_news(&self) -> bool {
        !self.incoming.is_empty() || self.stream.has_news()
    }

    /// The next message that is not an aside; parameters and the status are kept on the way.
    pub(super) fn receive(&mut self) -> io::Result<Message> {
        loop {
            match Message::parse(&mut self.incoming)? {
                None => self.fill()?,
                Some(Message::ParameterStatus(body)) => {
                    let on = body.value()? == "on";
                    match body.name()? {
                        "in_hot_standby" => self.hot_standby = Some(on),
                        "default_transaction_read_only" => self.read_only = Some(on),
                        _ => {}
                    }
                }
                Some(Message::NoticeResponse(_) | Message::NotificationResponse(_)) => {}
                Some(Message::ReadyForQuery(body)) => {
                    self.status = match body.status() {
                        b'T' => Status::InTransaction,
                        b'E' => Status::Failed,
                        _ => Status::Idle,
                    };
                    return Ok(Message::ReadyForQuery(body));
                }
                Some(message) => return Ok(message),
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        const CHUNK: usize = 32 * 1024;
        let filled = self.incoming.len();
        self.incoming.resize(filled + CHUNK, 0);
        let read = self.stream.read(&mut self.incoming[filled..]);
        self.incoming.truncate(filled + read.as_ref().copied().unwrap_or(0));
        match read {
            Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the stream ended")),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.outgoing.clear();
        frontend::terminate(&mut self.outgoing);
        let _ = self.flush();
    }
}

/// Server settings travel in the startup packet: they become the session's defaults, so that
/// `discard all` comes back to them.
fn startup_parameters(settings: &Settings) -> Vec<(&str, &str)> {
    let mut parameters = vec![
        ("user", settings.user.as_str()),
        ("database", settings.database.as_str()),
        ("client_encoding", "UTF8"),
        ("DateStyle", "ISO"),
    ];
    if let Some(name) = settings.application_name.as_deref().filter(|name| !name.is_empty()) {
        parameters.push(("application_name", name));
    }
    if let Some(path) = settings.search_path.as_deref().filter(|path| !path.is_empty()) {
        parameters.push(("search_path", path));
    }
    for (name, value) in &settings.session {
        parameters.push((name, value));
    }
    parameters
}
