//! A proxy in front of the server that counts the statements of a run and disturbs one of them.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rsdbt::inside::adapter::Settings;

/// What happens to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails on the server, with 40001.
    Fails,
    /// The connection ends before the server gets it.
    CutBefore,
    /// The server carries it out; the connection ends before its answer.
    CutAfter,
    /// The server gets it; the connection ends while it is at work.
    CutDuring,
}

#[derive(Default)]
struct State {
    /// The statements so far, from 1.
    sent: Vec<String>,
    fault: Option<(Fault, usize)>,
    fired: bool,
    /// The links so far, and how many of them swallow what they get.
    links: usize,
    swallowing: usize,
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
    server: Arc<Mutex<Settings>>,
    after_fault: Arc<Mutex<Option<Settings>>>,
}

impl Proxy {
    pub(crate) fn new(settings: &Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state: Arc<Mutex<State>> = Arc::default();
        let server = Arc::new(Mutex::new(settings.clone()));
        let after_fault: Arc<Mutex<Option<Settings>>> = Arc::default();
        let (shared, behind, later) = (Arc::clone(&state), Arc::clone(&server), Arc::clone(&after_fault));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.lock().unwrap().fired
                    && let Some(other) = later.lock().unwrap().take()
                {
                    *behind.lock().unwrap() = other;
                }
                let settings = behind.lock().unwrap().clone();
                let link = Server::connect(&settings).map(|server| Link::new(client, server, &shared));
                if let Ok(link) = link {
                    link.start();
                }
            }
        });
        Self { port, state, server, after_fault }
    }

    /// A server for what connects now.
    pub(crate) fn lead_to(&self, settings: &Settings) {
        *self.server.lock().unwrap() = settings.clone();
    }

    /// Another server for what connects after the fault.
    pub(crate) fn fail_over_to(&self, settings: &Settings) {
        *self.after_fault.lock().unwrap() = Some(settings.clone());
    }

    /// The next run's `number`th statement gets the fault.
    pub(crate) fn disturb(&self, fault: Fault, number: usize) {
        *self.state.lock().unwrap() = State { fault: Some((fault, number)), ..State::default() };
    }

    /// The connections that there are stay open and pass nothing on, as over a network that is gone; new ones are well.
    pub(crate) fn swallow(&self) {
        let mut state = self.state.lock().unwrap();
        state.swallowing = state.links;
    }

    pub(crate) fn leave_alone(&self) {
        *self.state.lock().unwrap() = State::default();
    }

    pub(crate) fn has_fired(&self) -> bool {
        self.state.lock().unwrap().fired
    }

    pub(crate) fn sent(&self) -> Vec<String> {
        self.state.lock().unwrap().sent.clone()
    }
}

enum Server {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Server {
    fn connect(settings: &Settings) -> io::Result<Self> {
        match settings.socket_path() {
            Some(path) => UnixStream::connect(path).map(Self::Unix),
            None => TcpStream::connect((settings.host.as_str(), settings.port)).map(Self::Tcp),
        }
    }

    fn try_clone(&self) -> Self {
        match self {
            Self::Tcp(stream) => Self::Tcp(stream.try_clone().unwrap()),
            Self::Unix(stream) => Self::Unix(stream.try_clone().unwrap()),
        }
    }

