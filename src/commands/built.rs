//! Which intervals of incremental models are built: each run with a window notes its own, together with the work.

use jiff::Timestamp;

use super::lease::with_hooks;
use super::schedule_task::spelled;
use super::session::ParsedProject;
use serde_json::Value as Json;

use crate::adapter::{Cell, Connection};
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::{HashMap, HashSet};
use crate::manifest::{Manifest, Node, NodeKind, code, mentions};

/// How a query may ask for the bounds of what is built.
const BOUNDS: [&str; 8] = [
    "interval_start",
    "interval_end",
    "INTERVAL_START",
    "INTERVAL_END",
    "RSDBT_INTERVAL_START",
    "RSDBT_INTERVAL_END",
    "EVENT_TIME_START",
    "EVENT_TIME_END",
];

/// So begins what the macro says that notes an interval.
pub(super) const ADDED_MEANWHILE: &str = "another run has added rows of";

/// A model of which a run with an interval builds that part: by its strategy, or by its query. `is_rebuilt` says what else the run builds.
pub(super) fn is_built_in_parts(manifest: &Manifest, node: &Node, is_rebuilt: &dyn Fn(&str) -> bool) -> bool {
    let strategy = node.config.get("incremental_strategy").and_then(serde_json::Value::as_str);
    is_incremental(node)
        && (matches!(strategy, Some("partition_overwrite" | "microbatch"))
            || asks_for_bounds(manifest, node, is_rebuilt))
}

/// By the text of its query and of what that is made of.
pub(super) fn asks_for_bounds(manifest: &Manifest, node: &Node, is_rebuilt: &dyn Fn(&str) -> bool) -> bool {
    is_bounded(manifest, node, is_rebuilt, &mut HashSet::default())
}

pub(super) fn is_incremental(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Model(_)) && node.materialized() == "incremental"
}

/// `append`, and strategies that find rows by their key where there is none.
pub(super) fn adds_rows(node: &Node) -> bool {
    let key = node.config.get("unique_key");
    let has_key = match key {
        None | Some(Json::Null) => false,
        Some(Json::Array(names)) => !names.is_empty(),
        Some(Json::String(name)) => !name.is_empty(),
        Some(_) => true,
    };
    match node.config.get("incremental_strategy").and_then(Json::as_str) {
        Some("append") => true,
        None | Some("default" | "delete+insert" | "merge") => !has_key,
        _ => false,
    }
}

/// Whether its own text asks for the interval, and does so in the branch of `is_incremental()` alone: its first build, and a full refresh, take
/// the rows of all times.
pub(super) fn asks_only_incrementally(node: &Node) -> bool {
    let asks = |text: &str| BOUNDS.iter().any(|bound| text.contains(bound));
    let code = node.raw_code.as_ref();
    let mut outside = String::new();
    let mut rest = code;
    while let Some((before, tag, after)) = tag_in(rest) {
        outside.push_str(before);
        if !tag.trim_start().starts_with("if ")
            || !tag.contains("is_incremental()")
            || tag.contains("not is_incremental()")
        {
            outside.push_str(tag);
            rest = after;
            continue;
        }
        // to the end of the branch; what is nested belongs to it
        let (mut depth, mut inside) = (0, after);
        rest = "";
        while let Some((_, tag, after)) = tag_in(inside) {
            let word = tag.trim_start().split([' ', '(']).next().unwrap_or_default();
            match word {
                "if" => depth += 1,
                "endif" | "else" | "elif" if depth == 0 => {
                    rest = after;
                    break;
                }
                "endif" => depth -= 1,
                _ => {}
            }
            inside = after;
        }
    }
    outside.push_str(rest);
    asks(code) && !asks(&outside)
}

/// What stands before the next `{% .. %}`, in it and after it.
fn tag_in(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{%")?;
    let (tag, after) = rest.split_once("%}")?;
    Some((before, tag.trim_matches(['-', '+', ' ']), after))
}

/// The same where no hook of its own removes rows first.
pub(super) fn adds_rows_once(node: &Node) -> bool {
    let hooks = node.config.get("pre-hook").map(ToString::to_string).unwrap_or_default().to_lowercase();
    adds_rows(node) && !["delete", "truncate"].iter().any(|word| hooks.contains(word))
}

/// Whether it asks for the bounds, or reads what has only rows within them.
fn is_bounded<'m>(
    manifest: &'m Manifest,
    node: &'m Node,
    is_rebuilt: &dyn Fn(&str) -> bool,
    seen: &mut HashSet<&'m str>,
) -> bool {
    let written = serde_json::to_string(&node.unrendered_config).unwrap_or_default();
    if BOUNDS.iter().any(|bound| written.contains(bound) || mentions(manifest, node, bound)) {
        return true;
    }
    let mut above = node.depends_on.nodes.iter().filter_map(|id| manifest.nodes.get(id));
    above.any(|parent| {
        let is_new = parent.materialized() == "ephemeral" || is_rebuilt(&parent.unique_id);
        let is_whole = !is_incremental(parent) && seen.insert(&parent.unique_id);
        is_new && is_whole && is_bounded(manifest, parent, is_rebuilt, seen)
    })
}

