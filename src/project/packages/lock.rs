//! package-lock.yml: every package with its exact version, and a hash of what was asked for.

use std::fmt::Write as _;

use serde_json::Value as Json;
use sha1::{Digest, Sha1};

use crate::config::packages::{LOCK_FILE, PackageSpec, PackagesFile};
use crate::config::yaml::to_yaml_text;
use crate::diagnostic::Result;

use super::download::Downloads;
use super::{DepsEvent, DepsRequest, failed, resolve};

pub(super) fn write(
    request: &DepsRequest<'_>,
    asked: &PackagesFile,
    downloads: &Downloads,
    emit: &mut dyn FnMut(DepsEvent),
) -> Result<()> {
    if asked.packages.is_empty() {
        emit(DepsEvent::NoPackages);
        return Ok(());
    }
    let resolved = resolve::resolve(request, &asked.packages, downloads, emit)?;
    let entries: Vec<Json> =
        resolved.iter().map(|(package, name)| package.lock_entry(name, &request.secrets, emit)).collect();
    let text = lock_text(&entries, &hash(&asked.packages));
    let path = request.project_directory.join(LOCK_FILE);
    crate::output::write(&path.canonicalize().unwrap_or_else(|_| path.clone()), text).map_err(|problem| {
        failed("lock-file", format!("cannot write {}: {problem}", path.display())).boxed()
    })?;
    emit(DepsEvent::LockUpdating { path });
    Ok(())
}

/// dbt indents the entries of the list, which PyYAML itself does not.
fn lock_text(entries: &[Json], hash: &str) -> String {
    let mut text = String::from("packages:\n");
    for entry in entries {
        for (at, line) in to_yaml_text(entry).lines().enumerate() {
            let _ = writeln!(text, "  {} {line}", if at == 0 { '-' } else { ' ' });
        }
    }
    if entries.is_empty() {
        text = String::from("packages: []\n");
    }
    let _ = writeln!(text, "sha1_hash: {hash}");
    text
}

/// The SHA-1 of the packages as Python's `json.dumps(sort_keys=True)` writes them, sorted.
pub(super) fn hash(packages: &[PackageSpec]) -> String {
    let mut texts: Vec<String> = packages.iter().map(|package| python_json(&package.hashed)).collect();
    texts.sort_unstable();
    crate::hex::digits(Sha1::digest(texts.join("\n").as_bytes()))
}

fn python_json(value: &Json) -> String {
    match value {
        Json::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort_unstable();
            let pairs: Vec<String> = keys
                .into_iter()
                .map(|key| format!("{}: {}", python_string(key), python_json(&object[key])))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Json::Array(items) => {
            format!("[{}]", items.iter().map(python_json).collect::<Vec<_>>().join(", "))
        }
        Json::String(text) => python_string(text),
        other => other.to_string(),
    }
}

/// Python escapes everything beyond ASCII.
fn python_string(text: &str) -> String {
    let mut escaped = String::new();
    for c in Json::from(text).to_string().chars() {
        if c.is_ascii() {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml::load_text;

    /// Recorded from dbt 1.11 for the same list.
    #[test]
    fn the_hash_equals_dbts() {
        let text = "- local: ../local1\n- {git: 'file:///x', revision: v1}\n\
                    - {git: g, subdirectory: sub, revision: 1.0, warn-unpinned: false}\n\
                    - {package: dbt-labs/dbt_utils, version: 1.1.1}\n\
                    - {package: dbt-labs/x, version: ['>=1', '<2'], install_prerelease: true}\n\
                    - {tarball: 'http://x', name: té}\n- {package: a/b, version: 0.1}\n\
                    - {private: o/r, revision: '1'}\n- {local: b, name: q}\n";
        let yaml = load_text("packages.yml", text).unwrap();
        let entries = yaml.as_sequence().unwrap();
        let packages: Vec<PackageSpec> =
            entries.iter().map(|entry| PackageSpec::read(entry, entry.to_json()).unwrap()).collect();
        assert_eq!(hash(&packages), "1295207b387570a3e7a52e4e721d535a37930052");
    }

    #[test]
    fn the_file_is_written_as_dbt_writes_it() {
        let entries = [
            serde_json::json!({"local": "../a", "name": "a"}),
            serde_json::json!({"name": "u", "package": "x/u", "version": "1.0.0"}),
        ];
        assert_eq!(
            lock_text(&entries, "abc"),
            "packages:\n  - local: ../a\n    name: a\n  - name: u\n    package: x/u\n    version: 1.0.0\nsha1_hash: abc\n"
        );
    }
}
