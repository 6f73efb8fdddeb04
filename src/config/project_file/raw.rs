//! dbt_project.yml before its Jinja is rendered: enough to find the profile, the flags and the vars.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::config::{Renderer, Yaml, holds_jinja, optional_text, yaml};
use crate::diagnostic::{Diagnostic, Result, SourceText};

use super::PROJECT_FILE;

/// A parsed, unrendered project file.
#[derive(Debug, Clone)]
pub(crate) struct RawProjectFile {
    pub directory: PathBuf,
    pub yaml: Yaml,
    /// vars.yml beside it, if there is one.
    pub vars_file: Option<Yaml>,
    pub warnings: Vec<Diagnostic>,
}

impl RawProjectFile {
    /// Reads the project file of a directory; `shown` prefixes its path in messages (packages).
    pub(crate) fn read(directory: &Path, shown: &str) -> Result<Self> {
        let path = directory.join(PROJECT_FILE);
        let text = optional_text(directory, shown, PROJECT_FILE)?.ok_or_else(|| missing(&path))?;
        let loaded = yaml::load(&SourceText::new(format!("{shown}{PROJECT_FILE}"), text))?;
        if loaded.yaml.as_mapping().is_none() {
            return Err(Diagnostic::runtime(
                "project-file-empty",
                format!("{PROJECT_FILE} does not parse to a dictionary"),
            )
            .label(loaded.yaml.span(), "")
            .help("it needs at least `name: <project>`")
            .boxed());
        }
        let mut raw = Self {
            directory: directory.to_path_buf(),
            yaml: loaded.yaml,
            vars_file: None,
            warnings: loaded.warnings,
        };
        raw.read_vars_file(shown)?;
        Ok(raw)
    }

    fn read_vars_file(&mut self, shown: &str) -> Result<()> {
        let Some(text) = optional_text(&self.directory, shown, "vars.yml")? else { return Ok(()) };
        let loaded = yaml::load(&SourceText::new(format!("{shown}vars.yml"), text))?;
        self.warnings.extend(loaded.warnings);
        // A vars.yml of another tool has no `vars:`; dbt 1.12 reads only that key.
        let Some(vars) = loaded.yaml.get("vars").filter(|vars| !vars.is_null()) else { return Ok(()) };
        vars.expect_mapping("`vars` of vars.yml")?;
        if let Some(entry) = self.yaml.as_mapping().and_then(|mapping| mapping.entry("vars")) {
            return Err(Diagnostic::runtime(
                "vars-twice",
                format!("vars cannot be given both in vars.yml and in {PROJECT_FILE}"),
            )
            .label(entry.key_span(), "")
            .help("keep them in one of the two files")
            .boxed());
        }
        self.vars_file = Some(vars.clone());
        Ok(())
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.yaml.get("name").and_then(Yaml::as_str)
    }

    /// `vars:` as written, from either file.
    pub(crate) fn vars(&self) -> Option<&Yaml> {
        self.vars_file.as_ref().or_else(|| self.yaml.get("vars")).filter(|vars| !vars.is_null())
    }

    /// `profile:`, rendered.
    pub(crate) fn profile(&self, renderer: &dyn Renderer) -> Result<Option<String>> {
        let Some(value) = self.yaml.get("profile").filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        match value.as_str() {
            Some(text) if holds_jinja(text) => match renderer.render(text, value.span())? {
                Json::String(name) => Ok(Some(name)),
                Json::Null => Ok(None),
                other => Ok(Some(other.to_string())),
            },
            _ => Ok(value.scalar_text()),
        }
    }

    /// `flags:`; what is wrong in it is said when the file is rendered.
    pub(crate) fn flags(&self) -> serde_json::Map<String, Json> {
        match self.yaml.get("flags").map(Yaml::to_json) {
            Some(Json::Object(flags)) => flags,
            _ => serde_json::Map::new(),
        }
    }
}

fn missing(path: &Path) -> Box<Diagnostic> {
    Diagnostic::runtime(
        "project-file-missing",
        format!("No {PROJECT_FILE} found at expected path {}", path.display()),
    )
    .help("run inside a dbt project, name one with `--project-dir`, or make one with `rsdbt init`")
    .boxed()
}
