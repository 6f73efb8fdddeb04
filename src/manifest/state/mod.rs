//! An earlier state of the project, from the artifacts in a directory, for `--state` and `--defer`.

mod compare;
mod contract;
mod defer;
mod macros;

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashMap;

use super::{Manifest, Metadata};

pub(crate) use compare::{Aspect, SourceNames, StateComparison};
pub(crate) use defer::{Deferral, Favor};

/// What the directory holds; each file may be missing.
#[derive(Debug, Clone, Default)]
pub(crate) struct PreviousState {
    pub manifest: Option<Manifest>,
    /// Unique ids and statuses of run_results.json.
    pub results: Option<Vec<PriorResult>>,
    pub sources: Option<SourceStates>,
    /// sources.json of the target directory, to compare with.
    pub sources_current: Option<SourceStates>,
    pub source_names: SourceNames,
    pub warnings: Vec<Diagnostic>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PriorResult {
    pub unique_id: String,
    pub status: String,
}

/// When each source was loaded last; `None` for one that failed.
pub(super) type SourceStates = HashMap<String, Option<String>>;

impl PreviousState {
    pub(crate) fn load(state: &Path, target: &Path) -> Result<Self> {
        Ok(Self {
            manifest: read_manifest(&state.join("manifest.json"))?,
            results: read::<ResultsFile>(&state.join("run_results.json"))?.map(|file| file.results),
            sources: read_sources(&state.join("sources.json"))?,
            sources_current: read_sources(&target.join("sources.json"))?,
            ..Self::default()
        })
    }

    /// Sources loaded since the earlier state.
    pub(crate) fn fresher_sources(&self) -> Result<Vec<&str>> {
        let missing = |which: &str| {
            Diagnostic::new(
                "missing-state",
                crate::diagnostic::Category::Internal,
                format!("No {which} state comparison freshness results in sources.json"),
            )
            .help("run `source freshness` first")
            .boxed()
        };
        let earlier = self.sources.as_ref().ok_or_else(|| missing("previous"))?;
        let current = self.sources_current.as_ref().ok_or_else(|| missing("current"))?;
        let mut fresher = Vec::new();
        for (id, loaded) in current {
            let Some(loaded) = loaded else { continue };
            match earlier.get(id) {
                Some(Some(before)) if !is_later(loaded, before) => {}
                _ => fresher.push(id.as_str()),
            }
        }
        Ok(fresher)
    }
}

fn is_later(left: &str, right: &str) -> bool {
    match (left.parse::<jiff::Timestamp>(), right.parse::<jiff::Timestamp>()) {
        (Ok(left), Ok(right)) => left > right,
        _ => left > right,
    }
}

#[derive(Deserialize)]
struct ResultsFile {
    results: Vec<PriorResult>,
}

#[derive(Deserialize)]
struct SourcesFile {
    results: Vec<SourceResult>,
}

#[derive(Deserialize)]
struct SourceResult {
    unique_id: String,
    #[serde(default)]
    max_loaded_at: Option<String>,
}

fn read_sources(path: &Path) -> Result<Option<SourceStates>> {
    let file = read::<SourcesFile>(path)?;
    Ok(file.map(|file| file.results.into_iter().map(|it| (it.unique_id, it.max_loaded_at)).collect()))
}

fn read_manifest(path: &Path) -> Result<Option<Manifest>> {
    // the head first: manifests of another age fail to be read whole
    let Some(Head { metadata }) = read::<Head>(path)? else { return Ok(None) };
    match metadata.schema_number() {
        Some(4..=12) => read(path),
        _ => Err(Diagnostic::runtime(
            "incompatible-artifact",
            format!(
                "Expected a schema version of \"{}\" in {}, but found \"{}\". Are you running with a different \
                 version of dbt?",
                super::SCHEMA_VERSION,
                path.display(),
                metadata.dbt_schema_version
            ),
        )
        .boxed()),
    }
}

#[derive(Deserialize)]
struct Head {
    metadata: Metadata,
}

/// `None` when there is no such file.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let problem = |cause: String| {
        Diagnostic::runtime("unreadable-artifact", format!("could not read `{}`", path.display()))
            .cause(cause)
            .help("`--state` wants a directory with artifacts of an earlier run")
            .boxed()
    };
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|error| problem(error.to_string()))?;
    serde_json::from_slice(&bytes).map(Some).map_err(|error| problem(error.to_string()))
}

#[cfg(test)]
mod tests;
