//! The head of an HTTP/1 request.

use super::response::Status;
use crate::percent;

/// A request that may be answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) head_only: bool,
    /// Decoded, its parts neither empty nor hidden nor dots.
    pub(super) path: Vec<String>,
    host: String,
}

impl Request {
    /// From the bytes before the empty line.
    pub(super) fn parse(head: &[u8]) -> Result<Self, Status> {
        let head = std::str::from_utf8(head).map_err(|_| Status::BadRequest)?;
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap_or_default();
        let mut words = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Status::BadRequest);
        };
        if !is_token(method) || !version.starts_with("HTTP/") {
            return Err(Status::BadRequest);
        }
        if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
            return Err(Status::Version);
        }
        let mut host = None;
        for line in lines {
            let (name, value) = line.split_once(':').ok_or(Status::BadRequest)?;
            if !is_token(name) || value.chars().any(|c| c.is_control() && c != '\t') {
                return Err(Status::BadRequest);
            }
            if name.eq_ignore_ascii_case("host") && host.replace(value.trim().to_ascii_lowercase()).is_some()
            {
                return Err(Status::BadRequest);
            }
        }
        if host.is_none() && version == "HTTP/1.1" {
            return Err(Status::BadRequest);
        }
        let head_only = match method {
            "GET" => false,
            "HEAD" => true,
            _ => return Err(Status::Method),
        };
        Ok(Self { head_only, path: path(target)?, host: host.unwrap_or_default() })
    }

    /// Whether the client asked for this machine by its own name.
    pub(super) fn is_for_this_machine(&self) -> bool {
        let name = match self.host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => self.host.split(':').next().unwrap_or_default(),
        };
        name.is_empty()
            || name == "localhost"
            || name.ends_with(".localhost")
            || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn path(target: &str) -> Result<Vec<String>, Status> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if !path.starts_with('/') {
        return Err(Status::BadRequest);
    }
    let mut parts = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let part = percent::decode(part).ok_or(Status::BadRequest)?;
        if part.chars().any(char::is_control) {
            return Err(Status::BadRequest);
        }
        // Dots, hidden files and separators of any system.
        if part.starts_with('.') || part.contains(['/', '\\', ':']) {
            return Err(Status::NotFound);
        }
        parts.push(part.into_owned());
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<Request, Status> {
        Request::parse(head.as_bytes())
    }

    #[test]
    fn good_requests_are_read() {
        let request = parse("GET /a%20b/c.json?x=../y HTTP/1.1\r\nHost: LocalHost:8080\r\nX-Y: 1").unwrap();
        assert_eq!(request.path, ["a b", "c.json"]);
        assert!(request.is_for_this_machine());
        assert!(parse("HEAD / HTTP/1.0").unwrap().head_only);
        assert!(parse("GET / HTTP/1.1\r\nHost: [::1]:80").unwrap().is_for_this_machine());
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080"] {
            assert!(!parse(&format!("GET / HTTP/1.1\r\nHost: {host}")).unwrap().is_for_this_machine());
        }
    }

    #[test]
    fn bad_requests_are_refused() {
        for (head, status) in [
            ("", Status::BadRequest),
            ("GET", Status::BadRequest),
            ("GET / HTTP/1.1", Status::BadRequest),
            ("GET  / HTTP/1.1\r\nHost: x", Status::BadRequest),
            ("GET / HTTP/1.1 x\r\nHost: x", Status::BadRequest),
            ("G(T / HTTP/1.1\r\nHost: x", Status::BadRequest),
            ("GET / SMTP/1.1\r\nHost: x", Status::BadRequest),
            ("GET / HTTP/2.0\r\nHost: x", Status::Version),
            ("GET / HTTP/1.1\r\nHost: x\r\nHost: y", Status::BadRequest),
            ("GET / HTTP/1.1\r\nHost : x", Status::BadRequest),
            ("GET / HTTP/1.1\r\nHost: x\r\n folded", Status::BadRequest),
            ("GET / HTTP/1.1\r\nHost: x\r\nnocolon", Status::BadRequest),
            ("GET / HTTP/1.1\r\nHost: x\nInjected: y", Status::BadRequest),
            ("GET http://x/ HTTP/1.1\r\nHost: x", Status::BadRequest),
            ("GET /%zz HTTP/1.1\r\nHost: x", Status::BadRequest),
            ("GET /%2 HTTP/1.1\r\nHost: x", Status::BadRequest),
            ("GET /%00 HTTP/1.1\r\nHost: x", Status::BadRequest),
            ("GET /%ff HTTP/1.1\r\nHost: x", Status::BadRequest),
            ("POST / HTTP/1.1\r\nHost: x", Status::Method),
            ("GET /../x HTTP/1.1\r\nHost: x", Status::NotFound),
            ("GET /a/%2e%2e/x HTTP/1.1\r\nHost: x", Status::NotFound),
            ("GET /..%2fx HTTP/1.1\r\nHost: x", Status::NotFound),
            ("GET /%2E%2E%5cx HTTP/1.1\r\nHost: x", Status::NotFound),
            ("GET /.git/config HTTP/1.1\r\nHost: x", Status::NotFound),
            ("GET /C:/x HTTP/1.1\r\nHost: x", Status::NotFound),
        ] {
            assert_eq!(parse(head), Err(status), "{head:?}");
        }
        assert_eq!(Request::parse(b"GET /\xff HTTP/1.1\r\nHost: x"), Err(Status::BadRequest));
    }
}
