//! Queries run in one connection, that of all their inputs. What cannot be is refused here, and tests go where their inputs are.

use std::sync::Arc;

use serde_json::Value as Json;

use super::ParseRequest;
use super::naming::Naming;
use super::resolved_config::ResolvedConfig;
use super::scope::Scopes;
use crate::diagnostic::{Diagnostic, Diagnostics, Result, Span};
use crate::manifest::{Manifest, Node, NodeKind, Resource, connection_of};

/// The code of a node.
type Place<'p> = dyn Fn(&str) -> Option<&'p Span> + 'p;

/// Checks all nodes, and names the relations of tests anew where these follow from their inputs.
pub(super) fn settle(
    request: &ParseRequest<'_>,
    scopes: &Scopes,
    manifest: &mut Manifest,
    place: &Place<'_>,
) -> Result<(), Diagnostics> {
    if request.target.connections.is_empty() {
        return Ok(());
    }
    let nodes = || manifest.nodes.values().chain(manifest.functions.values());
    let problems: Vec<Diagnostic> = nodes()
        .filter(|node| !matches!(node.kind, NodeKind::Operation { .. }))
        .filter_map(|node| {
            let problem = problem(manifest, node)?.subject(node.locator());
            Some(match place(&node.unique_id) {
                Some(span) => problem.label(first_line(span), ""),
                None => problem,
            })
        })
        .collect();
    if !problems.is_empty() {
        return Err(Diagnostics(problems));
    }
    let moved: Vec<(String, String)> = nodes()
        .filter(|node| node.is_test() && connection_of(&node.config).is_none())
        .filter_map(|node| Some((node.unique_id.clone(), manifest.site(node)?.to_owned())))
        .collect();
    let naming = Naming::new(request, scopes);
    for (unique_id, site) in moved {
        let Some(node) = manifest.nodes.get_mut(&unique_id) else { continue };
        let node = Arc::make_mut(node);
        node.config_mut().insert("connection".to_owned(), site.into());
        let config = Arc::clone(&node.config);
        naming.apply(node, &ResolvedConfig::new(&config))?;
    }
    Ok(())
}

fn problem(manifest: &Manifest, node: &Node) -> Option<Diagnostic> {
    let inputs = manifest.inputs(node);
    let first = *inputs.first()?;
    let site = connection_of(first.config());
    if let Some(other) = inputs.iter().find(|input| connection_of(input.config()) != site) {
        return Some(two_sites(node, first, *other));
    }
    let home = manifest.home(Resource::Node(node));
    let own = connection_of(&node.config);
    if home == site {
        // what has no relation of its own cannot be elsewhere than its inputs
        let differs = own.is_some() && own != site && !node.is_ephemeral_model();
        return differs.then(|| elsewhere(node, own, site));
    }
    match &node.kind {
        NodeKind::Model(_) if matches!(node.materialized(), "view" | "materialized_view") => {
            Some(view_across(node, home, site))
        }
        NodeKind::Model(_) => NEAR.iter().find(|name| is_set(node, name)).map(|name| far(name, home, site)),
        NodeKind::Function(_) => Some(elsewhere(node, own, site)),
        _ => None,
    }
}

fn shown(connection: Option<&str>) -> String {
    connection
        .map_or_else(|| "the target's own connection".to_owned(), |name| format!("the connection `{name}`"))
}

fn input(resource: Resource<'_>) -> String {
    match resource {
        Resource::Source(source) => format!("source `{}.{}`", source.source_name, source.name),
        other => format!("{} `{}`", other.resource_type(), other.name()),
    }
}

fn two_sites(node: &Node, first: Resource<'_>, other: Resource<'_>) -> Diagnostic {
    let message = format!(
        "the query reads from two connections: {} is in {}, {} is in {}",
        input(first),
        shown(connection_of(first.config())),
        input(other),
        shown(connection_of(other.config()))
    );
    let help = if node.is_test() {
        "a test runs in one connection: copy the smaller one by a model of that connection, and test against the copy"
    } else {
        "a query runs in one connection: copy one of them by a model of its own, as in \
         `{{ config(materialized='table', connection=..) }} select * from ..`, and read the copy"
    };
    Diagnostic::parsing("two-connections", message).help(help)
}

fn view_across(node: &Node, home: Option<&str>, site: Option<&str>) -> Diagnostic {
    let message = format!(
        "a {} cannot read from another connection: it is in {}, its inputs are in {}",
        node.materialized().replace('_', " "),
        shown(home),
        shown(site)
    );
    Diagnostic::parsing("view-across-connections", message)
        .help("materialize it as `table` or `incremental`; or build it where its inputs are, and read it from there")
}

/// Configs of models that read their inputs in the statement that writes the table.
const NEAR: [&str; 2] = ["consume", "dirty"];

fn is_set(node: &Node, config: &str) -> bool {
    node.config.get(config).is_some_and(|value| !matches!(value, Json::Null | Json::Bool(false)))
}

fn far(config: &str, home: Option<&str>, site: Option<&str>) -> Diagnostic {
    let message = format!(
        "`{config}` needs the inputs in the model's own database: they are in {}, this model is in {}",
        shown(site),
        shown(home)
    );
    Diagnostic::parsing("inputs-too-far", message)
        .help(format!("copy the inputs by a model of this connection first, or leave `{config}` out"))
}

fn elsewhere(node: &Node, own: Option<&str>, site: Option<&str>) -> Diagnostic {
    let message =
        format!("this {} is in {}, its inputs are in {}", node.resource_type(), shown(own), shown(site));
    Diagnostic::parsing("inputs-elsewhere", message).help("remove `connection`: it runs where its inputs are")
}

fn first_line(span: &Span) -> Span {
    let length = span.text().lines().next().unwrap_or_default().len();
    Span::new(&span.source, span.range.start..span.range.start + length)
}
