//! `pg_service.conf`: named sets of connection parameters.

use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::IndexMap;
use crate::regular;

/// What a service says, and where.
pub(super) struct Service {
    pub(super) file: PathBuf,
    pub(super) parameters: IndexMap<String, String>,
}

/// A file that is there and cannot be read is not the same as none.
pub(super) fn find(name: &str) -> Result<Option<Service>> {
    let named = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let user = named("PGSERVICEFILE").or_else(|| Some(named("HOME")?.join(".pg_service.conf")));
    let system = named("PGSYSCONFDIR").map(|directory| directory.join("pg_service.conf"));
    for path in [user, system].into_iter().flatten() {
        let text = regular::read_if_there(&path).map_err(|error| {
            let message = format!("the service file {} cannot be read: {error}", path.display());
            Diagnostic::runtime("profile-service", message).boxed()
        })?;
        if let Some(found) = text.and_then(|text| search(&text, name)) {
            return Ok(Some(Service { file: path, parameters: found }));
        }
    }
    Ok(None)
}

fn search(text: &str, name: &str) -> Option<IndexMap<String, String>> {
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            if found.is_some() {
                break;
            }
            if section == name {
                found = Some(IndexMap::default());
            }
        } else if let (Some(parameters), Some((key, value))) = (found.as_mut(), line.split_once('='))
            && !line.starts_with('#')
        {
            parameters.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_a_service() {
        let text = "[a]\nhost=x\n# c=d\n[b]\nhost = y\nport=1\n[c]\nhost=z\n";
        let found = search(text, "b").unwrap();
        assert_eq!(found.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>(), ["host=y", "port=1"]);
        assert!(search(text, "d").is_none());
    }
}
