//! The byte stream under a session: TCP, a unix socket, or TLS over TCP.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};
use socket2::{SockRef, TcpKeepalive};

use super::settings::Settings;

/// A connected stream.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// How long a read may take; `None` waits for ever. Unix sockets have no network that could hang.
    pub(super) fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_read_timeout(timeout),
            Self::Tls(stream) => stream.sock.set_read_timeout(timeout),
            Self::Unix(_) => Ok(()),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buffer),
            Self::Unix(stream) => stream.write(buffer),
            Self::Tls(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.flush(),
            Self::Unix(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// Where a session would go, as libpq names it in its errors.
#[derive(Debug, Clone)]
pub(super) enum Endpoint {
    Socket(std::path::PathBuf),
    Address { host: String, address: SocketAddr },
}

impl Endpoint {
    /// All addresses of the host, in the resolver's order.
    pub(super) fn all(settings: &Settings) -> io::Result<Vec<Self>> {
        if let Some(path) = settings.socket_path() {
            return Ok(vec![Self::Socket(path)]);
        }
        let addresses = (settings.host.as_str(), settings.port).to_socket_addrs()?;
        Ok(addresses.map(|address| Self::Address { host: settings.host.clone(), address }).collect())
    }

    pub(super) fn connect(&self, settings: &Settings) -> io::Result<Stream> {
        match self {
            Self::Socket(path) => UnixStream::connect(path).map(Stream::Unix),
            Self::Address { address, .. } => {
                let stream = if settings.connect_timeout.is_zero() {
                    TcpStream::connect(address)?
                } else {
                    TcpStream::connect_timeout(address, settings.connect_timeout)?
                };
                stream.set_nodelay(true)?;
                keep_alive(&stream, settings.keepalives_idle)?;
                if !settings.connect_timeout.is_zero() {
                    // the whole of connecting is limited, as in libpq; the started session lifts the limit
                    stream.set_read_timeout(Some(settings.connect_timeout))?;
                }
                Ok(Stream::Tcp(stream))
            }
        }
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "connection to server on socket \"{}\"", path.display()),
            Self::Address { host, address } if *host == address.ip().to_string() => {
                write!(f, "connection to server at \"{host}\", port {}", address.port())
            }
            Self::Address { host, address } => {
                write!(f, "connection to server at \"{host}\" ({}), port {}", address.ip(), address.port())
            }
        }
    }
}

/// On, as libpq has it by default; `idle` of zero leaves the system's time.
fn keep_alive(stream: &TcpStream, idle: u32) -> io::Result<()> {
    let socket = SockRef::from(stream);
    if idle == 0 {
        return socket.set_keepalive(true);
    }
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(idle.into())))
}
