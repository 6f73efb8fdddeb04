//! Every config that the program reads: dbt's own by resource, those of its Postgres adapter, and ours. A key close to one of
//! them and not among them is a slip; any other is the user's own.

use std::sync::LazyLock;

use serde_json::Value as Json;

use crate::config::Configurable;
use crate::diagnostic::nearest_within;
use crate::hashed::HashSet;

use super::schema;

/// Read by built-in macros or by the run, of every node that is run.
const OF_NODES: &[&str] = &[
    "connection",
    "consume",
    "cron",
    "delete_when",
    "dirty",
    "horizon",
    "incremental_predicates",
    "indexes",
    "latest_version_pointer",
    "lock_timeout",
    "merge_exclude_columns",
    "merge_update_columns",
    "on_error",
    "order_by",
    "partition_by",
    "partitioned",
    "post_hook",
    "pre_hook",
    "predicates",
    "refresh_concurrently",
    "restate",
    "retention",
    "schedule",
    "settings",
    "sql_header",
    "start_date",
    "statement_timeout",
    "tombstone_retention",
    "unlogged",
    "updated_at",
    "written_at",
];
const OF_SEEDS: &[&str] = &["keep_leading_zeros", "null_values", "replace"];
const OF_FUNCTIONS: &[&str] = &["language"];
const OF_SNAPSHOTS: &[&str] = &["hard_deletes", "invalidate_hard_deletes", "snapshot_table_column_names"];
const OF_SOURCES: &[&str] = &["connection", "load"];
const OF_COLUMNS: &[&str] = &["meta", "tags"];

/// Words that mean a config and look nothing like it.
const OTHER_WORDS: &[(&str, &str)] =
    &[("key", "unique_key"), ("keys", "unique_key"), ("materialization", "materialized")];

/// The keys of configs that are mappings.
const BELOW: &[(&str, &[&str])] = &[
    ("build_after", &["count", "period", "updates_on"]),
    ("contract", &["alias_types", "enforced"]),
    ("docs", &["node_color", "show"]),
    ("error_after", &["count", "period"]),
    ("freshness", &["build_after", "error_after", "filter", "warn_after"]),
    ("persist_docs", &["columns", "relation"]),
    ("quoting", &["column", "database", "identifier", "schema"]),
    (
        "snapshot_meta_column_names",
        &["dbt_is_deleted", "dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to"],
    ),
    ("warn_after", &["count", "period"]),
];

/// A name this long is hardly met by chance with two letters off.
const LONG: usize = 12;

/// Where configs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Configured {
    Resource(Configurable),
    Column,
}

/// The configs that are read there; analyses have those of models.
pub(crate) fn known_keys(of: Configured) -> Vec<&'static str> {
    let Configured::Resource(resource) = of else { return OF_COLUMNS.to_vec() };
    let resource = resource.tree();
    let more: &[&[&str]] = match resource {
        Configurable::Model | Configurable::Test => &[OF_NODES],
        Configurable::Function => &[OF_NODES, OF_FUNCTIONS],
        Configurable::Seed => &[OF_NODES, OF_SEEDS],
        Configurable::Snapshot => &[OF_NODES, OF_SNAPSHOTS],
        Configurable::Source => &[OF_SOURCES],
        _ => &[],
    };
    schema::of(resource).keys().chain(more.iter().copied().flatten().copied()).collect()
}

/// Its default by dbt, where it has one.
pub(crate) fn default_of(resource: Configurable, key: &str) -> Option<Json> {
    schema::of(resource.tree()).defaults().get(key).cloned()
}

/// The config that an unknown key was meant to be.
pub(crate) fn meant(of: Configured, key: &str) -> Option<&'static str> {
    // of another resource it is no slip either
    static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        Configurable::ALL.iter().flat_map(|resource| known_keys(Configured::Resource(*resource))).collect()
    });
    if KNOWN.contains(key) {
        return None;
    }
    let known = known_keys(of);
    let by_another_word = OTHER_WORDS.iter().find(|(word, meant)| *word == key && known.contains(meant));
    match by_another_word {
        Some((_, meant)) => Some(meant),
        None => near(key, &known),
    }
}

/// The same below a config that is a mapping.
pub(crate) fn meant_below(config: &str, key: &str) -> Option<&'static str> {
    let (_, known) = BELOW.iter().find(|(known, _)| *known == config)?;
    if known.contains(&key) { None } else { near(key, known) }
}

