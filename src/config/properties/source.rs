//! Sources and their tables, with what a table inherits from its source.

use serde_json::{Map, Value as Json};

use crate::config::project_file::Quoting;
use crate::config::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, Result, Span};

use super::column::{ColumnProperties, read_tests};
use super::freshness::Freshness;
use super::{PropertyKind, known_keys};

/// One entry of `sources:`; descriptions and tests are raw.
#[derive(Debug, Clone)]
pub(crate) struct SourceProperties<'a> {
    pub name: String,
    /// `None` and empty differ only for a patch (`overrides`).
    pub description: Option<String>,
    pub database: Option<String>,
    /// dbt uses the source's name where this is absent.
    pub schema: Option<String>,
    pub loader: String,
    pub quoting: Quoting,
    pub meta: Map<String, Json>,
    pub tags: Vec<String>,
    pub config: Map<String, Json>,
    pub loaded_at: LoadedAt,
    /// `None`: `freshness: null`.
    pub freshness: Option<Freshness>,
    pub tables: Vec<TableProperties<'a>>,
    pub yaml: &'a Yaml,
}

/// One entry of `tables:`.
#[derive(Debug, Clone)]
pub(crate) struct TableProperties<'a> {
    pub name: String,
    pub description: Option<String>,
    pub identifier: Option<String>,
    pub quoting: Quoting,
    pub external: Option<Json>,
    pub meta: Map<String, Json>,
    pub tags: Vec<String>,
    pub config: Map<String, Json>,
    pub loaded_at: LoadedAt,
    pub freshness: Option<Freshness>,
    pub columns: Vec<ColumnProperties<'a>>,
    pub tests: &'a [Yaml],
    pub span: Span,
    pub yaml: &'a Yaml,
}

/// `loaded_at_field` and `loaded_at_query`; at a table an explicit null hides the source's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LoadedAt {
    pub field: Option<String>,
    pub query: Option<String>,
    pub field_is_given: bool,
}

impl<'a> SourceProperties<'a> {
    pub(crate) fn read(yaml: &'a Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        Self::read_entry(yaml, warnings).map_err(|problem| PropertyKind::Sources.invalid(yaml, problem))
    }

    fn read_entry(yaml: &'a Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let source = Fields::named(yaml, "source")?;
        source.warn_unknown(known_keys::SOURCE, warnings);
        // whose source the entry patches; patches are applied to what is written
        source.string("overrides")?;
        let mut tables = Vec::new();
        for table in source.list("tables")? {
            tables.push(TableProperties::read(table, warnings)?);
        }
        Ok(Self {
            name: source.name().to_owned(),
            description: source.string("description")?,
            database: source.string("database")?.or(source.string("dbname")?),
            schema: source.string("schema")?,
            loader: source.string_or_empty("loader")?,
            quoting: read_quoting(&source)?,
            meta: source.object("meta")?.unwrap_or_default(),
            tags: source.strings("tags")?.unwrap_or_default(),
            config: source.object("config")?.unwrap_or_default(),
            loaded_at: LoadedAt::read(&source)?,
            freshness: Freshness::of(&source)?,
            tables,
            yaml,
        })
    }

    /// The config that the properties give a table: the source's, the table's, and the merged freshness,
    /// `loaded_at_*`, meta and tags. It goes into the node config as the properties' part.
    pub(crate) fn table_config(&self, table: &TableProperties<'_>) -> Result<Map<String, Json>> {
        let mut config = self.config.clone();
        config.extend(table.config.clone());
        if let (Some(Json::Object(of_source)), Some(Json::Object(of_table))) =
            (self.config.get("load"), table.config.get("load"))
        {
            let mut load = of_source.clone();
            load.extend(of_table.clone());
            config.insert("load".into(), Json::Object(load));
        }
        let thresholds = [
            self.freshness.clone(),
            Freshness::in_config(&self.config, self.yaml)?,
            table.freshness.clone(),
            Freshness::in_config(&table.config, table.yaml)?,
        ];
        match Freshness::merge(thresholds) {
            None => {
                config.insert("freshness".into(), Json::Null);
            }
            Some(freshness) if freshness.is_set() => {
                config.insert("freshness".into(), freshness.to_json());
            }
            Some(_) => {
                config.shift_remove("freshness");
            }
        }
        let loaded_at = table.loaded_at.over(&self.loaded_at);
        config.insert("loaded_at_field".into(), loaded_at.field.map_or(Json::Null, Json::String));
        config.insert("loaded_at_query".into(), loaded_at.query.map_or(Json::Null, Json::String));
        config.insert("meta".into(), Json::Object(self.table_meta(table)));
        config.insert("tags".into(), self.table_tags(table).into());
        Ok(config)
    }

    /// The source's own meta, before a table's is merged in.
    pub(crate) fn source_meta(&self) -> Map<String, Json> {
        let mut meta = self.meta.clone();
        meta.extend(config_meta(&self.config));
        meta
    }

