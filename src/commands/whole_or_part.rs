//! Within an interval, what would leave a model with a part of its rows: a full refresh would keep those of this one alone, and what
//! a sample adds would be there again once the interval is built.

use serde_json::Value as Json;

use std::sync::Arc;

use super::built::{adds_rows, adds_rows_once, asks_for_bounds, asks_only_incrementally, is_built_in_parts};
use super::connect::Connect;
use super::homes::opened;
use super::invocation::Invocation;
use super::session::{ParsedProject, Session};
use super::table_rows::has_rows;
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::{Manifest, Node, connection_of};
use crate::options::table::{FULL_REFRESH, INTERVAL_START, SAMPLE};

pub(super) fn is_in_interval(invocation: &Invocation) -> bool {
    invocation.flags.text(&INTERVAL_START).is_some()
        || invocation.environment.get("RSDBT_INTERVAL_START").is_some()
}

/// Before anything is replaced. `partition_overwrite` builds all periods in a full refresh.
pub(super) fn refuse_part(
    session: &Session<'_>,
    parsed: &ParsedProject,
    connect: &Connect,
    selected: &[String],
) -> Result<()> {
    let is_asked = session.invocation.flags.is(&FULL_REFRESH);
    let is_selected = |id: &str| selected.iter().any(|known| known == id);
    for node in selected.iter().filter_map(|id| parsed.manifest.nodes.get(id)) {
        let is_refreshed = node.config.get("full_refresh").and_then(Json::as_bool).unwrap_or(is_asked);
        if !is_refreshed || !keeps_a_part(&parsed.manifest, node, &is_selected) {
            continue;
        }
        let mut home = opened(connect, session.output_of(connection_of(&node.config)))?;
        if has_rows(&mut home, node)? {
            let name = &node.name;
            let message = format!(
                "a full refresh of `{name}` would keep the rows of this interval alone: its query asks for the interval. Nothing was changed"
            );
            return Err(Diagnostic::runtime("part-of-a-whole", message)
                .help(match adds_rows(node) {
                    true => format!("drop the table and build all of it by `rsdbt backfill {name} --from .. --to ..`, or leave `full_refresh` out"),
                    false => format!("build all of it by `rsdbt backfill {name} --from .. --to .. --rebuild`, or leave `full_refresh` out"),
                })
                .boxed());
        }
    }
    Ok(())
}

/// Before anything is added.
pub(super) fn refuse_sample(
    invocation: &Invocation,
    parsed: &ParsedProject,
    selected: &[String],
) -> Result<()> {
    if invocation.flags.text(&SAMPLE).is_none() {
        return Ok(());
    }
    let is_selected = |id: &str| selected.iter().any(|known| known == id);
    let mut nodes = selected.iter().filter_map(|id| parsed.manifest.nodes.get(id));
    let adding =
        nodes.find(|node| adds_rows_once(node) && is_built_in_parts(&parsed.manifest, node, &is_selected));
    let Some(node) = adding else { return Ok(()) };
    let message = format!(
        "`{}` only adds rows: those of a sample would come again with the interval. Nothing was added",
        node.name
    );
    Err(Diagnostic::runtime("part-of-a-whole", message)
        .help("leave out `--sample`, or the interval, or this model")
        .boxed())
}

/// Of the models that are built batch by batch: each full refresh would leave its own batch alone.
pub(super) fn refuse_refreshed(manifest: &Manifest, in_parts: &[String]) -> Result<()> {
    let is_selected = |id: &str| in_parts.iter().any(|known| known == id);
    let mut nodes = in_parts.iter().filter_map(|id| manifest.nodes.get(id));
    let is_refreshed = |node: &&Arc<Node>| {
        node.config.get("full_refresh").and_then(Json::as_bool) == Some(true)
            && keeps_a_part(manifest, node, &is_selected)
    };
    let Some(node) = nodes.find(is_refreshed) else { return Ok(()) };
    let message = format!(
        "`{}` has `full_refresh: true`: each batch would keep its own rows alone. Nothing was changed",
        node.name
    );
    Err(Diagnostic::runtime("part-of-a-whole", message)
        .help("leave `full_refresh` out of its config for the backfill")
        .boxed())
}

/// Whether a full refresh within an interval leaves the rows of the interval alone. `partition_overwrite` builds all periods by itself.
fn keeps_a_part(manifest: &Manifest, node: &Node, is_selected: &dyn Fn(&str) -> bool) -> bool {
    let strategy = node.config.get("incremental_strategy").and_then(Json::as_str);
    let is_asked = match strategy {
        Some("partition_overwrite") => asks_for_bounds(manifest, node, is_selected),
        _ => is_built_in_parts(manifest, node, is_selected),
    };
    is_asked && !asks_only_incrementally(node)
}
