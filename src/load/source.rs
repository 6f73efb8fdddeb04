//! A table of a source that is filled: its config and its columns, as the manifest has them.

use serde_json::Value as Json;

use super::column::{Column, Declared, columns};
use super::feed::Leads;
use crate::config::Yaml;

use crate::config::load::{CODE, Load, MostRejects, Origin};
use crate::diagnostic::{Diagnostic, Result, SourceText, Span};
use crate::manifest::SourceDefinition;

/// What is loaded, and into which columns.
#[derive(Debug, Clone)]
pub(crate) struct LoadedTable {
    pub load: Load,
    pub columns: Vec<Column>,
}

/// Whether the table is filled by a load.
pub(crate) fn is_loaded(source: &SourceDefinition) -> bool {
    source.config.get("load").and_then(|load| load.get("from")).is_some_and(|from| !from.is_null())
}

impl LoadedTable {
    /// `place`: where the user wrote it.
    pub(crate) fn of(source: &SourceDefinition, place: &Span) -> Result<Self> {
        let json = source.config.get("load").cloned().unwrap_or(Json::Null);
        let load = Load::read(&Yaml::from_json(json, place))?;
        if matches!(load.origin, Origin::Connection(_)) {
            // the other database says what the columns are
            return Ok(Self { load, columns: Vec::new() });
        }
        let declared: Vec<Declared> = source
            .columns
            .values()
            .map(|column| Declared {
                name: column.name.clone(),
                data_type: column.data_type.clone().unwrap_or_default(),
                is_required: column
                    .constraints
                    .iter()
                    .any(|constraint| matches!(constraint.kind.as_str(), "not_null" | "primary_key")),
            })
            .collect();
        let name = format!("{}.{}", source.source_name, source.name);
        if declared.is_empty() {
            return Err(Diagnostic::parsing(
                CODE,
                format!("the source table `{name}` is loaded and declares no columns"),
            )
            .label(place.clone(), "")
            .help("declare each column of the table with its `data_type`")
            .boxed());
        }
        let columns = columns(&declared, &load).map_err(|(key, problem)| {
            Diagnostic::parsing(CODE, format!("the source table `{name}`: {problem}"))
                .label(place.clone(), "")
                .help(match key {
                    Some(key) => format!("correct `{key}` of the `load`, or the declared `columns`"),
                    None => "correct the declared `columns`".to_owned(),
                })
                .boxed()
        })?;
        Ok(Self { load, columns })
    }

    /// The same for a manifest that was parsed before.
    pub(crate) fn of_manifest(source: &SourceDefinition) -> Result<Self> {
        let text = SourceText::new(source.original_file_path.clone(), String::new());
        Self::of(source, &Span::new(&text, 0..0))
    }

    /// Whether the rows wait in a staging table before they enter the table.
    pub(crate) fn is_staged(&self) -> bool {
        self.load.mode != crate::config::load::LoadMode::Append
            || !self.load.unique_key.is_empty()
            || self.columns.iter().any(Column::is_judged_by_server)
    }

    /// What each row is sent with.
    pub(crate) fn leads(&self) -> Leads {
        let keeps_lines = self.load.most_rejects != MostRejects::Lines(0)
            && self.columns.iter().any(Column::is_judged_by_server);
        match self.is_staged() {
            false => Leads::Nothing,
            true if keeps_lines => Leads::LineAndText,
            true => Leads::Line,
        }
    }
}