    fn table_meta(&self, table: &TableProperties<'_>) -> Map<String, Json> {
        let mut meta = self.source_meta();
        meta.extend(table.meta.clone());
        meta.extend(config_meta(&table.config));
        meta
    }

    /// All tags, sorted and without repeats.
    fn table_tags(&self, table: &TableProperties<'_>) -> Vec<String> {
        let mut tags = self.tags.clone();
        tags.extend(config_tags(&self.config));
        tags.extend(table.tags.iter().cloned());
        tags.extend(config_tags(&table.config));
        tags.sort_unstable();
        tags.dedup();
        tags
    }
}

impl<'a> TableProperties<'a> {
    fn read(yaml: &'a Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let table = Fields::named(yaml, "source table")?;
        table.warn_mistyped(known_keys::TABLE, warnings);
        Ok(Self {
            name: table.name().to_owned(),
            description: table.string("description")?,
            identifier: table.string("identifier")?,
            quoting: read_quoting(&table)?,
            external: table.nested("external")?.map(Yaml::to_json),
            meta: table.object("meta")?.unwrap_or_default(),
            tags: table.strings("tags")?.unwrap_or_default(),
            config: table.object("config")?.unwrap_or_default(),
            loaded_at: LoadedAt::read(&table)?,
            freshness: Freshness::of(&table)?,
            columns: ColumnProperties::read_all(&table, warnings)?,
            tests: read_tests(&table)?,
            span: yaml.span(),
            yaml,
        })
    }
}

impl LoadedAt {
    fn read(owner: &Fields<'_>) -> Result<Self> {
        let config = owner.nested("config")?;
        let in_config = |key: &str| config.and_then(|config| config.get(key)).and_then(Yaml::scalar_text);
        if owner.get("loaded_at_field").and_then(Yaml::as_str) == Some("") {
            return Err(Diagnostic::parsing("loaded-at-empty", "loaded_at_field cannot be an empty string.")
                .label(owner.yaml.span(), "")
                .boxed());
        }
        let found = Self {
            field: owner.string("loaded_at_field")?.or_else(|| in_config("loaded_at_field")),
            query: owner.string("loaded_at_query")?.or_else(|| in_config("loaded_at_query")),
            field_is_given: owner.mapping().contains_key("loaded_at_field")
                || in_config("loaded_at_field").is_some(),
        };
        if found.field.is_some() && found.query.is_some() {
            return Err(Diagnostic::parsing(
                "loaded-at-twice",
                format!("Cannot specify both loaded_at_field and loaded_at_query, as {owner} does"),
            )
            .label(owner.yaml.span(), "")
            .help("keep one of the two")
            .boxed());
        }
        Ok(found)
    }

    fn over(&self, source: &Self) -> Self {
        let field = if self.field_is_given { self.field.clone() } else { source.field.clone() };
        let query = match &self.query {
            Some(query) => Some(query.clone()),
            None if self.field_is_given => None,
            None => source.query.clone(),
        };
        Self { field, query, field_is_given: self.field_is_given }
    }
}

fn read_quoting(owner: &Fields<'_>) -> Result<Quoting> {
    owner.nested("quoting")?.map_or(Ok(Quoting::default()), |quoting| Quoting::read(quoting, owner.name()))
}

fn config_meta(config: &Map<String, Json>) -> Map<String, Json> {
    config.get("meta").and_then(Json::as_object).cloned().unwrap_or_default()
}

fn config_tags(config: &Map<String, Json>) -> Vec<String> {
    match config.get("tags") {
        Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        Some(Json::String(tag)) => vec![tag.clone()],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml::load_text;

    #[test]
    fn a_table_inherits_from_its_source() {
        let yaml = load_text(
            "s.yml",
            "name: s\nmeta: {a: 1, b: 1}\ntags: [z]\nloaded_at_field: at\n\
             freshness: {warn_after: {count: 1, period: day}}\nconfig: {tags: q, enabled: true}\n\
             tables:\n  - name: t\n    meta: {b: 2}\n    freshness: {error_after: {count: 2, period: hour}}\n\
             \x20 - {name: u, freshness: null, loaded_at_field: null}\n  - {name: v, loaded_at_query: select 1}\n",
        )
        .unwrap();
        let source = SourceProperties::read(&yaml, &mut Vec::new()).unwrap();
        let config = |at: usize| Json::Object(source.table_config(&source.tables[at]).unwrap()).to_string();
        assert_eq!(
            config(0),
            r#"{"tags":["q","z"],"enabled":true,"freshness":{"warn_after":{"count":1,"period":"day"},"error_after":{"count":2,"period":"hour"},"filter":null},"loaded_at_field":"at","loaded_at_query":null,"meta":{"a":1,"b":2}}"#
        );
        assert!(config(1).contains(r#""freshness":null,"loaded_at_field":null"#), "{}", config(1));
        assert!(config(2).contains(r#""loaded_at_query":"select 1""#));
    }
}
