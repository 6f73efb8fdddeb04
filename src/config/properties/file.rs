//! One properties file: its lists by kind, checked for shape.

use std::sync::Arc;

use crate::config::yaml::{self, Kind, Yaml};
use crate::diagnostic::{Diagnostic, Result, SourceText, did_you_mean};

/// The lists that a properties file can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum PropertyKind {
    Models,
    Seeds,
    Snapshots,
    Sources,
    Macros,
    DataTests,
    Analyses,
    Exposures,
    Functions,
    Metrics,
    Groups,
    SemanticModels,
    UnitTests,
    SavedQueries,
}

impl PropertyKind {
    /// In the order in which dbt reads them.
    pub(crate) const ALL: [Self; 14] = [
        Self::Models,
        Self::Seeds,
        Self::Snapshots,
        Self::Sources,
        Self::Macros,
        Self::DataTests,
        Self::Analyses,
        Self::Exposures,
        Self::Functions,
        Self::Metrics,
        Self::Groups,
        Self::SemanticModels,
        Self::UnitTests,
        Self::SavedQueries,
    ];

    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Models => "models",
            Self::Seeds => "seeds",
            Self::Snapshots => "snapshots",
            Self::Sources => "sources",
            Self::Macros => "macros",
            Self::DataTests => "data_tests",
            Self::Analyses => "analyses",
            Self::Exposures => "exposures",
            Self::Functions => "functions",
            Self::Metrics => "metrics",
            Self::Groups => "groups",
            Self::SemanticModels => "semantic_models",
            Self::UnitTests => "unit_tests",
            Self::SavedQueries => "saved_queries",
        }
    }

    /// An error of an entry, opened as dbt opens it: conformance suites look for these words.
    pub(super) fn invalid(self, entry: &Yaml, problem: Box<Diagnostic>) -> Box<Diagnostic> {
        let (key, path) = (self.key(), &entry.source().path);
        if problem.message.starts_with("In ") {
            return problem;
        }
        let message = format!("Invalid {key} config given in {path} @ {key}: {}", problem.message);
        Box::new(Diagnostic { message, ..*problem })
    }

    /// The word for one entry in messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Models => "model",
            Self::Seeds => "seed",
            Self::Snapshots => "snapshot",
            Self::Sources => "source",
            Self::Macros => "macro",
            Self::DataTests => "data test",
            Self::Analyses => "analysis",
            Self::Exposures => "exposure",
            Self::Functions => "function",
            Self::Metrics => "metric",
            Self::Groups => "group",
            Self::SemanticModels => "semantic model",
            Self::UnitTests => "unit test",
            Self::SavedQueries => "saved query",
        }
    }
}

/// A parsed properties file.
#[derive(Debug)]
pub(crate) struct PropertiesFile {
    /// A list that cannot be read, and is left out.
    unread: Option<PropertyKind>,
    pub yaml: Yaml,
}

impl PropertiesFile {
    /// Parses a file and checks its lists; `None` for an empty one. Warns of unknown top-level keys.
    pub(crate) fn read(source: &Arc<SourceText>, warnings: &mut Vec<Diagnostic>) -> Result<Option<Self>> {
        let loaded = yaml::load(source)?;
        warnings.extend(loaded.warnings);
        let Some(mapping) = loaded.yaml.as_mapping() else {
            if loaded.yaml.is_null() {
                return Ok(None);
            }
            return Err(Diagnostic::parsing(
                "properties-shape",
                format!("Contents of file '{}' are not valid. Dictionary expected.", source.path),
            )
            .label(loaded.yaml.span(), "")
            .help("start with a list such as `models:`")
            .boxed());
        };
        let mut unread = None;
        for entry in mapping {
            match PropertyKind::ALL.into_iter().find(|kind| kind.key() == entry.key) {
                // dbt goes on without them
                Some(PropertyKind::DataTests) => {
                    if let Err(problem) = check_list(PropertyKind::DataTests, &entry.value) {
                        warnings.push(unread_tests(*problem));
                        unread = Some(PropertyKind::DataTests);
                    }
                }
                Some(kind) => check_list(kind, &entry.value)?,
                None => warn_top_level(entry, warnings),
            }
        }
        Ok(Some(Self { yaml: loaded.yaml, unread }))
    }

