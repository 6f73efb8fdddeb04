//! The server of `docs serve` against clients that are wrong, slow, many, or curious.

use rsdbt::inside::docs::Server;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::support::{Database, Project};

struct Site {
    address: SocketAddr,
    folder: PathBuf,
}

fn site(name: &str) -> Site {
    let folder = std::env::temp_dir().join(format!("rsdbt_docs_{name}_{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    let root = folder.join("target");
    fs::create_dir_all(root.join("compiled")).unwrap();
    fs::write(folder.join("secret.txt"), "SECRET").unwrap();
    fs::write(root.join("index.html"), "<p>the page</p>").unwrap();
    fs::write(root.join("manifest.json"), "{}").unwrap();
    fs::write(root.join(".hidden"), "SECRET").unwrap();
    fs::write(root.join("compiled/a b.sql"), "select 1").unwrap();
    std::os::unix::fs::symlink(folder.join("secret.txt"), root.join("link.txt")).unwrap();
    std::os::unix::fs::symlink(&folder, root.join("up")).unwrap();
    std::os::unix::fs::symlink(root.join("manifest.json"), root.join("inside.json")).unwrap();
    let server = Server::bind("127.0.0.1", 0, &root).unwrap();
    let address = server.address().unwrap();
    thread::spawn(move || server.run());
    Site { address, folder }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Site {
    fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(&self, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
    }
}

#[test]
fn files_are_served_with_safe_headers() {
    let site = site("files");
    let page = site.get("/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.ends_with("<p>the page</p>"));
    for header in [
        "Content-Type: text/html; charset=utf-8",
        "Content-Length: 15",
        "X-Content-Type-Options: nosniff",
        "X-Frame-Options: DENY",
    ] {
        assert!(page.contains(header), "{header}");
    }
    assert!(site.get("/index.html?x#y").ends_with("<p>the page</p>"));
    assert!(site.get("/compiled/a%20b.sql").ends_with("select 1"));
    assert!(site.get("/inside.json").ends_with("{}"));
    let head = site.send(b"HEAD /manifest.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    assert!(head.contains("Content-Length: 2\r\n") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn nothing_outside_of_the_folder_is_ever_sent() {
    let site = site("outside");
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/compiled/../../secret.txt",
        "/compiled/%2e%2e/%2e%2e/secret.txt",
        "/%252e%252e/secret.txt",
        "/.../secret.txt",
        "//etc/passwd",
        "/etc/passwd",
        "/link.txt",
        "/up/secret.txt",
        "/up/target/../secret.txt",
        "/.hidden",
        "/%2ehidden",
        "/compiled",
        "/missing",
        "/index.html/",
        "/index.html/x",
    ] {
        let answer = site.get(path);
        assert!(!answer.contains("SECRET") && !answer.contains("root:"), "{path}: {answer}");
        let refused = answer.starts_with("HTTP/1.1 404") || path == "/index.html/";
        assert!(refused, "{path}: {answer}");
    }
    let foreign = site.send(b"GET / HTTP/1.1\r\nHost: attacker.example\r\n\r\n");
    assert!(foreign.starts_with("HTTP/1.1 421"), "{foreign}");
}

#[test]
fn malformed_requests_are_refused() {
    let site = site("malformed");
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(40_000));
    for (request, status) in [
        (&b"\r\n\r\n"[..], "400"),
        (b"nonsense\r\n\r\n", "400"),
        (b"GET / HTTP/1.1\r\n\r\n", "400"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        (b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "400"),
        (b"\xff\xfe\xfd\r\n\r\n", "400"),
        (b"GET / HTTP/3\r\nHost: localhost\r\n\r\n", "505"),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", "405"),
        (b"DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"),
        (long.as_bytes(), "431"),
    ] {
        let answer = site.send(request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{:?}: {answer}",
            String::from_utf8_lossy(request)
        );
    }
    assert!(site.get("/").contains("200 OK"));
}

#[test]
fn a_thousand_connections_and_slow_clients_do_not_stop_it() {
    let site = site("many");
    // Clients that open a connection, send half a request, and wait. Both ends are in this process.
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find(|line| line.starts_with("Max open files"));
    let files = files.and_then(|line| line.split_whitespace().nth(3)?.parse().ok()).unwrap_or(4096usize);
    let count = 1000.min(files / 3);
    let slow: Vec<TcpStream> = (0..count)
        .filter_map(|at| {
            let mut stream = TcpStream::connect(site.address).ok()?;
            if at % 2 == 0 {
                stream.write_all(b"GET / HTTP/1.1\r\nHost: loc").ok()?;
            }
            Some(stream)
        })
        .collect();
    assert_eq!(slow.len(), count);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| (0..64).filter(|_| site.get("/").ends_with("<p>the page</p>")).count()))
            .collect();
        let served: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
        assert_eq!(served, 1024);
    });
    // A slow client is told so, and let go.
    let mut first = &slow[0];
    first.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut answer = String::new();
    let _ = first.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

/// `rsdbt docs` on a terminal or in a log: the graph, where the page is, and how to look at it.
#[test]
fn docs_prints_the_lineage_of_the_selection() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write("models/a.sql", "select 1 as id");
    project.write("models/b.sql", "select * from {{ ref('a') }}");
    project.write("models/c.sql", "select * from {{ ref('b') }}");
    project.write("models/lonely.sql", "select 2 as id");
    for (selection, lineage) in [
        (&["--select", "b"][..], "Lineage of 1 node (<- means \"reads\")\n\n  b  view  <- a\n\n"),
        (&["--select", "+b"], "Lineage of 2 nodes (<- means \"reads\")\n\n  a  view\n\n  b  view  <- a\n\n"),
        (
            &[],
            "Lineage of 4 nodes (<- means \"reads\")\n\n  a       view\n  lonely  view\n\n  b       view  <- a\n\n  c       view  <- b\n\n",
        ),
    ] {
        let output = project.run(&[&["docs"], selection].concat());
        assert_eq!(output.status, 0, "{}", output.text);
        let after = output.text.split_once(lineage).map(|(_, after)| after);
        let last = after.unwrap_or_else(|| panic!("{selection:?}\n{}", output.text)).trim_end();
        assert!(
            last.ends_with(
                "The documentation page is target/index.html: open it in a browser, or run `rsdbt docs serve`"
            ) && last.lines().count() == 1,
            "{last}"
        );
        assert!(project.path().join("target/index.html").is_file());
    }
}
