//! A query over some of the rows of its relations: wherever it reads one of them, it reads the rows of a condition.
//!
//! The materializations ask, to see which rows of a result come of which rows of an input. The text stays as the user wrote it.

use std::ops::ControlFlow;

use sqlparser::ast::{Cte, ObjectName, ObjectNamePart, Query, TableFactor, Visit, Visitor};

use super::lineage::{fold, parts};
use super::parsed::{on_deep_stack, parse};
use super::text::{Edits, Text};
use super::{RelationName, quote_identifier};
use crate::hashed::HashSet;

/// A relation, and the SQL condition on its columns.
pub(crate) type Restriction = (RelationName, String);

/// The restricted query, or why it cannot be told where the query reads the relations.
pub(crate) fn restrict(sql: &str, restrictions: &[Restriction]) -> Result<String, String> {
    on_deep_stack(|| {
        let (query, text) = parse(sql)?;
        let mut ctes = Ctes::default();
        let _ = query.visit(&mut ctes);
        let mut places =
            Places { restrictions, text: &text, ctes: &ctes.0, read: 0, named: 0, edits: Edits::default() };
        match query.visit(&mut places) {
            ControlFlow::Break(reason) => Err(reason),
            ControlFlow::Continue(()) if places.named != places.read => {
                Err("it reads an input other than in FROM".to_owned())
            }
            ControlFlow::Continue(()) => Ok(places.edits.apply(sql)),
        }
    })
}

#[derive(Default)]
struct Ctes(HashSet<String>);

impl Visitor for Ctes {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.0.extend(ctes.map(|Cte { alias, .. }| fold(&alias.name).to_string()));
        ControlFlow::Continue(())
    }
}

struct Places<'a> {
    restrictions: &'a [Restriction],
    text: &'a Text<'a>,
    ctes: &'a HashSet<String>,
    /// How often the relations stand where a condition can be put, and how often anywhere.
    read: usize,
    named: usize,
    edits: Edits,
}

impl Places<'_> {
    fn restriction(&self, name: &ObjectName) -> Result<Option<(RelationName, &str)>, String> {
        let parts = parts(name);
        let Some((last, qualifiers)) = parts.split_last() else { return Ok(None) };
        let mut qualifiers = qualifiers.iter().rev().map(|part| &**part);
        let (schema, database) = (qualifiers.next(), qualifiers.next());
        let agrees =
            |written: Option<&str>, of: Option<&str>| written.is_none() || of.is_none() || written == of;
        let found = self.restrictions.iter().find(|(relation, _)| {
            relation.name == *last
                && agrees(schema, relation.schema.as_deref())
                && agrees(database, relation.database.as_deref())
        });
        match found {
            Some(_) if schema.is_none() && self.ctes.contains(&**last) => Ok(None),
            // The search path decides.
            Some((relation, _)) if schema.is_none() => {
                Err(format!("it reads `{}` without a schema", relation.name))
            }
            Some((_, condition)) => Ok(Some((RelationName::new(database, schema, last), condition))),
            None => Ok(None),
        }
    }

    fn restrict(&mut self, name: &ObjectName, has_alias: bool, is_sample: bool) -> Result<(), String> {
        let Some((read, condition)) = self.restriction(name)? else { return Ok(()) };
        if is_sample {
            return Err("it reads an input by TABLESAMPLE".to_owned());
        }
        let spans: Vec<_> =
            name.0.iter().filter_map(ObjectNamePart::as_ident).map(|ident| ident.span).collect();
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(()) };
        let range = self.text.offset(first.start)..self.text.offset(last.end);
        let written = self.text.slice(range.clone());
        if written.parse() != Ok(read.clone()) {
            return Err("it names an input in an unknown way".to_owned());
        }
        let alias = if has_alias { String::new() } else { format!(" as {}", quote_identifier(&read.name)) };
        self.edits.replace(range, format!("(select * from {written} where {condition}){alias}"));
        self.read += 1;
        Ok(())
    }
}

impl Visitor for Places<'_> {
    type Break = String;

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<String> {
        match self.restriction(name) {
            Ok(found) => self.named += usize::from(found.is_some()),
            Err(reason) => return ControlFlow::Break(reason),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<String> {
        if let TableFactor::Table { name, alias, args: None, sample, .. } = factor
            && let Err(reason) = self.restrict(name, alias.is_some(), sample.is_some())
        {
            return ControlFlow::Break(reason);
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restricted(sql: &str) -> Result<String, String> {
        let Ok(relation) = r#""d"."s"."t""#.parse();
        restrict(sql, &[(relation, "d > 1".to_owned())])
    }

    #[test]
    fn every_place_that_reads_the_relation_is_restricted() {
        let rows = |written: &str| format!("(select * from {written} where d > 1)");
        for (sql, expected) in [
            (r#"select * from "d"."s"."t""#, format!(r#"select * from {} as "t""#, rows(r#""d"."s"."t""#))),
            ("select a.x from s.t as a -- t", format!("select a.x from {} as a -- t", rows("s.t"))),
            (
                "with t as (select * from s.t) select (select max(d) from S.T b) from t, s.u",
                format!(
                    r#"with t as (select * from {} as "t") select (select max(d) from {} b) from t, s.u"#,
                    rows("s.t"),
                    rows("S.T")
                ),
            ),
            ("select * from other.t", "select * from other.t".to_owned()),
        ] {
            assert_eq!(restricted(sql), Ok(expected));
        }
    }

    #[test]
    fn what_cannot_be_told_has_a_reason() {
        for (sql, expected) in [
            ("select * from t", "it reads `t` without a schema"),
            ("select * from s.t tablesample system (1)", "it reads an input by TABLESAMPLE"),
            ("select * from", "it cannot be parsed"),
            ("select 1; select 2", "it is not a single query"),
        ] {
            let reason = restricted(sql).unwrap_err();
            assert!(reason.starts_with(expected), "{sql}: {reason}");
        }
    }
}
