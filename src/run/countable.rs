//! Tests whose failures can be counted without their own statements: what the built-in macros write for them, part by part. A test for which
//! something else is written has an answer that nothing asks for.

use serde_json::Value as Json;

use super::foldable::{is_column_of_rows, is_plain_condition};
use crate::adapter::{Cell, Response, ResultColumn, ResultSet};
use crate::config::holds_jinja;
use crate::context::objects::adapter::KnownAnswer;
use crate::jinja::python::{from_json, to_str};
use crate::manifest::Node;
use crate::sql::is_closed;

const BIGINT: u32 = 20;
const BOOLEAN: u32 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    NotNull,
    AcceptedValues,
    Unique,
}

impl Kind {
    pub(super) fn of(node: &Node) -> Option<Self> {
        let metadata = &node.generic_test()?.test_metadata;
        match (&metadata.namespace, metadata.name.as_str()) {
            (None, "not_null") => Some(Self::NotNull),
            (None, "accepted_values") => Some(Self::AcceptedValues),
            (None, "unique") => Some(Self::Unique),
            _ => None,
        }
    }
}

/// A test of one column whose configs leave nothing but a number of rows to compare.
pub(super) struct Countable {
    pub(super) kind: Kind,
    pub(super) column: String,
    /// What its rows have in common.
    pub(super) condition: String,
    /// The `where` of its configs.
    pub(super) filter: Option<String>,
    /// The query without what it reads.
    before: String,
    after: String,
    limit: Option<i64>,
    warn_if: Threshold,
    error_if: Threshold,
}

impl Countable {
    pub(super) fn of(node: &Node) -> Option<Self> {
        let kind = Kind::of(node)?;
        let config = |name: &str| node.config.get(name).filter(|value| !value.is_null());
        if node.materialized() != "test"
            || config("fail_calc").and_then(Json::as_str) != Some("count(*)")
            || config("sql_header").is_some()
        {
            return None;
        }
        let filter = match config("where") {
            None => None,
            Some(filter) => Some(filter.as_str().filter(|filter| is_closed(filter) && !filter.is_empty())?),
        };
        let filter = filter.map(str::to_owned);
        let limit = match config("limit") {
            None => None,
            Some(limit) => Some(limit.as_i64().filter(|limit| *limit >= 0)?),
        };
        let threshold = |name: &str| Threshold::read(config(name)?.as_str()?);
        let arguments = &node.generic_test()?.test_metadata.kwargs;
        let column = arguments.get("column_name")?.as_str().filter(|column| is_name(column))?;
        let (selected, condition, groups) = match kind {
            Kind::NotNull => (column.to_owned(), format!("{column} is null"), String::new()),
            Kind::AcceptedValues => (
                format!("{column} as value_field, count(*) as n_records"),
                format!("{column} not in ({})", accepted(arguments)?),
                format!("\n  group by {column}"),
            ),
            Kind::Unique => (
                format!("{column} as unique_field, count(*) as n_records"),
                format!("{column} is not null"),
                format!("\n  group by {column}\n  having count(*) > 1"),
            ),
        };
        let known = ["model", "column_name", "values", "quote"];
        let most = if kind == Kind::AcceptedValues { known.len() } else { 2 };
        if !is_closed(&condition) || !arguments.keys().all(|name| known[..most].contains(&name.as_str())) {
            return None;
        }
        let before = format!("select {selected}\n  from ");
        let after = format!("\n  where {condition}{groups}");
        let (warn_if, error_if) = (threshold("warn_if")?, threshold("error_if")?);
        let column = column.to_owned();
        Some(Self { kind, column, condition, filter, before, after, limit, warn_if, error_if })
    }

