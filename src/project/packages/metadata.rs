//! What a package tells about itself: its name, and the packages that it needs.

use serde_json::Value as Json;

use crate::config::Yaml;
use crate::config::packages::PackageSpec;
use crate::diagnostic::{Result, SourceText, Span};

/// A package's name and the packages that it asks for in turn.
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) packages: Vec<PackageSpec>,
}

/// Packages that a hub's answer lists.
pub(super) fn specs_of(list: &Json, shown: &str) -> Result<Vec<PackageSpec>> {
    let source = SourceText::new(shown, list.to_string());
    let place = Span::new(&source, 0..source.text.len());
    let yaml = Yaml::from_json(list.clone(), &place);
    let entries = yaml.as_sequence().unwrap_or_default();
    entries.iter().map(|entry| PackageSpec::read(entry, entry.to_json())).collect()
}
