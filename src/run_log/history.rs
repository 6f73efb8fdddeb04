//! What the log says of the last runs, for the documentation page.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{PATIENCE, RunLog, SESSION, is_there};
use crate::adapter::{Cell, Connection, Settings};
use crate::diagnostic::Result;
use crate::sql::quote_identifier;

const QUERY: &str = include_str!("history.sql");

/// Outcomes that the page holds of all nodes together, and of one node at most.
const ALL_POINTS: usize = 40_000;
const MOST_POINTS: usize = 40;
const FEWEST_POINTS: usize = 4;

impl RunLog {
    /// The last runs of a project's target as JSON: `{runs, nodes, failures}`, with arrays of cells in the order of the query.
    /// `None` before the first run.
    pub(crate) fn history(
        &self,
        settings: &Arc<Settings>,
        project: &str,
        target: &str,
        nodes: usize,
    ) -> Result<Option<Json>> {
        let mut connection = Connection::open(settings)?;
        connection.give_up_after(PATIENCE)?;
        connection.set_settings(&SESSION.map(|(name, value)| (name.to_owned(), value.to_owned())))?;
        let schema = quote_identifier(&self.schema);
        if !is_there(&mut connection, &schema)? {
            return Ok(None);
        }
        let points = (ALL_POINTS / nodes.max(1)).clamp(FEWEST_POINTS, MOST_POINTS).to_string();
        let answer =
            connection.query(&QUERY.replace("{schema}", &schema), &[project, target, points.as_str()])?;
        let text = answer.rows.into_iter().flatten().next();
        Ok(text.and_then(|cell| match cell {
            Cell::Text(text) => serde_json::from_str(&text).ok(),
            _ => None,
        }))
    }
}
