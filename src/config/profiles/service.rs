//! `pg_service.conf`: named sets of connection parameters.

use std::path::PathBuf;

use crate::hashed::IndexMap;

pub(super) fn find(name: &str) -> Option<IndexMap<String, String>> {
    let named = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    let user = named("PGSERVICEFILE").or_else(|| Some(named("HOME")?.join(".pg_service.conf")));
    let system = named("PGSYSCONFDIR").map(|directory| directory.join("pg_service.conf"));
    [user, system].into_iter().flatten().find_map(|path| search(&std::fs::read_to_string(path).ok()?, name))
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
