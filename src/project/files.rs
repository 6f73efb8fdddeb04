//! The files of a package, by what dbt makes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::diagnostic::SourceText;

/// Larger seeds are known by their path alone (dbt's limit).
pub(super) const MAXIMUM_SEED_SIZE: u64 = 1024 * 1024;

/// What dbt parses a file as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum FileKind {
    Macro,
    Model,
    Snapshot,
    Analysis,
    SingularTest,
    GenericTest,
    Seed,
    Documentation,
    Properties,
    Fixture,
    Function,
    Pipeline,
    /// What pipeline files name as `sql_file`.
    PipelineQuery,
    Job,
}

/// One file, read once; of seeds only the place is known.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    pub kind: FileKind,
    pub absolute_path: PathBuf,
    /// The configured directory it was found under, as `models`.
    pub searched_path: String,
    /// Its path below that directory, as `staging/orders.sql`.
    pub relative_path: String,
    /// The text; its `path` is the one to print (packages' files start with `dbt_packages/`).
    pub source: Arc<SourceText>,
}

impl SourceFile {
    /// dbt's `original_file_path`: relative to its own package.
    pub(crate) fn original_file_path(&self) -> String {
        join(&self.searched_path, &self.relative_path)
    }

    /// The file's name without directories and extension: what a model is called.
    pub(crate) fn stem(&self) -> &str {
        let name = self.relative_path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    pub(crate) fn extension(&self) -> &str {
        self.relative_path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// The directories and the stem: what follows the package's name in an fqn.
    pub(crate) fn fqn_parts(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = self.relative_path.split('/').collect();
        parts.pop();
        parts.push(self.stem());
        parts
    }

    /// The text without space around it: dbt's `raw_code`, which is also what is hashed.
    pub(crate) fn code(&self) -> &str {
        self.source.text.trim_matches(is_python_space)
    }

    /// As dbt computes it. A seed is read for it; above the size limit its path stands in.
    pub(crate) fn checksum(&self) -> Checksum {
        if self.kind != FileKind::Seed {
            return Checksum::of_text(self.code());
        }
        seed_checksum(&self.absolute_path, &self.original_file_path(), MAXIMUM_SEED_SIZE)
    }
}

/// The checksum of a seed with a size limit of one's own (`--maximum-seed-size-mib`).
pub(crate) fn seed_checksum(path: &Path, original_file_path: &str, limit: u64) -> Checksum {
    let too_large = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > limit);
    match crate::regular::read(path) {
        Ok(bytes) if !too_large => {
            let text = String::from_utf8_lossy(&bytes);
            Checksum::of_text(text.trim_matches(is_python_space))
        }
        _ => Checksum { name: "path".into(), checksum: original_file_path.into() },
    }
}

/// The checksum of a node in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum {
    pub name: String,
    pub checksum: String,
}

impl Checksum {
    pub(crate) fn of_text(text: &str) -> Self {
        Self { name: "sha256".into(), checksum: crate::hex::digits(Sha256::digest(text.as_bytes())) }
    }
}

/// Python's `str.strip()` also takes the four separators U+001C to U+001F.
fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

pub(super) fn join(directory: &str, path: &str) -> String {
    let directory = directory.trim_end_matches('/');
    if directory.is_empty() || directory == "." { path.to_owned() } else { format!("{directory}/{path}") }
}

/// The files of one package, each kind sorted by path.
#[derive(Debug, Default)]
pub(crate) struct PackageFiles {
    by_kind: BTreeMap<FileKind, Vec<SourceFile>>,
}

impl PackageFiles {
    pub(crate) fn new(files: Vec<SourceFile>) -> Self {
        let mut by_kind: BTreeMap<FileKind, Vec<SourceFile>> = BTreeMap::new();
        for file in files {
            by_kind.entry(file.kind).or_default().push(file);
        }
        Self { by_kind }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.by_kind.values().flatten()
    }

    pub(crate) fn of(&self, kind: FileKind) -> &[SourceFile] {
        self.by_kind.get(&kind).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_knows_its_names_and_its_checksum() {
        let file = SourceFile {
            kind: FileKind::Model,
            absolute_path: "/p/models/staging/orders.v2.sql".into(),
            searched_path: "models".into(),
            relative_path: "staging/orders.v2.sql".into(),
            source: SourceText::new("models/staging/orders.v2.sql", "\n select 1\n"),
        };
        assert_eq!(file.original_file_path(), "models/staging/orders.v2.sql");
        assert_eq!(file.fqn_parts(), ["staging", "orders.v2"]);
        // echo -n 'select 1' | sha256sum
        assert_eq!(
            file.checksum().checksum,
            "822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f"
        );
    }
}
