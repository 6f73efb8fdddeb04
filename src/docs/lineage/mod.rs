//! `rsdbt lineage`: what stands upstream or downstream of a node or of one of its columns.

mod names;
mod question;
mod text;
mod walk;

use super::column_graph::{ColumnAt, ColumnGraph};
use crate::diagnostic::{Category, Diagnostic, Result, did_you_mean};
use crate::sql::lineage::project::ProjectLineage;
use names::names;
pub(crate) use question::{Direction, Influences, Question};
use serde_json::Value;
use std::sync::Arc;

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Tree,
    Json,
    Mermaid,
    Dot,
}

/// The printed answer.
pub(crate) fn answer(
    manifest: &Value,
    lineage: &ProjectLineage,
    question: &Question<'_>,
    format: Format,
) -> Result<String> {
    let columns = ColumnGraph::new(lineage);
    let start = find(manifest, &columns, question.target)?;
    let walked = match start {
        Start::Node(id) => walk::nodes(manifest, &id, question),
        Start::Column(at) => walk::columns(manifest, &columns, &at, question),
    };
    Ok(match format {
        Format::Tree => text::tree(&walked),
        Format::Json => text::json(&walked),
        Format::Mermaid => text::mermaid(&walked),
        Format::Dot => text::dot(&walked),
    })
}

enum Start {
    Node(String),
    Column(ColumnAt),
}

fn find(manifest: &Value, columns: &ColumnGraph, target: &str) -> Result<Start> {
    let named = names(manifest);
    let node = |wanted: &str| {
        let found = named.iter().find(|(id, name)| id == wanted || name == wanted);
        found.map(|(id, _)| id.clone())
    };
    if let Some(id) = node(target) {
        return Ok(Start::Node(id));
    }
    let unknown = |message: String, help: Option<String>| {
        Diagnostic::new("unknown-lineage-target", Category::Usage, message).maybe_help(help).boxed()
    };
    let Some((id, column)) = target.rsplit_once('.').and_then(|(name, column)| Some((node(name)?, column)))
    else {
        let near = did_you_mean(target, named.iter().map(|(_, name)| name.as_str()));
        return Err(unknown(format!("there is no node `{target}`, nor a column of that name"), near));
    };
    let Some(place) = columns.names.get_index_of(id.as_str()) else {
        return Err(unknown(format!("`{id}` has no columns"), None));
    };
    let own = &columns.upstream[place].columns;
    let is_open = own.is_empty() || own.iter().any(|(name, _)| &**name == "*");
    if !is_open && !own.iter().any(|(name, _)| &**name == column) {
        let near = did_you_mean(column, own.iter().map(|(name, _)| &**name));
        return Err(unknown(format!("`{id}` has no column `{column}`"), near));
    }
    Ok(Start::Column(ColumnAt { place, column: Some(Arc::from(column)) }))
}

#[cfg(test)]
mod tests;