    /// The entries of one list; every one is a mapping with a name.
    pub(crate) fn entries(&self, kind: PropertyKind) -> &[Yaml] {
        if self.unread == Some(kind) {
            return &[];
        }
        self.yaml.get(kind.key()).and_then(Yaml::as_sequence).unwrap_or_default()
    }
}

fn unread_tests(problem: Diagnostic) -> Diagnostic {
    let path = problem.labels.first().map(|label| label.span.source.path.clone()).unwrap_or_default();
    let message =
        format!("Unable to parse 'data_tests' section of file '{path}'\nEntry did not contain a name");
    Diagnostic {
        severity: crate::diagnostic::Severity::Warning,
        code: "ValidationWarning",
        message,
        ..problem
    }
}

fn check_list(kind: PropertyKind, list: &Yaml) -> Result<()> {
    let (key, path) = (kind.key(), &list.source().path);
    let invalid = |reason: String, place: &Yaml| {
        Diagnostic::parsing(
            "properties-shape",
            format!("The schema file at {path} is invalid because {reason}"),
        )
        .label(place.span(), "")
    };
    let Kind::Sequence(items) = &list.kind else {
        if list.is_null() && !matches!(kind, PropertyKind::Models | PropertyKind::Sources) {
            return Ok(());
        }
        return Err(invalid(format!("'{key}' is not a list"), list)
            .help(format!("write each entry with a dash: `{key}:` and below it `  - name: ...`"))
            .boxed());
    };
    for item in items {
        let Some(mapping) = item.as_mapping() else {
            return Err(invalid(format!("a list element for '{key}' is not a dictionary"), item)
                .help("each entry is a mapping: `- name: ...`")
                .boxed());
        };
        let named = mapping.get("name").is_some_and(|name| !name.is_null());
        let is_named = named || (kind == PropertyKind::UnitTests && mapping.contains_key("model"));
        if !is_named {
            return Err(invalid(format!("a list element for '{key}' does not have a name attribute."), item)
                .help("add `name: ...`")
                .boxed());
        }
    }
    Ok(())
}

fn warn_top_level(entry: &yaml::Entry, warnings: &mut Vec<Diagnostic>) {
    // dbt: `version` is optional; `anchors` (1.10) and `x-...` hold nothing but anchors.
    if matches!(entry.key.as_str(), "version" | "anchors") || entry.key.starts_with("x-") {
        return;
    }
    let known = PropertyKind::ALL.map(PropertyKind::key);
    // dbt lets further keys be; only what looks like a slip is told
    let Some(help) = did_you_mean(&entry.key, known) else { return };
    warnings.push(
        Diagnostic::warning(
            "UnknownKey",
            format!("unknown key `{}` at the top of {}", entry.key, entry.value.source().path),
        )
        .label(entry.key_span(), "")
        .help(help),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Result<Option<PropertiesFile>>, Vec<Diagnostic>) {
        let mut warnings = Vec::new();
        let file = PropertiesFile::read(&SourceText::new("models/schema.yml", text), &mut warnings);
        (file, warnings)
    }

    #[test]
    fn shapes_are_checked() {
        for (text, place) in [
            ("models: x\n", "models/schema.yml:1:9"),
            ("models:\n  - x\n", "models/schema.yml:2:5"),
            ("sources:\n  - nam: x\n", "models/schema.yml:2:5"),
            ("- a\n", "models/schema.yml:1:1"),
        ] {
            let problem = read(text).0.unwrap_err();
            assert_eq!(problem.labels[0].span.location(), place, "{problem}");
        }
        let (file, warnings) = read("version: 2\nmodel:\n  - name: a\nmodels:\n  - name: b\n");
        assert_eq!(file.unwrap().unwrap().entries(PropertyKind::Models).len(), 1);
        assert_eq!(warnings[0].help.as_deref(), Some("did you mean `models`?"));
        assert!(read("# nothing\n").0.unwrap().is_none());
    }
}
