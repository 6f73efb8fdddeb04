//! What an error says of a `unique_key`: the statement that fails is ours, the key is the user's.

use serde_json::Value as Json;

use super::absent::identifiers;
use super::state::Run;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::manifest::{Node, Resource};

const MORE_THAN_ONCE: &str = "21000";
const UNIQUE_VIOLATION: &str = "23505";
const UNDEFINED_COLUMN: &str = "42703";
/// An operator that does not exist is one, too.
const UNDEFINED_FUNCTION: &str = "42883";

impl Run<'_> {
    /// Rewords the error, where an incremental model's key is the cause.
    pub(super) fn explain_key(&self, unique_id: &str, error: &mut Diagnostic) {
        let Some(Resource::Node(node)) = self.manifest().resource(unique_id) else { return };
        if let Some((message, help)) = explained(node, error) {
            let server = std::mem::replace(&mut error.message, message);
            error
                .causes
                .push(server.lines().filter(|line| !of_statement(line)).collect::<Vec<_>>().join("\n"));
            error.help.get_or_insert(help);
        }
    }
}

/// The lines that show a place in our statement.
fn of_statement(line: &str) -> bool {
    line.starts_with("LINE ") || line.starts_with("HINT:") || line.trim() == "^"
}

fn explained(node: &Node, error: &Diagnostic) -> Option<(String, String)> {
    let strategy = node.config.get("incremental_strategy").and_then(Json::as_str).unwrap_or("delete+insert");
    let is_ours = matches!(strategy, "merge" | "delete+insert" | "microbatch" | "merge_upsert" | "default");
    let keys = keys(node);
    if node.materialized() != "incremental" || !is_ours || keys.is_empty() {
        return None;
    }
    let shown = keys.join(", ");
    let server = error.server.as_ref()?;
    let once = format!(
        "keep one row of each key in the query (`distinct on ({shown})`), or use the strategy `merge_upsert`, which keeps the latest"
    );
    match server.sqlstate.as_str() {
        MORE_THAN_ONCE if strategy == "merge_upsert" && server.statement.contains("on conflict (") => {
            let help = format!(
                "values of ({shown}) differ in the query and are the same in the table, whose type is narrower: cast them in the query to the types of the table"
            );
            Some((format!("rows of this run have the same `unique_key` ({shown}) in the table"), help))
        }
        MORE_THAN_ONCE if is_written(&server.statement) => {
            Some((format!("more than one row of this run has the same `unique_key` ({shown})"), once))
        }
        _ if strategy == "merge_upsert" => None,
        UNIQUE_VIOLATION => {
            let values = violated(&error.message, &keys)?;
            Some((format!("more than one row has the same `unique_key`: {values}"), once))
        }
        UNDEFINED_COLUMN => {
            let (before, after) = server.statement.split_at_checked(server.offset?)?;
            let key = identifiers(after).pop()?;
            if !is_written(&server.statement) || !keys.iter().any(|known| plain(known) == key) {
                return None;
            }
            let is_of_table = identifiers(after).first().is_some_and(|first| first == "dbt_internal_dest")
                || before.rfind("where") > before.rfind("select distinct");
            let of = if is_of_table { "table" } else { "query" };
            let near = did_you_mean(&key, quoted_columns(&error.message));
            let help = near.unwrap_or_else(|| match of {
                "table" => "run with --full-refresh after a change of `unique_key`".to_owned(),
                _ => "name columns that the query gives".to_owned(),
            });
            Some((format!("`unique_key` names the column `{key}`, which the {of} does not have"), help))
        }
        UNDEFINED_FUNCTION => {
            let (before, after) = server.statement.split_at_checked(server.offset?)?;
            let begin = before.rfind('\n').map_or(0, |at| at + 1);
            let rest = after.lines().next().unwrap_or_default();
            let line = [&before[begin..], rest].concat();
            if !line.contains("rsdbt_key_") && !line.contains("DBT_INTERNAL_SOURCE.") {
                return None;
            }
            let help = "the key needs a type that can be compared, and the same in the query and in the table: cast it in the query, or run with --full-refresh after a change";
            Some((format!("values of the `unique_key` ({shown}) cannot be compared"), help.to_owned()))
        }
        _ => None,
    }
}

fn keys(node: &Node) -> Vec<&str> {
    match node.config.get("unique_key") {
        Some(Json::String(key)) => vec![key],
        Some(Json::Array(keys)) => keys.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether the strategy's statement has failed.
fn is_written(statement: &str) -> bool {
    statement.contains("DBT_INTERNAL_SOURCE")
}

/// As the server reads a name.
fn plain(key: &str) -> String {
    identifiers(key).pop().unwrap_or_default()
}

/// `(id, v)=(2, 2)`, where its columns are the key's. The words around it are in the server's language.
fn violated(message: &str, keys: &[&str]) -> Option<String> {
    let middle = message.find(")=(")?;
    let begin = message[..middle].rfind('(')?;
    let end = middle + message[middle..].find('\n').unwrap_or(message.len() - middle);
    let values = &message[begin..end];
    let values = &values[..=values.rfind(')')?];
    let mut columns: Vec<String> = message[begin + 1..middle].split(", ").map(plain).collect();
    let mut wanted: Vec<String> = keys.iter().map(|key| plain(key)).collect();
    columns.sort_unstable();
    wanted.sort_unstable();
    (columns == wanted).then(|| values.to_owned())
}

/// The columns that the server's hint names.
fn quoted_columns(message: &str) -> Vec<&str> {
    let hint = message.split_once('\n').map_or("", |(_, rest)| rest);
    let quoted = hint.split('"').skip(1).step_by(2);
    quoted.map(|name| name.rsplit('.').next().unwrap_or(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_violated_key_is_found_in_any_language() {
        let detail =
            "doppelter Schlüsselwert\nDETAIL:  Schlüssel »(id, \"V\")=(2, (x)=(y))« existiert bereits.";
        assert_eq!(violated(detail, &["\"V\"", "ID"]).as_deref(), Some("(id, \"V\")=(2, (x)=(y))"));
        assert_eq!(violated(detail, &["id"]), None);
        assert_eq!(violated("no detail", &["id"]), None);
    }

    #[test]
    fn a_hint_names_columns() {
        let message = "column \"idd\" does not exist\nHINT:  Perhaps \"orders.id\" or \"id2\".";
        assert_eq!(quoted_columns(message), ["id", "id2"]);
    }
}
