//! Columns of models, sources, seeds and snapshots.

use serde_json::{Map, Value as Json};

use super::known_keys;
use crate::config::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, Result, Span, did_you_mean};

const CONSTRAINT_TYPES: [&str; 6] = ["check", "not_null", "unique", "primary_key", "foreign_key", "custom"];

/// One entry of `columns:`. The description is not rendered yet; the tests are raw definitions.
#[derive(Debug, Clone)]
pub(crate) struct ColumnProperties<'a> {
    pub name: String,
    pub description: String,
    pub data_type: Option<String>,
    pub constraints: Vec<Json>,
    /// `meta` and `config.meta`, merged; the latter wins.
    pub meta: Map<String, Json>,
    /// `tags` and `config.tags`, without repeats.
    pub tags: Vec<String>,
    pub quote: Option<bool>,
    pub granularity: Option<String>,
    pub tests: &'a [Yaml],
    /// Keys that dbt does not know; they stay visible in the manifest.
    pub extra: Map<String, Json>,
    pub span: Span,
}

impl<'a> ColumnProperties<'a> {
    pub(crate) fn read(yaml: &'a Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let column = Fields::named(yaml, "column")?;
        column.warn_mistyped(known_keys::COLUMN, warnings);
        let config = column.object("config")?.unwrap_or_default();
        let mut meta = column.object("meta")?.unwrap_or_default();
        if let Some(Json::Object(more)) = config.get("meta") {
            meta.extend(more.clone());
        }
        let mut tags = column.strings("tags")?.unwrap_or_default();
        tags.extend(match config.get("tags") {
            Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
            Some(Json::String(tag)) => vec![tag.clone()],
            _ => Vec::new(),
        });
        let mut unique: Vec<String> = Vec::new();
        for tag in tags {
            if !unique.contains(&tag) {
                unique.push(tag);
            }
        }
        let known = |key: &str| known_keys::COLUMN[..12].contains(&key);
        // what descriptions show is found in them
        let extra = column.mapping().iter().filter(|entry| !known(&entry.key) && entry.key != "doc_blocks");
        Ok(Self {
            name: column.name().to_owned(),
            description: column.string_or_empty("description")?,
            data_type: column.string("data_type")?,
            constraints: read_constraints(&column)?,
            meta,
            tags: unique,
            quote: column.boolean("quote")?,
            granularity: column.string("granularity")?,
            tests: read_tests(&column)?,
            extra: extra.map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
            span: yaml.span(),
        })
    }

    pub(super) fn read_all(owner: &Fields<'a>, warnings: &mut Vec<Diagnostic>) -> Result<Vec<Self>> {
        owner.list("columns")?.iter().map(|column| Self::read(column, warnings)).collect()
    }
}

/// `data_tests:` or its older name `tests:`; both at once is an error.
pub(super) fn read_tests<'a>(owner: &Fields<'a>) -> Result<&'a [Yaml]> {
    if let (Some(_), Some(old)) = (owner.get("data_tests"), owner.mapping().entry("tests"))
        && !old.value.is_null()
    {
        return Err(Diagnostic::parsing(
            "tests-twice",
            format!("Invalid test config: cannot have both 'tests' and 'data_tests' defined on {owner}"),
        )
        .label(old.key_span(), "")
        .help("`tests` is the older name of `data_tests`: merge the two lists")
        .boxed());
    }
    let tests = match owner.get("data_tests") {
        Some(_) => owner.list("data_tests")?,
        None => owner.list("tests")?,
    };
    for test in tests {
        if test.as_str().is_none() && test.as_mapping().is_none() {
            return Err(test.wrong_type(&format!("a test of {owner}"), "a name or a mapping"));
        }
    }
    Ok(tests)
}

/// `constraints:` as JSON, each with a valid `type`.
pub(super) fn read_constraints(owner: &Fields<'_>) -> Result<Vec<Json>> {
    let mut constraints = Vec::new();
    for item in owner.list("constraints")? {
        let fields = Fields::new(item, "constraint", "")?;
        let kind = fields.string("type")?;
        if !kind.as_deref().is_some_and(|kind| CONSTRAINT_TYPES.contains(&kind)) {
            let help = kind.and_then(|kind| did_you_mean(&kind, CONSTRAINT_TYPES));
            return Err(Diagnostic::parsing(
                "constraint-type",
                format!(
                    "Invalid constraint type on {owner}: it must be one of {}",
                    CONSTRAINT_TYPES.join(", ")
                ),
            )
            .label(item.get("type").unwrap_or(item).span(), "")
            .maybe_help(help)
            .boxed());
        }
        constraints.push(item.to_json());
    }
    Ok(constraints)
}
