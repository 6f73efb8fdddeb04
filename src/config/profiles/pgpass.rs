//! `.pgpass`: passwords by host, port, database and user.

use std::path::PathBuf;

use super::target::Target;

/// A password for each host, where the file has one.
pub(super) fn find(target: &Target) -> Vec<Option<String>> {
    let path = match std::env::var_os("PGPASSFILE") {
        Some(path) => Some(PathBuf::from(path)),
        None => std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pgpass")),
    };
    let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let names =
        if target.host.is_empty() { target.hostaddr.as_deref().unwrap_or_default() } else { &target.host };
    let port = |at: usize| target.ports.get(at).or(target.ports.first()).copied().unwrap_or(target.port);
    names.split(',').enumerate().map(|(at, host)| search(&text, target, host.trim(), port(at))).collect()
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
    fn the_first_line_that_fits_gives_the_password() {
        let target = Target { database: "d".into(), user: "u".into(), ..Target::default() };
        let text = "# x\ndb:1:*:*:no\n*:5432:d:u:a\\:b\\\\c\n*:*:*:*:late\n";
        assert_eq!(search(text, &target, "db", 5432).as_deref(), Some("a:b\\c"));
        assert_eq!(search(text, &target, "other", 1).as_deref(), Some("late"));
    }
}
