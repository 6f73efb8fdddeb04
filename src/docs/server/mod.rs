//! A small HTTP server for the page and the artifacts beside it: GET and HEAD of the files under one
//! folder, one thread per connection, every wait bounded. Called by `commands`.

mod request;
mod response;

use crate::diagnostic::{Diagnostic, Result};
use request::Request;
use response::Status;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long the head of a request may take.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a client may take for one piece of the answer, and for all of it.
const PIECE_TIME: Duration = Duration::from_secs(10);
const ANSWER_TIME: Duration = Duration::from_mins(5);
const HEAD_BYTES: usize = 16 * 1024;
/// More connections at once are told to come back.
const CONNECTIONS: usize = 2048;
const STACK: usize = 256 * 1024;

/// A bound server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    root: Arc<PathBuf>,
    open: Arc<AtomicUsize>,
}

impl Server {
    /// Binds the address; port 0 takes any free one.
    pub fn bind(host: &str, port: u16, root: &Path) -> Result<Self> {
        let failed = |what: String, error: &std::io::Error| {
            Diagnostic::runtime("docs-serve", what).cause(error.to_string())
        };
        let root = root.canonicalize().map_err(|error| {
            failed(format!("there is no folder `{}` to serve", root.display()), &error)
                .help("run `rsdbt docs generate` first")
                .boxed()
        })?;
        let bind = || {
            let addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
            TcpListener::bind(&addresses[..])
        };
        let listener = bind().map_err(|error| {
            failed(format!("cannot listen on {host}:{port}"), &error)
                .help("choose another address with `--host`, or another port with `--port`")
                .boxed()
        })?;
        Ok(Self { listener, root: Arc::new(root), open: Arc::default() })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener
            .local_addr()
            .map_err(|error| Diagnostic::runtime("docs-serve", error.to_string()).boxed())
    }

    /// Answers until the process ends.
    pub fn run(&self) -> ! {
        let local_only = self.address().is_ok_and(|address| address.ip().is_loopback());
        loop {
            let Ok((stream, _)) = self.listener.accept() else {
                // Out of file descriptors, most likely: let some close.
                thread::sleep(Duration::from_millis(50));
                continue;
            };
            let guard = Guard::new(&self.open);
            if guard.before >= CONNECTIONS {
                let mut stream = stream;
                let _ = stream.set_write_timeout(Some(Duration::from_millis(100)));
                let _ = response::refuse(&mut stream, Status::Busy, true);
                continue;
            }
            let root = Arc::clone(&self.root);
            let spawned = thread::Builder::new().stack_size(STACK).spawn(move || {
                let _guard = guard;
                // A connection that fails is the client's affair.
                let _ = answer(stream, &root, local_only);
            });
            drop(spawned);
        }
    }
}

/// Counts a connection for as long as it lives.
struct Guard {
    open: Arc<AtomicUsize>,
    before: usize,
}

impl Guard {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        Self { before: open.fetch_add(1, Ordering::Relaxed), open: Arc::clone(open) }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn answer(mut stream: TcpStream, root: &Path, local_only: bool) -> std::io::Result<()> {
    stream.set_write_timeout(Some(PIECE_TIME))?;
    let head = match read_head(&mut stream)? {
        Ok(head) => head,
        Err(status) => {
            response::refuse(&mut stream, status, true)?;
            return finish(&stream);
        }
    };
    match Request::parse(&head) {
        Err(status) => response::refuse(&mut stream, status, true)?,
        Ok(request) => {
            let with_body = !request.head_only;
            let found = if local_only && !request.is_for_this_machine() {
                // A page elsewhere whose name was turned to this address must not read the project.
                Err(Status::Misdirected)
            } else {
                response::file(root, &request.path)
            };
            match found {
                Err(status) => response::refuse(&mut stream, status, with_body)?,
                Ok(file) => response::send(&mut stream, file, with_body, Instant::now() + ANSWER_TIME)?,
            }
        }
    }
    finish(&stream)
}

/// Bytes up to the empty line; a client that sends nothing is let go without an answer.
fn read_head(stream: &mut TcpStream) -> std::io::Result<Result<Vec<u8>, Status>> {
    let deadline = Instant::now() + HEAD_TIME;
    let mut head = Vec::new();
    let mut buffer = [0u8; 2048];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Err(Status::Timeout));
        }
        stream.set_read_timeout(Some(left))?;
        let count = match stream.read(&mut buffer) {
            Ok(0) if head.is_empty() => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(0) => return Ok(Err(Status::BadRequest)),
            Ok(count) => count,
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
            {
                return Ok(Err(Status::Timeout));
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let searched = head.len().saturating_sub(3);
        head.extend_from_slice(&buffer[..count]);
        if let Some(end) = head[searched..].windows(4).position(|window| window == b"\r\n\r\n") {
            head.truncate(searched + end);
            return Ok(Ok(head));
        }
        if head.len() > HEAD_BYTES {
            return Ok(Err(Status::HeadTooLarge));
        }
    }
}

/// Closing with unread bytes would reset the connection and lose the end of the answer.
fn finish(stream: &TcpStream) -> std::io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    let mut reader = stream;
    let mut buffer = [0u8; 4096];
    for _ in 0..16 {
        match reader.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    reader.flush()
}