/// The project whose incremental models note the window when they commit. `less`: where rows are to be added once, the nodes that add
/// another part of it; what others have added meanwhile ends the transaction.
pub(super) fn noting(
    parsed: &ParsedProject,
    selected: &[String],
    window: [&str; 2],
    less: Option<&HashMap<String, [Timestamp; 2]>>,
) -> ParsedProject {
    let whole = window.map(|at| at.replace(['T', '\''], " "));
    let note = |unique_id: &String| {
        let own = less.and_then(|less| less.get(unique_id)).map(|bounds| bounds.map(spelled));
        let [start, end] = own.as_ref().unwrap_or(&whole);
        let node = parsed.manifest.nodes.get(unique_id)?;
        let node = is_built_in_parts(&parsed.manifest, node, &|id| selected.iter().any(|known| known == id))
            .then_some(node)?;
        let code = code(&parsed.manifest, node, &parsed.vars);
        let once = less.is_some() && adds_rows_once(node);
        let call = format!("{{{{ rsdbt_note_built('{start}', '{end}', '{code}', once={once}) }}}}");
        Some((unique_id.clone(), call))
    };
    let notes: Vec<(String, String)> = selected.iter().filter_map(note).collect();
    let notes: Vec<(&str, String)> = notes.iter().map(|(id, text)| (id.as_str(), text.clone())).collect();
    with_hooks(&with_hooks(parsed, "pre-hook", &before(&notes)), "post-hook", &notes)
}

/// What is noted of a table that has been emptied is forgotten first.
fn before<'n>(notes: &[(&'n str, String)]) -> Vec<(&'n str, String)> {
    notes.iter().map(|(id, _)| (*id, "{{ rsdbt_forget_built_of_emptied() }}".to_owned())).collect()
}

/// What of a model is built from the project's code as it is.
pub(super) struct Built(Vec<Part>);

/// A range, and when it was built: in seconds, by the clock of the server.
#[derive(Debug, Clone, Copy)]
struct Part {
    range: [Timestamp; 2],
    at: f64,
}

impl Part {
    fn meets(&self, [start, end]: [Timestamp; 2]) -> bool {
        self.range[0] < end && self.range[1] > start
    }
}

impl Built {
    /// `of_any_code`: also what was built before the model changed.
    pub(super) fn of(
        connection: &mut Connection,
        parsed: &ParsedProject,
        node: &Node,
        of_any_code: bool,
    ) -> Result<Self> {
        let query = "select extract(epoch from interval_start)::bigint::text, extract(epoch from interval_end)::bigint::text, \
             extract(epoch from built_at)::text \
             from rsdbt.built join rsdbt.relations as known using (relation) join pg_catalog.pg_class as c on c.oid = relation \
             join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
             where n.nspname = $1::text and c.relname = $2::text and known.schema_name = $1::text and known.relation_name = $2::text \
             and (code = $3::text or $4::bool) order by interval_start";
        let code = code(&parsed.manifest, node, &parsed.vars);
        let of_any_code = of_any_code.to_string();
        let rows = connection.query(query, &[&node.schema, &node.alias, &code, &of_any_code])?.rows;
        let at = |cell: Option<&Cell>| match cell {
            Some(Cell::Text(seconds)) => Timestamp::from_second(seconds.parse().ok()?).ok(),
            _ => None,
        };
        let part = |row: &Vec<Cell>| {
            let built_at = match row.get(2) {
                Some(Cell::Text(seconds)) => seconds.parse().ok()?,
                _ => return None,
            };
            Some(Part { range: [at(row.first())?, at(row.get(1))?], at: built_at })
        };
        Ok(Self(rows.iter().filter_map(part).collect()))
    }

    /// Without a gap; the ranges are ordered by their starts.
    pub(super) fn covers(&self, [start, end]: [Timestamp; 2]) -> bool {
        let mut until = start;
        for Part { range: [from, to], .. } in &self.0 {
            if *from <= until {
                until = until.max(*to);
            }
        }
        until >= end
    }