fn near(key: &str, known: &[&'static str]) -> Option<&'static str> {
    nearest_within(key, known.iter().copied(), if key.chars().count() < LONG { 1 } else { 2 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: Configured = Configured::Resource(Configurable::Model);

    #[test]
    fn slips_have_a_suggestion_and_own_keys_have_none() {
        for (key, config) in [
            ("consumee", "consume"),
            ("sql_headr", "sql_header"),
            ("post_hok", "post_hook"),
            ("unloged", "unlogged"),
            ("indexs", "indexes"),
            ("retension", "retention"),
            ("dirtyy", "dirty"),
            ("delete_whn", "delete_when"),
            ("merge_update_colums", "merge_update_columns"),
            ("Materialized", "materialized"),
            ("uniqueKey", "unique_key"),
            ("incrementl_stratgy", "incremental_strategy"),
            ("keys", "unique_key"),
        ] {
            assert_eq!(meant(MODEL, key), Some(config), "{key}");
        }
        for key in
            ["owner", "team", "cluster_by", "event_name", "dist", "sort", "target_lag", "strategy", "where"]
        {
            assert_eq!(meant(MODEL, key), None, "{key}");
        }
        assert_eq!(meant(Configured::Resource(Configurable::Seed), "replce"), Some("replace"));
        assert_eq!(meant(Configured::Resource(Configurable::Snapshot), "hard_delete"), Some("hard_deletes"));
        assert_eq!(meant(Configured::Column, "tag"), Some("tags"));
        assert_eq!(meant_below("docs", "shwo"), Some("show"));
        assert_eq!(meant_below("meta", "shwo"), None);
    }

    /// Built-in macros and the program ask for no config that is not known here.
    #[test]
    fn every_config_that_is_read_is_known() {
        fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() { files(&path, found) } else { found.push(path) }
            }
        }
        let mut paths = Vec::new();
        files(std::path::Path::new("src"), &mut paths);
        let known: Vec<&str> = Configurable::ALL
            .iter()
            .flat_map(|resource| known_keys(Configured::Resource(*resource)))
            // what a unit test is given is no config of a user's
            .chain(["expected_rows", "expected_sql"])
            .collect();
        let mut asked = 0;
        for path in
            paths.iter().filter(|path| path.extension().is_some_and(|kind| kind == "sql" || kind == "rs"))
        {
            let text = std::fs::read_to_string(path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            for call in ["config.get(", "config'].get(", "config().get(", " config("] {
                for (at, _) in code.match_indices(call) {
                    let rest = &code[at + call.len()..];
                    let Some(quote @ ('\'' | '"')) = rest.chars().next() else { continue };
                    let key = rest[1..].split(quote).next().unwrap();
                    if !key.chars().all(|c| c.is_ascii_lowercase() || "_-".contains(c)) {
                        continue;
                    }
                    asked += 1;
                    assert!(known.contains(&key), "{}: `{key}` is read", path.display());
                }
            }
        }
        assert!(asked > 100, "{asked}");
    }

    /// Substitutions, omissions, insertions and swaps of one letter, of every key.
    #[test]
    fn every_slip_of_one_letter_is_found() {
        let all = Configurable::ALL.map(|resource| (resource, known_keys(Configured::Resource(resource))));
        let keys: HashSet<&str> = all.iter().flat_map(|(_, keys)| keys.iter().copied()).collect();
        // those with the same keys are one case
        let cases: std::collections::BTreeMap<_, _> =
            all.into_iter().map(|(resource, keys)| (keys, resource)).collect();
        for (known, resource) in cases {
            let of = Configured::Resource(resource);
            for key in known {
                for slip in slips(key) {
                    let found = meant(of, &slip);
                    let is_another = keys.contains(slip.as_str());
                    assert_eq!(found.is_none(), is_another, "{resource:?}: {key}: {slip}: {found:?}");
                }
            }
        }
    }

    fn slips(key: &str) -> Vec<String> {
        let letters: Vec<char> = key.chars().collect();
        let mut slips = Vec::new();
        for at in 0..letters.len() {
            let with = |middle: &[char]| -> String {
                letters[..at].iter().chain(middle).chain(&letters[at + 1..]).collect()
            };
            slips.push(with(&[]));
            slips.push(with(&[letters[at], letters[at]]));
            for other in 'a'..='z' {
                slips.push(with(&[other]));
                slips.push(with(&[other, letters[at]]));
            }
            if at + 1 < letters.len() {
                let mut swapped = letters.clone();
                swapped.swap(at, at + 1);
                slips.push(swapped.into_iter().collect());
            }
        }
        slips.retain(|slip| slip != key && !slip.is_empty());
        slips
    }
}