    /// The relation that the compiled query reads, itself or through the test's `where`.
    pub(super) fn relation<'q>(&self, query: &'q str) -> Option<&'q str> {
        let read = query.trim().strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        let relation = match &self.filter {
            None => read,
            Some(filter) => {
                let inner = read.strip_prefix("(select * from ")?.strip_suffix(") dbt_subquery")?;
                inner.strip_suffix(filter)?.strip_suffix(" where ")?
            }
        };
        (!relation.is_empty() && is_closed(relation)).then_some(relation)
    }

    /// What the query reads: as `get_where_subquery` writes it.
    pub(super) fn read(&self, relation: &str) -> String {
        match &self.filter {
            None => relation.to_owned(),
            Some(filter) => format!("(select * from {relation} where {filter}) dbt_subquery"),
        }
    }

    /// The condition with that of the `where`, for rows of the relation itself.
    pub(super) fn folded(&self, relation: &str) -> Option<String> {
        let Some(filter) = &self.filter else { return Some(self.condition.clone()) };
        let (column, _) = self.column_name()?;
        let is_folded = is_plain_condition(filter) && is_relation_name(relation);
        (is_folded && is_column_of_rows(&column, relation))
            .then(|| format!("({filter}) and ({})", self.condition))
    }

    /// What the test's own statement would answer. `proof` is why nothing was counted.
    pub(super) fn answer(&self, relation: &str, failures: i64, proof: Option<&str>) -> KnownAnswer {
        let failures = self.limit.map_or(failures, |limit| failures.min(limit));
        let row = vec![
            Cell::Int(failures),
            Cell::Bool(self.warn_if.is_met(failures)),
            Cell::Bool(self.error_if.is_met(failures)),
        ];
        let column =
            |name: &str, type_oid| ResultColumn { name: name.to_owned(), type_oid, type_modifier: -1 };
        let columns =
            vec![column("failures", BIGINT), column("should_warn", BOOLEAN), column("should_error", BOOLEAN)];
        let mut response = Response::from_tag("SELECT 1");
        if let Some(proof) = proof {
            proof.clone_into(&mut response.message);
        }
        KnownAnswer {
            statement: self.statement(relation),
            response,
            rows: ResultSet { columns, rows: vec![row] },
        }
    }

    /// As `get_test_sql` writes it.
    fn statement(&self, relation: &str) -> String {
        let limit = self.limit.map(|limit| format!("\nlimit {limit}")).unwrap_or_default();
        let [warn_if, error_if] = [&self.warn_if.text, &self.error_if.text];
        let query = format!("{}{}{}{limit}", self.before, self.read(relation), self.after);
        format!(
            "select\n    count(*) as failures,\n    count(*) {warn_if} as should_warn,\n    count(*) {error_if} as should_error\n  \
             from (\n    {query}\n  ) dbt_internal_test"
        )
    }

    /// The column's name as the catalog has it, and whether it was quoted.
    pub(super) fn column_name(&self) -> Option<(String, bool)> {
        let (name, is_quoted) = match self.column.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) => (inner.replace("\"\"", "\""), true),
            None => (self.column.to_ascii_lowercase(), false),
        };
        // the server folds other letters by its locale, and cuts names that are longer
        (name.is_ascii() && name.len() < 64).then_some((name, is_quoted))
    }
}

/// The list of `accepted_values`, as its macro writes it.
fn accepted(arguments: &serde_json::Map<String, Json>) -> Option<String> {
    let quotes = match arguments.get("quote") {
        None => true,
        Some(quote) => quote.as_bool()?,
    };
    let mut accepted = Vec::new();
    for value in arguments.get("values")?.as_array().filter(|values| !values.is_empty())? {
        // a call is rendered although it has no braces
        if value.as_str().is_some_and(|text| holds_jinja(text) || text.trim_end().ends_with(')')) {
            return None;
        }
        let text = to_str(&from_json(value));
        // a lone quote would end the string; an expression that calls something may be another one for each row
        let is_one = if quotes { !text.replace("''", "").contains('\'') } else { !text.contains('(') };
        if !is_one {
            return None;
        }
        accepted.push(if quotes { format!("'{text}'") } else { text });
    }
    Some(accepted.join(", "))
}

