//! The small typed parts of dbt_project.yml.

use serde_json::Value as Json;

use crate::config::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, Result};

/// Which parts of a relation's name are quoted; `None` leaves the adapter's default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Quoting {
    pub database: Option<bool>,
    pub schema: Option<bool>,
    pub identifier: Option<bool>,
    /// Of a source: its columns in tests.
    pub column: Option<bool>,
}

impl Quoting {
    pub(crate) fn read(yaml: &Yaml, owner: &str) -> Result<Self> {
        let fields = Fields::new(yaml, "quoting block", owner)?;
        Ok(Self {
            // dbt: `project` is BigQuery's word, accepted everywhere.
            database: fields.boolean("database")?.or(fields.boolean("project")?),
            schema: fields.boolean("schema")?,
            identifier: fields.boolean("identifier")?,
            column: fields.boolean("column")?,
        })
    }

    /// The parts set here over those of `base`.
    #[must_use]
    pub(crate) fn over(self, base: Self) -> Self {
        Self {
            database: self.database.or(base.database),
            schema: self.schema.or(base.schema),
            identifier: self.identifier.or(base.identifier),
            column: self.column.or(base.column),
        }
    }
}

/// One entry of `dispatch:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dispatch {
    pub macro_namespace: String,
    pub search_order: Vec<String>,
}

impl Dispatch {
    pub(super) fn read(yaml: &Yaml) -> Result<Self> {
        let parts = yaml.get("macro_namespace").and_then(Yaml::as_str).zip(
            yaml.get("search_order").and_then(Yaml::as_sequence).and_then(|order| {
                order.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
            }),
        );
        match parts {
            Some((namespace, search_order)) => {
                Ok(Self { macro_namespace: namespace.to_owned(), search_order })
            }
            None => Err(Diagnostic::runtime(
                "dispatch-config",
                format!("Invalid project dispatch config: {}", yaml.to_json()),
            )
            .label(yaml.span(), "")
            .help("each entry needs `macro_namespace: <package>` and `search_order: [<package>, ...]`")
            .boxed()),
        }
    }
}

/// `query-comment:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryComment {
    /// The Jinja of the comment; `None` is the default comment, an empty text none at all.
    pub comment: Option<String>,
    pub append: bool,
    pub job_label: bool,
}

impl QueryComment {
    pub(super) fn read(yaml: Option<&Yaml>) -> Result<Self> {
        let default = Self { comment: None, append: false, job_label: false };
        let Some(yaml) = yaml else { return Ok(default) };
        if yaml.is_null() || yaml.to_json() == Json::Bool(false) {
            return Ok(Self { comment: Some(String::new()), ..default });
        }
        if let Some(text) = yaml.as_str() {
            return Ok(Self { comment: Some(text.to_owned()), ..default });
        }
        let fields = Fields::new(yaml, "query-comment", "")?;
        let comment = match yaml.get("comment") {
            Some(value) if value.is_null() => Some(String::new()),
            _ => fields.text("comment")?,
        };
        Ok(Self {
            comment,
            append: fields.boolean("append")?.unwrap_or(false),
            job_label: fields.boolean("job-label")?.unwrap_or(false),
        })
    }
}

/// The directories of each kind of file, relative to the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourcePaths {
    pub models: Vec<String>,
    pub seeds: Vec<String>,
    pub snapshots: Vec<String>,
    pub tests: Vec<String>,
    pub macros: Vec<String>,
    pub analyses: Vec<String>,
    pub functions: Vec<String>,
    pub docs: Vec<String>,
    pub assets: Vec<String>,
}

impl SourcePaths {
    /// Where properties files may lie: every path of resources, in dbt's order, without repeats.
    pub(crate) fn all_sources(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let groups = [
            &self.models,
            &self.seeds,
            &self.snapshots,
            &self.analyses,
            &self.macros,
            &self.tests,
            &self.functions,
        ];
        for path in groups.into_iter().flatten() {
            let path = path.trim_end_matches('/');
            if !all.iter().any(|known| known == path) {
                all.push(path.to_owned());
            }
        }
        all
    }
}
