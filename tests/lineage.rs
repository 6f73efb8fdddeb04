//! Runs `tests/lineage/cases.md`: each query's edges against the expected ones.
//! `UPDATE_SPECS=1` rewrites the expectations; read the diff.

use rsdbt::inside::sql::{ColumnNames, Edge, EdgeKind, Lineage, Origin, RelationName, Resolver, trace};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

const CASES: &str = "tests/lineage/cases.md";

struct Known(HashMap<String, ColumnNames>);

impl Resolver for Known {
    fn columns(&self, relation: &RelationName) -> Option<ColumnNames> {
        self.0.get(&relation.to_string()).cloned()
    }

    fn is_inlined_model(&self, cte: &str) -> bool {
        cte.starts_with("__dbt__cte__")
    }
}

/// Words, where `"a b"` is one.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words
}

fn known(text: &str) -> Known {
    let block = text.split("```relations\n").nth(1).unwrap().split("```").next().unwrap();
    let relation = |line: &str| {
        let words = words(line);
        (words[0].clone(), words[1..].iter().map(|word| Arc::from(word.as_str())).collect())
    };
    Known(block.lines().map(relation).collect())
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Column { relation, column } => format!("{relation}.{column}"),
        Origin::Rows { relation } => format!("rows({relation})"),
        Origin::Unknown { what, relations } => {
            let relations: Vec<String> = relations.iter().map(ToString::to_string).collect();
            format!("unknown {what} ({})", relations.join(" "))
        }
    }
}

/// `direct a.b, derived c.d e.f`
fn edges(edges: &[Edge]) -> String {
    let mut by_kind: Vec<(EdgeKind, Vec<String>)> = Vec::new();
    for edge in edges {
        let at = by_kind.iter().position(|(kind, _)| *kind == edge.kind).unwrap_or_else(|| {
            by_kind.push((edge.kind, Vec::new()));
            by_kind.len() - 1
        });
        by_kind[at].1.push(origin(&edge.origin));
    }
    by_kind.sort();
    let parts: Vec<String> = by_kind
        .into_iter()
        .map(|(kind, origins)| format!("{} {}", kind.label(), origins.join(" ")))
        .collect();
    parts.join(", ")
}

fn shown(lineage: &Lineage) -> String {
    if let Some(failure) = &lineage.failure {
        return format!("failure: {failure}\n");
    }
    let mut text = String::new();
    for column in &lineage.columns {
        writeln!(text, "{}: {}", column.name, edges(&column.edges)).unwrap();
    }
    if !lineage.influences.is_empty() {
        writeln!(text, "every column: {}", edges(&lineage.influences)).unwrap();
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).chain([""]).collect();
    lines.join("\n")
}

#[test]
fn every_case_has_the_expected_edges() {
    let text = fs::read_to_string(CASES).unwrap();
    let known = known(&text);
    let mut rewritten = String::new();
    let mut wrong = String::new();
    let mut count = 0;
    let mut parts = text.split("```sql\n");
    rewritten.push_str(parts.next().unwrap());
    for part in parts {
        let (sql, rest) = part.split_once("\n```\n").unwrap();
        let (between, rest) = rest.split_once("```edges\n").unwrap();
        let (expected, rest) = rest.split_once("```").unwrap();
        let actual = shown(&trace(sql, &known));
        if actual != expected {
            writeln!(wrong, "{sql}\n--- expected\n{expected}--- actual\n{actual}").unwrap();
        }
        write!(rewritten, "```sql\n{sql}\n```\n{between}```edges\n{actual}```{rest}").unwrap();
        count += 1;
    }
    if std::env::var_os("UPDATE_SPECS").is_some() {
        fs::write(CASES, rewritten).unwrap();
        return;
    }
    assert!(count >= 120, "only {count} cases were read");
    assert!(wrong.is_empty(), "{wrong}");
}

/// Queries cut, doubled and spliced at random places: an answer or a failure, never a panic.
#[test]
fn mutilated_queries_never_panic() {
    let text = fs::read_to_string(CASES).unwrap();
    let known = known(&text);
    let queries: Vec<&str> =
        text.split("```sql\n").skip(1).map(|part| part.split_once("\n```\n").unwrap().0).collect();
    let mut seed = 11u64;
    let mut random = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % limit.max(1) as u64).unwrap()
    };
    for _ in 0..6000 {
        let mut words: Vec<&str> =
            queries[random(queries.len())].split_inclusive([' ', '(', ')', ',', '.', '\'']).collect();
        for _ in 0..=random(3) {
            let (from, to) = (random(words.len()), random(words.len()));
            let other: Vec<&str> = queries[random(queries.len())].split_inclusive(' ').collect();
            match random(5) {
                0 => words.swap(from, to),
                1 => drop(words.remove(from)),
                2 => words.insert(from, words[to]),
                3 => words.truncate(from.max(1)),
                _ => words.insert(from, other[random(other.len())]),
            }
            if words.is_empty() {
                words.push("x");
            }
        }
        let sql = words.concat();
        trace(&sql, &known);
        let statements = rsdbt::inside::sql::statements(&sql);
        assert!(statements.iter().all(|statement| sql.contains(statement)));
    }
}
