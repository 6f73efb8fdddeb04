//! `.pgpass`: passwords by host, port, database and user.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::regular;

use super::target::Target;

/// A password for each host, where the file has one; why it was not read, and what to do.
pub(super) fn find(target: &Target) -> (Vec<Option<String>>, Option<[String; 2]>) {
    let path = match std::env::var_os("PGPASSFILE") {
        Some(path) => Some(PathBuf::from(path)),
        None => std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pgpass")),
    };
    let (text, ignored) = match path.map(|path| read(&path)) {
        Some(Ok(text)) => (text, None),
        Some(Err(ignored)) => (String::new(), Some(ignored)),
        None => (String::new(), None),
    };
    let names =
        if target.host.is_empty() { target.hostaddr.as_deref().unwrap_or_default() } else { &target.host };
    let port = |at: usize| target.ports.get(at).or(target.ports.first()).copied().unwrap_or(target.port);
    let passwords =
        names.split(',').enumerate().map(|(at, host)| search(&text, target, host.trim(), port(at))).collect();
    (passwords, ignored)
}

/// libpq ignores a password file that others can read, and one that is not a file, and says so.
fn read(path: &Path) -> Result<String, [String; 2]> {
    let ignored = |why: &str, help: &str| {
        Err([format!("the password file {} is ignored: {why}", path.display()), help.to_owned()])
    };
    let bytes = match regular::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return ignored(&error.to_string(), "make it a regular file that you can read"),
    };
    let mode = std::fs::metadata(path).map_or(0, |data| data.permissions().mode());
    if mode & 0o077 != 0 {
        let why = format!("its permissions are {:o}, so that others can read or change it", mode & 0o7777);
        return ignored(&why, "`chmod 0600` makes it yours alone");
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn search(text: &str, target: &Target, host: &str, port: u16) -> Option<String> {
    // libpq: a unix socket in the default directory is written as localhost.
    let host = if host.starts_with('/') || host.is_empty() { "localhost" } else { host };
    let port = port.to_string();
    let wanted = [host, &port, &target.database, &target.user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = split(line);
        let [.., password] = fields.as_slice() else { return None };
        let matches = fields.len() == 5
            && wanted.iter().zip(&fields).all(|(wanted, field)| field == "*" || field == wanted);
        matches.then(|| password.clone())
    })
}

/// Splits at colons; a backslash keeps the next character.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            ':' => fields.push(String::new()),
            c => {
                let kept = if c == '\\' { rest.next().unwrap_or(c) } else { c };
                if let Some(field) = fields.last_mut() {
                    field.push(kept);
                }
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_can_read_and_what_is_no_file_is_ignored_with_a_warning() {
        let scratch = crate::output::Scratch::new().unwrap();
        let (file, pipe) = (scratch.path().join("file"), scratch.path().join("pipe"));
        std::fs::write(&file, "text").unwrap();
        assert!(
            std::process::Command::new("mkfifo").arg("-m").arg("600").arg(&pipe).status().unwrap().success()
        );
        for (mode, is_read) in [(0o600, true), (0o400, true), (0o644, false), (0o604, false), (0o620, false)]
        {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&file).ok().as_deref(), is_read.then_some("text"), "{mode:o}");
        }
        for other in [pipe.as_path(), scratch.path(), Path::new("/dev/zero")] {
            let [message, _] = read(other).unwrap_err();
            assert!(message.contains("is ignored: "), "{message}");
        }
        assert_eq!(read(&scratch.path().join("missing")), Ok(String::new()));
    }

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        let target = Target { database: "d".into(), user: "u".into(), ..Target::default() };
        let text = "# x\ndb:1:*:*:no\n*:5432:d:u:a\\:b\\\\c\n*:*:*:*:late\n";
        assert_eq!(search(text, &target, "db", 5432).as_deref(), Some("a:b\\c"));
        assert_eq!(search(text, &target, "other", 1).as_deref(), Some("late"));
    }
}
