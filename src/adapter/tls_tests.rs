//! Each `sslmode` against a server that speaks just enough of the protocol, over real TLS.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::adapter::{Connection, Patience, SslMode, Tls};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn issue(authority: &Authority, name: &str) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.signed_by(&key, authority).unwrap(), key)
}

/// Certificates on disk for one test.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("rsdbt-tls-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn write(&self, name: &str, pem: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, pem).unwrap();
        path
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Serves one session after another on a port of its own; without `tls` it declines TLS.
fn serve(tls: Option<ServerConfig>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = tls.map(Arc::new);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = session(stream, tls.as_ref());
        }
    });
    port
}

fn session(mut stream: TcpStream, tls: Option<&Arc<ServerConfig>>) -> std::io::Result<()> {
    let mut request = [0; 8];
    stream.peek(&mut request)?;
    if request != [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f] {
        return greet(stream);
    }
    stream.read_exact(&mut request)?;
    let Some(config) = tls else {
        stream.write_all(b"N")?;
        return greet(stream);
    };
    stream.write_all(b"S")?;
    let session = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    greet(StreamOwned::new(session, stream))
}

/// Reads the startup packet, answers "welcome" and waits for the end.
fn greet(mut stream: impl Read + Write) -> std::io::Result<()> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    stream.read_exact(&mut vec![0; u32::from_be_bytes(length) as usize - 4])?;
    stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")?;
    stream.flush()?;
    stream.read_to_end(&mut Vec::new()).map(drop)
}

fn server_config(authority: &Authority, clients: Option<&Authority>, name: &str) -> ServerConfig {
    let (certificate, key) = issue(authority, name);
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(clients.der().clone()).unwrap();
            let provider = Arc::new(ring::default_provider());
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    builder.with_single_cert(vec![certificate.der().clone()], key.into()).unwrap()
}

fn connect(port: u16, host: &str, tls: Tls) -> std::result::Result<(), String> {
    let patience = Patience { retries: 0, ..Patience::default() };
    let settings =
        Settings { host: host.into(), port, user: "me".into(), tls, patience, ..Settings::default() };
    Connection::open(&Arc::new(settings)).map(drop).map_err(|error| error.message)
}

fn mode(mode: SslMode, root: Option<PathBuf>) -> Tls {
    Tls { mode, root_certificate: root, ..Tls::default() }
}

#[test]
fn the_chain_and_the_name_are_checked_as_far_as_the_mode_says() {
    let files = Files::new("modes");
    let (ours, theirs) = (authority(), authority());
    let ours_pem = files.write("ours.pem", &ours.pem());
    let theirs_pem = files.write("theirs.pem", &theirs.pem());
    let port = serve(Some(server_config(&ours, None, "localhost")));
    let works = |host: &str, tls: Tls| connect(port, host, tls).is_ok();
    assert!(works("localhost", mode(SslMode::VerifyFull, Some(ours_pem.clone()))));
    assert!(works("127.0.0.1", mode(SslMode::VerifyCa, Some(ours_pem.clone()))));
    assert!(!works("127.0.0.1", mode(SslMode::VerifyFull, Some(ours_pem.clone()))));
    assert!(!works("localhost", mode(SslMode::VerifyCa, Some(theirs_pem.clone()))));
    assert!(works("localhost", mode(SslMode::Require, None)));
    assert!(!works("localhost", mode(SslMode::Require, Some(theirs_pem))), "libpq checks when it can");
    for plain_too in [SslMode::Prefer, SslMode::Allow, SslMode::Disable] {
        assert!(works("localhost", mode(plain_too, None)), "{plain_too:?}");
    }
}

#[test]
fn a_server_without_tls_serves_only_modes_that_allow_it() {
    let port = serve(None);
    assert!(connect(port, "localhost", mode(SslMode::Prefer, None)).is_ok());
    let error = connect(port, "localhost", mode(SslMode::Require, None)).unwrap_err();
    assert!(error.ends_with("failed: server does not support SSL, but SSL was required"), "{error}");
}

#[test]
fn a_server_that_declines_tls_is_not_called_a_second_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        drop(listener);
        session(stream, None)
    });
    assert_eq!(connect(port, "127.0.0.1", mode(SslMode::Prefer, None)), Ok(()));
    server.join().unwrap().unwrap();
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = Settings {
        host: "127.0.0.1".into(),
        port,
        user: "me".into(),
        tls: mode(SslMode::Disable, None),
        patience: Patience {
            connect_timeout: std::time::Duration::from_millis(100),
            retries: 0,
            ..Patience::default()
        },
        ..Settings::default()
    };
    let error = Connection::open(&Arc::new(settings)).map(drop).unwrap_err();
    assert!(error.message.ends_with("failed: timeout expired"), "{}", error.message);
}

#[test]
fn a_self_signed_certificate_can_be_its_own_root() {
    let files = Files::new("self");
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.into())
        .unwrap();
    let root = files.write("self.pem", &certified.cert.pem());
    let port = serve(Some(config));
    assert_eq!(connect(port, "localhost", mode(SslMode::VerifyFull, Some(root.clone()))), Ok(()));
    assert!(connect(port, "127.0.0.1", mode(SslMode::VerifyFull, Some(root))).is_err());
}

#[test]
fn a_client_certificate_is_shown_when_there_is_one() {
    let files = Files::new("client");
    let (ours, clients) = (authority(), authority());
    let port = serve(Some(server_config(&ours, Some(&clients), "localhost")));
    let (certificate, key) = issue(&clients, "me");
    let tls = Tls {
        mode: SslMode::Require,
        certificate: Some(files.write("me.pem", &certificate.pem())),
        key: Some(files.write("me.key", &key.serialize_pem())),
        ..Tls::default()
    };
    assert_eq!(connect(port, "localhost", tls), Ok(()));
    assert!(connect(port, "localhost", mode(SslMode::Require, None)).is_err());
}
