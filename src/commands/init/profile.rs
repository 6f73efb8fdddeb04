//! The profile of a new project: what is asked for, and how it is written.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::{prompt, template};
use crate::config::profiles::ProfilesFile;
use crate::config::yaml::to_yaml_text;
use crate::diagnostic::Result;
use crate::output;

/// What libpq's `sslmode` can be, from the least to the most careful.
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Parts of keys whose values are nobody's business.
const SECRETS: [&str; 5] = ["pass", "secret", "token", "key", "uri"];

/// Where a new profile goes.
pub(super) struct ProfileHome {
    pub(super) directory: PathBuf,
    pub(super) file: Option<ProfilesFile>,
}

impl ProfileHome {
    pub(super) fn new(directory: PathBuf) -> Result<Self> {
        let file = ProfilesFile::read(&directory)?;
        Ok(Self { directory, file })
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.join("profiles.yml")
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.file.as_ref().is_some_and(|file| file.yaml.get(name).is_some())
    }

    /// Appends to the file, so that what others wrote there stays as it is; an overwritten profile rewrites it.
    pub(super) fn write(&self, name: &str, target: Map<String, Json>) -> Result<()> {
        let holds_secret = target.keys().any(|key| SECRETS.iter().any(|part| key.contains(part)));
        let profile = as_profile(target);
        let text = match &self.file {
            Some(file) if file.yaml.get(name).is_some() => {
                let mut all = file.yaml.to_json();
                all[name] = profile;
                to_yaml_text(&all)
            }
            _ => {
                let before = read_if_there(&self.path())?;
                let gap = if before.is_empty() { "" } else { "\n" };
                format!("{before}{gap}{}", to_yaml_text(&json!({ name: profile })))
            }
        };
        write_file(&self.path(), &text, holds_secret).map_err(|error| super::unwritable(&self.path(), &error))
    }
}

/// The text that stays; never taken for empty because it cannot be read.
fn read_if_there(path: &Path) -> Result<String> {
    let text = crate::regular::read_if_there(path).map_err(|error| super::unwritable(path, &error))?;
    Ok(text.unwrap_or_default())
}

/// Passwords are for the user's eyes alone, also in a file that was there before. The file may hold other profiles: it is
/// whole at any time, and where a link leads to it, the link stays.
fn write_file(path: &Path, text: &str, holds_secret: bool) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if holds_secret { output::write_private(&path, text) } else { output::write(&path, text) }
}

fn as_profile(mut target: Map<String, Json>) -> Json {
    let name = match target.shift_remove("target") {
        Some(Json::String(name)) => name,
        _ => "dev".to_owned(),
    };
    json!({"outputs": {name.clone(): target}, "target": name})
}

/// The embedded server first: it needs no answer.
pub(super) fn ask() -> Result<Map<String, Json>> {
    let question = "Which database would you like to use?\n[1] the embedded PostgreSQL: nothing to install, data in the \
                    project's .rsdbt folder\n[2] postgres: a server of yours\n\nEnter a number";
    loop {
        match prompt::ask(question, Some("1"))?.as_str() {
            "1" => {
                let target = json!({"type": "postgres", "embedded": true, "schema": "public", "threads": 4});
                return Ok(target.as_object().cloned().unwrap_or_default());
            }
            "2" => {
                let mut target = template::fill(&template::postgres())?;
                ask_for_encryption(&mut target)?;
                return Ok(target);
            }
            _ => {}
        }
    }
}

pub(super) fn is_embedded(target: &Map<String, Json>) -> bool {
    target.get("embedded").is_some_and(|embedded| *embedded != Json::Bool(false))
}

/// Without a question, libpq's default would send data in the clear where the server does not insist.
fn ask_for_encryption(target: &mut Map<String, Json>) -> Result<()> {
    let host = target.get("host").and_then(Json::as_str).unwrap_or_default();
    if !is_remote(host) {
        return Ok(());
    }
    let question = format!("sslmode ({}; verify-full also checks the server's name)", SSL_MODES.join(", "));
    loop {
        let mode = prompt::ask(&question, Some("require"))?;
        if SSL_MODES.contains(&mode.as_str()) {
            target.insert("sslmode".to_owned(), mode.into());
            return Ok(());
        }
    }
}

/// Whether the connection leaves the machine: not by a socket's directory or a loopback address.
fn is_remote(host: &str) -> bool {
    let is_loopback =
        host.parse::<std::net::IpAddr>().map_or(host == "localhost", |address| address.is_loopback());
    !(host.is_empty() || host.starts_with('/') || is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_hosts_are_told_from_this_machine() {
        for host in ["db.internal", "10.0.0.1", "2001:db8::1", "localhost.example"] {
            assert!(is_remote(host), "{host}");
        }
        for host in ["", "localhost", "127.0.0.1", "127.1.2.3", "::1", "/var/run/postgresql"] {
            assert!(!is_remote(host), "{host}");
        }
    }
}