    fn shutdown(&self) {
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for Server {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Server {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(buffer),
            Self::Unix(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Answers that are still to come, and whether they are passed on.
#[derive(Default)]
struct Answers {
    open: Mutex<(usize, bool)>,
    changed: Condvar,
}

struct Link {
    client: TcpStream,
    server: Server,
    state: Arc<Mutex<State>>,
    answers: Arc<Answers>,
    number: usize,
}

const SSL_REQUEST: [u8; 4] = [0x04, 0xd2, 0x16, 0x2f];

/// One message with its type and length.
fn message(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 5];
    stream.read_exact(&mut bytes)?;
    let length = u32::from_be_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]) as usize;
    bytes.resize(length + 1, 0);
    stream.read_exact(&mut bytes[5..])?;
    Ok(bytes)
}

/// Of a Query, or of a Parse behind its empty name.
fn text_of(message: &[u8]) -> String {
    let text = message[5..].split(|&byte| byte == 0).find(|text| !text.is_empty());
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}

fn query(sql: &str) -> Vec<u8> {
    let length = u32::try_from(sql.len() + 5).unwrap();
    [b"Q", &length.to_be_bytes()[..], sql.as_bytes(), b"\0"].concat()
}

impl Link {
    fn new(client: TcpStream, server: Server, state: &Arc<Mutex<State>>) -> Self {
        let number = {
            let mut state = state.lock().unwrap();
            state.links += 1;
            state.links
        };
        Self { client, server, state: Arc::clone(state), answers: Arc::default(), number }
    }

    fn start(self) {
        let _ = self.client.set_nodelay(true);
        let mut to_client = self.client.try_clone().unwrap();
        let mut from_server = self.server.try_clone();
        let answers = Arc::clone(&self.answers);
        let (state, number) = (Arc::clone(&self.state), self.number);
        *answers.open.lock().unwrap() = (1, true);
        thread::spawn(move || {
            while let Ok(bytes) = message(&mut from_server) {
                if number <= state.lock().unwrap().swallowing {
                    continue;
                }
                let mut open = answers.open.lock().unwrap();
                if open.1 && to_client.write_all(&bytes).is_err() {
                    break;
                }
                if bytes[0] == b'Z' {
                    open.0 -= 1;
                    answers.changed.notify_all();
                }
            }
            if number > state.lock().unwrap().swallowing {
                let _ = to_client.shutdown(Shutdown::Both);
            }
            let mut open = answers.open.lock().unwrap();
            open.0 = 0;
            answers.changed.notify_all();
        });
        thread::spawn(move || {
            let mut link = self;
            let _ = link.forward();
            link.server.shutdown();
            let _ = link.client.shutdown(Shutdown::Both);
        });
    }

    fn forward(&mut self) -> io::Result<()> {
        loop {
            let mut length = [0; 4];
            self.client.read_exact(&mut length)?;
            let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
            self.client.read_exact(&mut body)?;
            if body[..4] == SSL_REQUEST {
                self.client.write_all(b"N")?;
                continue;
            }
            self.server.write_all(&[&length[..], &body].concat())?;
            break;
        }
        loop {
            let mut bytes = message(&mut self.client)?;
            if self.number <= self.state.lock().unwrap().swallowing {
                continue;
            }
            let mut text = text_of(&bytes);
            match bytes[0] {
                b'Q' => {}
                // what is bound has one answer, up to its Sync; and is named by its last statement
                b'P' => loop {
                    let more = message(&mut self.client)?;
                    bytes.extend_from_slice(&more);
                    match more[0] {
                        b'P' => text = text_of(&more),
                        b'S' => break,
                        _ => {}
                    }
                },
                _ => {
                    self.server.write_all(&bytes)?;
                    continue;
                }
            }
            match self.fault_of(&text) {
                None => {
                    self.answers.open.lock().unwrap().0 += 1;
                    self.server.write_all(&bytes)?;
                }
                Some(Fault::CutBefore) => return Ok(()),
                Some(Fault::Fails) => {
                    self.answers.open.lock().unwrap().0 += 1;
                    let sql = "do $$ begin raise exception 'disturbed' using errcode = '40001'; end $$";
                    self.server.write_all(&query(sql))?;
                }
                Some(Fault::CutDuring) => return self.server.write_all(&bytes),
                Some(Fault::CutAfter) => {
                    let mut open = self.answers.open.lock().unwrap();
                    *open = (open.0 + 1, false);
                    drop(open);
                    self.server.write_all(&bytes)?;
                    let open = self.answers.open.lock().unwrap();
                    let patience = Duration::from_secs(30);
                    drop(self.answers.changed.wait_timeout_while(open, patience, |open| open.0 > 0).unwrap());
                    return Ok(());
                }
            }
        }
    }

    fn fault_of(&self, text: &str) -> Option<Fault> {
        let mut state = self.state.lock().unwrap();
        state.sent.push(text.to_owned());
        let (fault, number) = state.fault?;
        let hit = !state.fired && state.sent.len() == number;
        state.fired |= hit;
        hit.then_some(fault)
    }
}
