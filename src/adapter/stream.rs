//! The byte stream under a session: TCP, a unix socket, or TLS over TCP.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};
use socket2::{SockRef, TcpKeepalive};

use super::end_point;
use super::settings::{Host, Keepalives, Settings};

/// A connected stream.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    /// How long a read may take; `None` waits for ever. A server without timers keeps a client of a unix socket waiting, too.
    pub(super) fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_read_timeout(timeout),
            Self::Tls(stream) => stream.sock.set_read_timeout(timeout),
            Self::Unix(stream) => stream.set_read_timeout(timeout),
        }
    }

    /// What `tls-server-end-point` binds a password to; `None` without TLS, or where it is not defined.
    pub(super) fn certificate_hash(&self) -> Option<Vec<u8>> {
        let Self::Tls(stream) = self else { return None };
        end_point::hash(stream.conn.peer_certificates()?.first()?)
    }

    pub(super) fn severable(&self) -> Option<Severable> {
        match self {
            Self::Tcp(stream) => stream.try_clone().map(Severable::Tcp).ok(),
            Self::Tls(stream) => stream.sock.try_clone().map(Severable::Tcp).ok(),
            Self::Unix(stream) => stream.try_clone().map(Severable::Unix).ok(),
        }
    }

    /// Whether bytes or the end of the stream have arrived. Nothing is taken.
    pub(super) fn has_news(&self) -> bool {
        let socket = match self {
            Self::Tcp(stream) => SockRef::from(stream),
            Self::Tls(stream) => SockRef::from(&stream.sock),
            Self::Unix(stream) => SockRef::from(stream),
        };
        let mut buffer = [std::mem::MaybeUninit::uninit()];
        let peeked = socket.set_nonblocking(true).and_then(|()| socket.peek(&mut buffer));
        let restored = socket.set_nonblocking(false);
        restored.is_err() || !peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
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

/// Ends a connection from another thread.
#[derive(Debug)]
pub(super) enum Severable {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Severable {
    pub(super) fn sever(&self) {
        // what is gone already needs no end
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

/// Where a session would go, as libpq names it in its errors.
#[derive(Debug, Clone)]
pub(super) enum Endpoint {
    Socket(std::path::PathBuf),
    Address { host: String, address: SocketAddr },
}

impl Endpoint {
    /// All addresses of a host, in the resolver's order.
    pub(super) fn all(host: &Host) -> io::Result<Vec<Self>> {
        if let Some(path) = host.socket_path() {
            return Ok(vec![Self::Socket(path)]);
        }
        let place = host.address.as_deref().unwrap_or(&host.name);
        let addresses = (place, host.port).to_socket_addrs()?;
        Ok(addresses.map(|address| Self::Address { host: host.name.clone(), address }).collect())
    }

    /// The name that the server's certificate is to carry.
    pub(super) fn host(&self) -> &str {
        match self {
            Self::Socket(_) => "",
            Self::Address { host, .. } => host,
        }
    }

    pub(super) fn connect(&self, settings: &Settings) -> io::Result<Stream> {
        match self {
            Self::Socket(path) => UnixStream::connect(path).map(Stream::Unix),
            Self::Address { address, .. } => {
                let stream = if settings.patience.connect_timeout.is_zero() {
                    TcpStream::connect(address)?
                } else {
                    TcpStream::connect_timeout(address, settings.patience.connect_timeout)?
                };
                stream.set_nodelay(true)?;
                keep_alive(&stream, settings)?;
                if !settings.patience.connect_timeout.is_zero() {
                    // the whole of connecting is limited, as in libpq; the started session lifts the limit
                    stream.set_read_timeout(Some(settings.patience.connect_timeout))?;
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

/// On, as libpq has it by default; zero leaves the system's times.
fn keep_alive(stream: &TcpStream, settings: &Settings) -> io::Result<()> {
    let socket = SockRef::from(stream);
    let wanted = settings.patience.keepalives;
    let seconds = |number: u32| Duration::from_secs(number.into());
    if wanted.on {
        let mut times = TcpKeepalive::new();
        if wanted.idle > 0 {
            times = times.with_time(seconds(wanted.idle));
        }
        if wanted.interval > 0 {
            times = times.with_interval(seconds(wanted.interval));
        }
        if wanted.count > 0 {
            times = times.with_retries(wanted.count);
        }
        socket.set_keepalive(true)?;
        if wanted != Keepalives::default() {
            socket.set_tcp_keepalive(&times)?;
        }
    }
    #[cfg(target_os = "linux")]
    if settings.patience.tcp_user_timeout > 0 {
        socket
            .set_tcp_user_timeout(Some(Duration::from_millis(settings.patience.tcp_user_timeout.into())))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn connected(wanted: Keepalives, tcp_user_timeout: u32) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut settings = Settings::default();
        settings.patience.keepalives = wanted;
        settings.patience.tcp_user_timeout = tcp_user_timeout;
        let endpoint = Endpoint::Address { host: "127.0.0.1".into(), address };
        match endpoint.connect(&settings).unwrap() {
            Stream::Tcp(stream) => stream,
            _ => unreachable!("an address of TCP"),
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_set_about_dead_networks_reaches_the_socket() {
        let seconds = Duration::from_secs;
        let stream = connected(Keepalives { on: true, idle: 17, interval: 5, count: 3 }, 9_000);
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), seconds(17));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), seconds(5));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(seconds(9)));

        let stream = connected(Keepalives::default(), 0);
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap(), "as libpq has it");
        assert_eq!(socket.tcp_user_timeout().unwrap(), None);
        let off = connected(Keepalives { on: false, ..Keepalives::default() }, 0);
        assert!(!SockRef::from(&off).keepalive().unwrap());
    }
}
