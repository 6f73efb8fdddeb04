//! What `show` and `compile` print of single nodes.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::connect::Connect;
use super::invocation::Invocation;
use super::session::Session;
use super::{CommandResult, Outcome};
use crate::adapter::{Begin, Connection, Fetch};
use crate::context::objects::{CellType, PrintLimits, Table};
use crate::interrupt::Clearing;
use crate::jinja::python;
use crate::manifest::{Manifest, Node};
use crate::options::table::{INLINE, INLINE_DIRECT, LIMIT, QUIET, SELECT, SHOW_OUTPUT};
use crate::parse::INLINE_NAME;
use crate::run::{Event, RunResults};

/// Whether a node was asked for by name: others of the selection are not printed.
fn is_asked(invocation: &Invocation, name: &str) -> bool {
    if invocation.flags.text(&INLINE).is_some() {
        return name == INLINE_NAME;
    }
    invocation.flags.words(&SELECT).iter().any(|word| word.contains(name))
}

fn output_format(invocation: &Invocation) -> String {
    invocation.flags.text(&SHOW_OUTPUT).unwrap_or("text").to_owned()
}

/// The rows of each node that was asked for.
pub(super) fn print(invocation: &Invocation, manifest: &Manifest, results: &RunResults) {
    for result in &results.results {
        let Some(resource) = manifest.resource(&result.unique_id) else { continue };
        let Some(table) = &result.table else { continue };
        if !is_asked(invocation, resource.name()) {
            continue;
        }
        let node_name = match resource {
            crate::manifest::Resource::Node(node) => node.search_name(),
            other => other.name().to_owned(),
        };
        show(invocation, table, node_name, result.unique_id.clone());
    }
}

fn show(invocation: &Invocation, table: &Table, node_name: String, unique_id: String) {
    let output_format = output_format(invocation);
    let preview = if output_format == "json" {
        as_json(table).to_string()
    } else if table.column_names().next().is_none() {
        "(no columns: the statement returns no rows)".to_owned()
    } else {
        let limits = PrintLimits { rows: None, columns: None, ..PrintLimits::default() };
        table.to_markdown(limits)
    };
    invocation.emitter.emit(Event::ShowNode {
        node_name,
        preview,
        is_inline: invocation.flags.text(&INLINE).is_some()
            || invocation.flags.text(&INLINE_DIRECT).is_some(),
        output_format,
        unique_id,
        quiet: invocation.flags.is(&QUIET),
    });
}

/// Rows as objects; agate writes its decimals as floating point numbers.
fn as_json(table: &Table) -> Json {
    let names: Vec<String> = table.column_names().map(str::to_owned).collect();
    let types = table.column_types();
    table
        .rows()
        .iter()
        .map(|row| {
            let cells = names.iter().zip(types).zip(row.values()).map(|((name, kind), value)| {
                let cell = match python::to_json(value) {
                    Json::String(text) if *kind == CellType::Number => {
                        text.parse::<f64>().map_or(Json::String(text), Json::from)
                    }
                    other => other,
                };
                (name.clone(), cell)
            });
            Json::Object(cells.collect::<Map<String, Json>>())
        })
        .collect()
}

/// The SQL of each node that was asked for.
pub(super) fn print_compiled(invocation: &Invocation, compiled: &[Arc<Node>]) {
    for node in compiled.iter().filter(|node| is_asked(invocation, &node.name)) {
        let code = node.compiled.as_ref().and_then(|compiled| compiled.code.clone()).unwrap_or_default();
        invocation.emitter.emit(Event::CompiledNode {
            node_name: node.name.clone(),
            compiled: code.to_string(),
            is_inline: invocation.flags.text(&INLINE).is_some(),
            output_format: output_format(invocation),
            unique_id: node.unique_id.clone(),
            quiet: invocation.flags.is(&QUIET),
        });
    }
}

/// `--inline-direct`: SQL for the server, without Jinja and without the project's nodes.
pub(super) fn direct(invocation: &Invocation) -> CommandResult {
    let session = Session::load(invocation)?;
    let connect = Connect::new(&session.profile, invocation)?;
    let sql = invocation.flags.text(&INLINE_DIRECT).unwrap_or_default();
    let limit = invocation.flags.number(&LIMIT).unwrap_or(5);
    let query = if limit < 0 { sql.to_owned() } else { format!("{sql}\nlimit {limit}") };
    let mut connection = Connection::open(&Arc::new(connect.settings.clone()))?;
    let session = connection.cancel_handle();
    let _clearing = Clearing::at_the_end(move || drop(session.cancel()));
    let (_, rows) = connection.execute(&query, Begin::No, Fetch::All)?;
    let table = Table::from_result_set(&rows.unwrap_or_default());
    show(invocation, &table, "direct-query".to_owned(), "direct-query".to_owned());
    Ok(Outcome::Success)
}
