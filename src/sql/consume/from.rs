//! FROM: the one source that brings staged rows, and whether joins keep all of them.

use std::sync::Arc;

use sqlparser::ast::{
    Expr, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, TableAlias, TableFactor, TableWithJoins,
};

use super::analysis::Analysis;
use super::flow::{Column, Environment, Flow, Value};
use super::{TAKEN, TRACE};
use crate::sql::lineage::{fold, parts};
use crate::sql::own_expressions::any_expr;
use crate::sql::{RelationName, quote_identifier};

/// The items of a FROM clause.
#[derive(Default)]
pub(super) struct From {
    pub(super) staged: Option<Staged>,
    pub(super) items: usize,
}

/// The item with staged rows.
pub(super) struct Staged {
    pub(super) alias: Option<Arc<str>>,
    pub(super) flow: Flow,
}

const TWICE: &str = "it reads the staging table more than once";

impl Analysis<'_> {
    pub(super) fn from(
        &mut self,
        tables: &[TableWithJoins],
        environment: &Environment<'_>,
    ) -> Result<From, String> {
        let mut from = From::default();
        for table in tables {
            let next = self.joined(table, environment)?;
            from = both(from, next)?;
        }
        if from.staged.is_some() && tables.len() > 1 {
            self.filtered = true;
        }
        Ok(from)
    }

    fn joined(&mut self, table: &TableWithJoins, environment: &Environment<'_>) -> Result<From, String> {
        let mut from = self.factor(&table.relation, environment)?;
        for join in &table.joins {
            let right = self.factor(&join.relation, environment)?;
            self.expressions(&join.join_operator, environment)?;
            let staged = from.staged.as_ref().or(right.staged.as_ref());
            if let Some(staged) = staged {
                let (keeps_left, keeps_right, constraint) = kept(&join.join_operator)?;
                if !(if from.staged.is_some() { keeps_left } else { keeps_right }) {
                    self.filtered = true;
                    if let JoinConstraint::On(condition) = constraint {
                        self.refuse_windows(condition, &staged.flow)?;
                    }
                }
            }
            from = both(from, right)?;
        }
        Ok(from)
    }

    fn factor(&mut self, factor: &TableFactor, environment: &Environment<'_>) -> Result<From, String> {
        let (staged, sampled) = match factor {
            TableFactor::Table { name, alias, args: None, sample, .. } => {
                (self.named(name, alias.as_ref(), environment)?, sample.is_some())
            }
            TableFactor::Derived { subquery, alias, sample, .. } => {
                let flow = self.query(subquery, environment)?;
                (flow.map(|flow| aliased(flow, alias.as_ref(), None)), sample.is_some())
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let from = self.joined(table_with_joins, environment)?;
                let staged = from.staged.map(|staged| match alias {
                    Some(_) => aliased(Flow { at_end: false, ..staged.flow }, alias.as_ref(), None),
                    None => staged,
                });
                return Ok(From { staged, items: from.items.max(2) });
            }
            _ => {
                self.expressions(factor, environment)?;
                (None, false)
            }
        };
        if staged.is_some() && sampled {
            return Err("it reads the staging table by TABLESAMPLE".to_owned());
        }
        Ok(From { staged, items: 1 })
    }

    fn named(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
        environment: &Environment<'_>,
    ) -> Result<Option<Staged>, String> {
        let parts = parts(name);
        let [qualifiers @ .., last] = parts.as_slice() else { return Ok(None) };
        if qualifiers.is_empty()
            && let Some(table) = environment.get(last)
        {
            let read_before = table.is_read.replace(true);
            let Some(flow) = &table.flow else { return Ok(None) };
            if read_before {
                return Err(TWICE.to_owned());
            }
            return Ok(Some(aliased(flow.clone(), alias, Some(last))));
        }
        let mut qualifiers = qualifiers.iter().rev().cloned();
        let read =
            RelationName { schema: qualifiers.next(), database: qualifiers.next(), name: Arc::clone(last) };
        if !is_same(&read, &self.staging.relation) {
            return Ok(None);
        }
        if std::mem::replace(&mut self.found, true) {
            return Err(TWICE.to_owned());
        }
        let flow = self.staging_table(name, &read, alias.is_none())?;
        Ok(Some(aliased(flow, alias, Some(last))))
    }

    /// Puts the rows that are taken, or the rows with their traces, in the table's place.
    fn staging_table(&mut self, name: &ObjectName, read: &RelationName, bare: bool) -> Result<Flow, String> {
        let idents = name.0.iter().filter_map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(ident.span),
            ObjectNamePart::Function(_) => None,
        });
        let spans: Vec<_> = idents.collect();
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
            return Err("it names the staging table in an unknown way".to_owned());
        };
        let range = self.text.offset(first.start)..self.text.offset(last.end);
        let written = self.text.slice(range.clone());
        if written.parse() != Ok(read.clone()) {
            return Err("it names the staging table in an unknown way".to_owned());
        }
        let alias = if bare { format!(" as {}", quote_identifier(&read.name)) } else { String::new() };
        let listed: String =
            self.staging.columns.iter().map(|column| quote_identifier(column) + ", ").collect();
        let traced = format!(
            "(select {listed}pg_catalog.concat_ws('/', tableoid, xmin, ctid) as {TRACE} from {written}){alias}"
        );
        self.whole.replace(range.clone(), format!("{TAKEN}{alias}"));
        self.traced.replace(range, traced);
        let mut columns = Vec::with_capacity(self.staging.columns.len());
        for name in &self.staging.columns {
            columns.push(Column { name: name.as_str().into(), value: self.new_value(Value::Atom) });
        }
        self.staged.clone_from(&columns);
        Ok(Flow { columns, trace: TRACE.to_owned(), at_end: true, ranks: Vec::new() })
    }

    /// A filter by a window function lets other rows decide, except as `row_number() .. = 1`.
    pub(super) fn refuse_windows(&self, condition: &Expr, flow: &Flow) -> Result<(), String> {
        let is_window = |name: &str| flow.column(name).is_some_and(|value| self.is_of_window(value));
        let found = any_expr(condition, |expr| match expr {
            Expr::Identifier(ident) => is_window(&fold(ident)),
            Expr::CompoundIdentifier(idents) => idents.last().is_some_and(|ident| is_window(&fold(ident))),
            _ => false,
        });
        if found {
            return Err(
                "it filters by a window function (other than row_number, rank or dense_rank = 1)".to_owned()
            );
        }
        Ok(())
    }
}

