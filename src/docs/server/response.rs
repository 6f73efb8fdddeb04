//! Answers: a file from under the root, or a refusal in one line.

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Instant;

/// Why there is no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    BadRequest,
    NotFound,
    Method,
    Timeout,
    Misdirected,
    HeadTooLarge,
    Busy,
    Version,
}

impl Status {
    fn line(self) -> &'static str {
        match self {
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not ServedFile",
            Self::Method => "405 Method Not Allowed",
            Self::Timeout => "408 Request Timeout",
            Self::Misdirected => "421 Misdirected Request",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::Busy => "503 Service Unavailable",
            Self::Version => "505 HTTP Version Not Supported",
        }
    }
}

/// A file that may be sent.
#[derive(Debug)]
pub(super) struct ServedFile {
    file: File,
    length: u64,
    content_type: &'static str,
}

/// Opens a regular file under the root, or the `index.html` of a folder; links may not lead out.
pub(super) fn file(root: &Path, parts: &[String]) -> Result<ServedFile, Status> {
    let mut path = root.to_path_buf();
    path.extend(parts);
    let mut real = path.canonicalize().map_err(|_| Status::NotFound)?;
    if real.is_dir() {
        real = real.join("index.html").canonicalize().map_err(|_| Status::NotFound)?;
    }
    // A pipe would block the thread that opens it.
    let is_file = real.metadata().is_ok_and(|metadata| metadata.is_file());
    if !is_file || !real.starts_with(root) {
        return Err(Status::NotFound);
    }
    let file = File::open(&real).map_err(|_| Status::NotFound)?;
    let length = file.metadata().map_err(|_| Status::NotFound)?.len();
    let extension = real.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    Ok(ServedFile { file, length, content_type: content_type(extension) })
}

fn content_type(extension: &str) -> &'static str {
    match extension.to_ascii_lowercase().as_str() {
        "html" => "text/html; charset=utf-8",
        "json" => "application/json; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "sql" | "txt" | "md" | "csv" | "yml" | "yaml" | "log" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

const SAFETY: &str = "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\nCache-Control: no-cache\r\nConnection: close\r\n";

pub(super) fn refuse(stream: &mut TcpStream, status: Status, with_body: bool) -> std::io::Result<()> {
    let body = format!("{}\n", status.line());
    let allow = if status == Status::Method { "Allow: GET, HEAD\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n{allow}{SAFETY}\r\n",
        status.line(),
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if with_body { stream.write_all(body.as_bytes()) } else { Ok(()) }
}

pub(super) fn send(
    stream: &mut TcpStream,
    found: ServedFile,
    with_body: bool,
    deadline: Instant,
) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n{SAFETY}\r\n",
        found.content_type, found.length
    );
    stream.write_all(head.as_bytes())?;
    if !with_body {
        return Ok(());
    }
    // A file that grows meanwhile is sent as long as it was announced.
    let mut rest = found.file.take(found.length);
    let mut buffer = vec![0u8; 64 * 1024];
    loop {
        let count = rest.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count])?;
        if Instant::now() > deadline {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
    }
}