/// A column's name, quoted or plain. The server groups by no constant.
fn is_name(text: &str) -> bool {
    if ["null", "true", "false"].iter().any(|constant| text.eq_ignore_ascii_case(constant)) {
        return false;
    }
    if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return !inner.is_empty() && !holds_jinja(inner) && !inner.replace("\"\"", "").contains('"');
    }
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// A relation's name, with or without those of its schema and database.
pub(super) fn is_relation_name(text: &str) -> bool {
    let mut rest = text;
    loop {
        let end = match rest.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map_or(rest.len(), |at| at + 2),
            None => rest.find('.').unwrap_or(rest.len()),
        };
        let (name, more) = rest.split_at(end);
        match (is_name(name), more.strip_prefix('.')) {
            (true, Some(more)) => rest = more,
            (is_name, _) => return is_name && more.is_empty(),
        }
    }
}

/// `!= 0`, `> 10`
struct Threshold {
    text: String,
    operator: &'static str,
    number: i64,
}

impl Threshold {
    fn read(text: &str) -> Option<Self> {
        let operator = [">=", "<=", "!=", "<>", "=", "<", ">"].into_iter().find(|op| text.starts_with(op))?;
        // other blanks are none to the server
        let digits = text[operator.len()..].trim_matches(' ');
        // an operator of the server may have more letters
        let is_number = !digits.is_empty() && digits.len() < 18 && digits.bytes().all(|b| b.is_ascii_digit());
        Some(Self { text: text.to_owned(), operator, number: is_number.then(|| digits.parse().ok())?? })
    }

    fn is_met(&self, failures: i64) -> bool {
        match self.operator {
            ">=" => failures >= self.number,
            "<=" => failures <= self.number,
            "=" => failures == self.number,
            "<" => failures < self.number,
            ">" => failures > self.number,
            _ => failures != self.number,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn thresholds_are_a_comparison_with_a_number() {
        for (text, failures, is_met) in
            [("!= 0", 0, false), ("<>0", 3, true), (">= 3", 3, true), ("< 3", 3, false), ("=  3 ", 3, true)]
        {
            assert_eq!(Threshold::read(text).unwrap().is_met(failures), is_met, "{text}");
        }
        for text in [
            "!= 0 or true",
            "between 1 and 2",
            "> -1",
            "!== 0",
            ">> 1",
            "> 1.5",
            "",
            "0",
            "= all",
            "> 3\u{a0}",
        ] {
            assert!(Threshold::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn names_are_plain_or_quoted() {
        for name in ["id", "_a1", "größe", "\"a b\"", "\"a\"\"b\""] {
            assert!(is_name(name), "{name}");
        }
        for other in
            ["", "1a", "a.b", "a b", "\"a\"b\"", "\"\"", "lower(a)", "{{ a }}", "\"{{ a }}\"", "a$", "Null"]
        {
            assert!(!is_name(other), "{other}");
        }
    }

    #[test]
    fn relations_are_named_by_up_to_three_names() {
        for name in ["a", "\"d\".\"s\".\"a b\"", "s.a", "\"a.b\""] {
            assert!(is_relation_name(name), "{name}");
        }
        for other in ["(select 1) as a", "a b", "a.", "", "\"a\"b", "a, b", "\"a\"\"b\""] {
            assert!(!is_relation_name(other), "{other}");
        }
    }

    #[test]
    fn accepted_values_are_written_as_by_the_macro() {
        let list = |arguments: Json| accepted(arguments.as_object().unwrap());
        assert_eq!(list(json!({"values": ["a''b", 1, true]})).as_deref(), Some("'a''b', '1', 'True'"));
        assert_eq!(list(json!({"values": ["1", 2], "quote": false})).as_deref(), Some("1, 2"));
        for other in [
            json!({"values": []}),
            json!({"values": ["{{ a }}"]}),
            json!({"values": ["var('x')"]}),
            json!({"values": ["(select 1) + 1"], "quote": false}),
            json!({"values": ["x') or ('x' = 'x"]}),
            json!({"values": "a"}),
            json!({}),
        ] {
            assert!(list(other.clone()).is_none(), "{other}");
        }
    }
}