fn both(left: From, right: From) -> Result<From, String> {
    if left.staged.is_some() && right.staged.is_some() {
        return Err(TWICE.to_owned());
    }
    Ok(From { staged: left.staged.or(right.staged), items: left.items + right.items })
}

fn aliased(flow: Flow, alias: Option<&TableAlias>, name: Option<&Arc<str>>) -> Staged {
    let Some(alias) = alias else { return Staged { alias: name.cloned(), flow } };
    let names: Vec<Arc<str>> = alias.columns.iter().map(|column| fold(&column.name)).collect();
    Staged { alias: Some(fold(&alias.name)), flow: flow.renamed(names.iter()) }
}

/// Whether each row of the left and of the right side takes part.
fn kept(join: &JoinOperator) -> Result<(bool, bool, &JoinConstraint), String> {
    Ok(match join {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::CrossJoin(constraint) => (false, false, constraint),
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (true, false, constraint),
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => (false, true, constraint),
        JoinOperator::FullOuter(constraint) => (true, true, constraint),
        _ => return Err("it joins in a way that is not known".to_owned()),
    })
}

/// A missing schema or database may be any: the search path decides, so such a name counts as the staging table.
fn is_same(read: &RelationName, staging: &RelationName) -> bool {
    let agrees =
        |one: &Option<Arc<str>>, other: &Option<Arc<str>>| one.is_none() || other.is_none() || one == other;
    read.name == staging.name
        && agrees(&read.schema, &staging.schema)
        && agrees(&read.database, &staging.database)
}