    /// What of a range is not covered, in order.
    pub(super) fn left_of(&self, [start, end]: [Timestamp; 2]) -> Vec<[Timestamp; 2]> {
        let mut left = Vec::new();
        let mut until = start;
        for Part { range: [from, to], .. } in self.0.iter().filter(|part| part.meets([start, end])) {
            if *from > until {
                left.push([until, *from]);
            }
            until = until.max(*to);
        }
        if until < end {
            left.push([until, end]);
        }
        left
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where each of them begins and ends.
    pub(super) fn bounds(&self) -> impl Iterator<Item = Timestamp> {
        self.0.iter().flat_map(|part| part.range)
    }

    /// Without a range.
    pub(super) fn remove(&mut self, [start, end]: [Timestamp; 2]) {
        let rest = |part: &Part| {
            let before = Part { range: [part.range[0], part.range[1].min(start)], ..*part };
            let after = Part { range: [part.range[0].max(end), part.range[1]], ..*part };
            [before, after].into_iter().filter(|part| part.range[0] < part.range[1])
        };
        self.0 = self.0.iter().flat_map(rest).collect();
        self.0.sort_unstable_by_key(|part| part.range);
    }

    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// As it is from now on.
    pub(super) fn add(&mut self, range: [Timestamp; 2]) {
        self.0.push(Part { range, at: f64::INFINITY });
        self.0.sort_unstable_by_key(|part| part.range);
    }

    /// Whether something of the range is from before what it is made of was built.
    pub(super) fn is_older_than(&self, source: &Self, range: [Timestamp; 2]) -> bool {
        let times = |built: &Self| -> Vec<f64> {
            built.0.iter().filter(|part| part.meets(range)).map(|part| part.at).collect()
        };
        let newest = times(source).into_iter().fold(f64::NEG_INFINITY, f64::max);
        times(self).into_iter().any(|at| at < newest)
    }
}

/// What is noted of a relation and a range is forgotten; what was noted of more is kept for the rest.
pub(super) fn forget(connection: &mut Connection, node: &Node, [start, end]: [Timestamp; 2]) -> Result<()> {
    let statement = "with cut as (delete from rsdbt.built using rsdbt.relations as known where known.relation = built.relation \
         and schema_name = $1::text and relation_name = $2::text and interval_start < $4::timestamptz and interval_end > $3::timestamptz \
         returning built.relation, interval_start, interval_end, code, built_at) \
         insert into rsdbt.built (relation, interval_start, interval_end, code, built_at) \
         select relation, interval_start, $3::timestamptz, code, built_at from cut where interval_start < $3::timestamptz union all \
         select relation, $4::timestamptz, interval_end, code, built_at from cut where interval_end > $4::timestamptz on conflict do nothing";
    let range = [start.to_string(), end.to_string()];
    connection.query(statement, &[&node.schema, &node.alias, &range[0], &range[1]]).map(drop)
}

/// The range counts as built from the code as it is.
pub(super) fn note(
    connection: &mut Connection,
    parsed: &ParsedProject,
    node: &Node,
    range: [Timestamp; 2],
) -> Result<()> {
    let statement = "with known as (insert into rsdbt.relations as known (relation, schema_name, relation_name) \
         select c.oid, n.nspname, c.relname from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
         where n.nspname = $1::text and c.relname = $2::text and pg_catalog.pg_has_role(c.relowner, 'USAGE') \
         on conflict (relation) do update set schema_name = excluded.schema_name, relation_name = excluded.relation_name, \
         remembered_at = excluded.remembered_at returning relation) \
         insert into rsdbt.built (relation, interval_start, interval_end, code) select relation, $3::timestamptz, $4::timestamptz, $5::text from known \
         on conflict (relation, interval_start, interval_end) do update set code = excluded.code, built_at = excluded.built_at returning 1";
    let range = range.map(|at| at.to_string());
    let code = code(&parsed.manifest, node, &parsed.vars);
    let noted = connection.query(statement, &[&node.schema, &node.alias, &range[0], &range[1], &code])?;
    if noted.rows.is_empty() {
        let message = format!("`{}` has no table, or one of another owner: nothing was noted", node.name);
        return Err(Diagnostic::runtime("backfill-adds", message)
            .help("build the model first, as the role that owns its table")
            .boxed());
    }
    Ok(())
}

/// As a mark has it.
pub(super) fn window([start, end]: [Timestamp; 2]) -> [String; 2] {
    [spelled(start), spelled(end)]
}
