//! Scheduled work on models that only add rows: what of an interval they have already is not added again, whichever interval, cron or name
//! it was added under.

use jiff::Timestamp;

use super::backfill_added::known;
use super::built::{Built, adds_rows_once, is_built_in_parts};
use super::connect::Connect;
use super::first_build;
use super::homes::Homes;
use super::schedule_task::spelled;
use super::session::{ParsedProject, Session};
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashMap;
use crate::manifest::{Manifest, Node, connection_of, mentions};

/// By which a query may ask for the interval of the run; nothing else can give it another one.
const OF_THE_RUN: [&str; 4] =
    ["RSDBT_INTERVAL_START", "RSDBT_INTERVAL_END", "EVENT_TIME_START", "EVENT_TIME_END"];

/// What is left to add.
#[derive(Default)]
pub(super) struct Left {
    /// Nodes that have all of it.
    pub(super) none: Vec<String>,
    /// Nodes that have a part, and the rest.
    pub(super) less: HashMap<String, [Timestamp; 2]>,
}

/// Of the selected nodes, for the interval that is to be built. Nothing is added to a table of which nothing is known. `is_scheduled`: what is
/// added has to be noted; somebody whose role may not goes on without.
pub(super) fn left(
    session: &Session<'_>,
    parsed: &ParsedProject,
    connect: &Connect,
    selected: &[String],
    window: [Timestamp; 2],
    is_scheduled: bool,
) -> Result<Left> {
    let mut left = Left::default();
    let mut homes = Homes::new(connect);
    let is_selected = |id: &str| selected.iter().any(|known| known == id);
    for unique_id in selected {
        let adding = parsed.manifest.nodes.get(unique_id).filter(|node| {
            adds_rows_once(node)
                && node.config.get("full_refresh").and_then(serde_json::Value::as_bool) != Some(true)
                && is_built_in_parts(&parsed.manifest, node, &is_selected)
        });
        let Some(node) = adding else { continue };
        let output = session.output_of(connection_of(&node.config));
        let home =
            if is_scheduled { Some(homes.session(output)?) } else { homes.session_if_allowed(output)? };
        let Some(home) = home else { continue };
        let built = Built::of(home, parsed, node, true)?;
        let takes_all = || first_build::takes_all(session, parsed, node);
        match known(home, node, built, Some(""), takes_all)?.left_of(window).as_slice() {
            [] => left.none.push(unique_id.clone()),
            [whole] if *whole == window => {}
            [rest] if takes_another_interval(&parsed.manifest, node) => {
                left.less.insert(unique_id.clone(), *rest);
            }
            rest => return Err(unclear(node, window, rest)),
        }
    }
    Ok(left)
}

/// Whether its own text asks for the interval, and nothing else of what it is made of.
fn takes_another_interval(manifest: &Manifest, node: &Node) -> bool {
    let asks = ["interval_start", "interval_end"].iter().any(|bound| mentions(manifest, node, bound));
    let parents = || node.depends_on.nodes.iter().filter_map(|id| manifest.nodes.get(id));
    let written = serde_json::to_string(&node.unrendered_config).unwrap_or_default();
    asks && !OF_THE_RUN.iter().any(|name| mentions(manifest, node, name) || written.contains(name))
        && !parents().any(|parent| parent.is_ephemeral_model() && parent.raw_code.contains("interval_"))
}

fn unclear(node: &Node, [start, end]: [Timestamp; 2], rest: &[[Timestamp; 2]]) -> Box<Diagnostic> {
    let name = &node.name;
    let message = format!(
        "`{name}` only adds rows, and has some of the interval {} .. {} already: nothing was added again",
        spelled(start),
        spelled(end)
    );
    let ranges = rest.iter().map(|[from, to]| {
        format!("`rsdbt backfill {name} --from '{}' --to '{}'`", spelled(*from), spelled(*to))
    });
    Diagnostic::runtime("rows-added-before", message)
        .help(format!("add the rest by {}, and try again", ranges.collect::<Vec<_>>().join(", ")))
        .boxed()
}
