//! What a column of a result is made of: expressions over one value, and the conditions that limit these values beside it.
//!
//! `partition_overwrite` asks: a field that keeps the period of a limited column is never of a period that was not read,
//! and where all rows that are read are tied to it, a row is made of rows of one period. An answer is certain; where anything is not
//! understood, there is none.

mod from;
mod names;
mod order;
mod reads;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Query, Select, SetExpr,
};

use self::from::{Condition, Read, Scope, Source};
use self::names::{Ctes, arguments, column_of, explicit, expression, is_named, named_as, position};
use self::reads::{Own, distinct_on, limited_ctes, plain_conditions, reads_limited};
use super::lineage::{fold, parts};
use super::parsed::{on_deep_stack, parse};

/// Stands in an expression for the limited column.
const VALUE: &str = "rsdbt_value";

/// How many queries are looked into: CTEs that read one another twice would double them at each step.
const QUERIES: usize = 500;

/// Functions of a time that say nothing else than a time; null for null.
const FUNCTIONS: [&str; 4] = ["date", "date_bin", "date_trunc", "timezone"];

/// One way in which the column is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Making {
    /// The number of the condition.
    pub(crate) condition: usize,
    /// The expression, over `rsdbt_value`.
    pub(crate) expression: String,
}

#[derive(Debug, Default)]
pub(crate) struct MadeOf {
    /// All ways in which the query makes the column; none where they cannot be told.
    pub(crate) makings: Vec<Making>,
    /// What ties the rows of one period together: if these and the makings keep the period of their values, each row is made of
    /// input rows of its own period. None where other rows may take part.
    pub(crate) ties: Option<Vec<Making>>,
    /// Which of the result's columns may have values that depend on the order or the number of the rows that are read.
    pub(crate) ordered: Vec<String>,
    /// Conditions on columns of tables, and not on what a subquery has computed.
    pub(crate) plain: Vec<usize>,
}

/// `columns`: all of the result.
pub(crate) fn made_of(sql: &str, column: &str, columns: &[String]) -> MadeOf {
    let found = on_deep_stack(|| {
        let (query, _) = parse(sql)?;
        let which = Which::Named(column);
        let makings = Search { left: QUERIES, ties: None }.of_query(&query, which, &[]);
        let mut search = Search {
            left: QUERIES,
            ties: Some(Ties { found: Vec::new(), limited: Arc::new(limited_ctes(&query)) }),
        };
        let tied = search.of_query(&query, which, &[]);
        Ok(MadeOf {
            makings: makings.map(|made| made.makings).unwrap_or_default(),
            ties: search.ties.filter(|_| tied.is_some()).map(|ties| ties.found),
            ordered: order::columns(&query, columns),
            plain: plain_conditions(&query),
        })
    });
    let is_known = !sql.contains(VALUE);
    found.ok().filter(|_| is_known).unwrap_or(MadeOf { ordered: columns.to_vec(), ..MadeOf::default() })
}

#[derive(Clone, Copy)]
enum Which<'a> {
    Named(&'a str),
    At(usize),
}

struct Made {
    makings: Vec<Making>,
    reads: Vec<Read>,
    /// The columns of its sources, or the conditions, whose values it has.
    leaves: Vec<(Read, Arc<str>)>,
}

impl Made {
    fn limited(condition: usize, expression: String) -> Self {
        let read = Read::Limited(condition);
        let makings = vec![Making { condition, expression }];
        Self { makings, reads: vec![read], leaves: vec![(read, Arc::from(""))] }
    }

    fn and(mut self, other: Self) -> Self {
        self.makings.extend(other.makings);
        self.reads.extend(other.reads);
        self.leaves.extend(other.leaves);
        self
    }
}

struct Search {
    left: usize,
    /// Where they are asked for.
    ties: Option<Ties>,
}

/// Whether all limited rows take part in rows of their own period only: what is read beside those that make the column is joined,
/// grouped and ranked by its period.
struct Ties {
    found: Vec<Making>,
    /// Names of CTEs that read limited rows.
    limited: Arc<HashSet<Arc<str>>>,
}

/// What an expression is made of, beside constants.
#[derive(PartialEq)]
enum Leaf<'q> {
    Limited(usize),
    Column(&'q [Ident]),
}

impl Search {
    fn of_query<'q>(&mut self, query: &'q Query, which: Which<'_>, ctes: &Ctes<'q>) -> Option<Made> {
        self.left = self.left.checked_sub(1)?;
        let mut visible = ctes.to_vec();
        if let Some(with) = &query.with {
            if with.recursive || with.cte_tables.iter().any(|cte| !cte.alias.columns.is_empty()) {
                return None;
            }
            visible.extend(with.cte_tables.iter().map(|cte| (fold(&cte.alias.name), &*cte.query)));
        }
        let takes_some = query.limit_clause.is_some() || query.fetch.is_some();
        if takes_some && self.ties.is_some() {
            return None;
        }
        self.of_body(&query.body, which, &visible)
    }

    fn of_body<'q>(&mut self, body: &'q SetExpr, which: Which<'_>, ctes: &Ctes<'q>) -> Option<Made> {
        match body {
            SetExpr::Select(select) => self.of_select(select, which, ctes),
            SetExpr::Query(query) => self.of_query(query, which, ctes),
            SetExpr::SetOperation { left, right, .. } => {
                let at = Which::At(match which {
                    Which::At(at) => at,
                    Which::Named(name) => position(left, name)?,
                });
                Some(self.of_body(left, at, ctes)?.and(self.of_body(right, at, ctes)?))
            }
            _ => None,
        }
    }

    fn of_select<'q>(&mut self, select: &'q Select, which: Which<'_>, ctes: &Ctes<'q>) -> Option<Made> {
        let scope = Scope::of(select, ctes)?;
        let made = match which {
            Which::At(at) => self.of_expr(explicit(&select.projection)?.get(at)?, &scope),
            Which::Named(name) => self.of_name(name, &scope),
        }?;
        if self.ties.is_some() {
            self.tie(&scope, &made)?;
        }
        Some(made)
    }

    fn of_name(&mut self, name: &str, scope: &Scope<'_, '_>) -> Option<Made> {
        let mut items = scope.select.projection.iter().filter_map(expression);
        if let Some(expr) = items.find(|expr| *named_as(expr.0, expr.1) == *name) {
            return self.of_expr(expr.0, scope);
        }
        let source = scope.source_of_star(name)?;
        match scope.limited(source, name) {
            Some(condition) => Some(Made::limited(condition, VALUE.to_owned())),
            None => self.of_source(source, name, scope),
        }
    }

    fn of_expr(&mut self, expr: &Expr, scope: &Scope<'_, '_>) -> Option<Made> {
        if let Some(values) = coalesced(expr) {
            let mut all = values.into_iter().map(|value| self.of_expr(value, scope));
            let first = all.next()??;
            return all.try_fold(first, |all, made| Some(all.and(made?)));
        }
        let mut leaf = None;
        let text = rebuilt(expr, scope, &mut leaf)?.to_string();
        match leaf? {
            Leaf::Limited(condition) => Some(Made::limited(condition, text)),
            Leaf::Column(idents) => {
                let name = fold(idents.last()?);
                let made =
                    scope.sources_of(idents)?.into_iter().map(|source| self.of_source(source, &name, scope));
                let mut made = made.collect::<Option<Vec<_>>>()?.into_iter().reduce(Made::and)?;
                for making in &mut made.makings {
                    making.expression = text.replace(VALUE, &format!("({})", making.expression));
                }
                Some(made)
            }
        }
    }

    fn of_source(&mut self, source: &Source<'_>, name: &str, scope: &Scope<'_, '_>) -> Option<Made> {
        let (query, visible) = source.query(scope.ctes)?;
        let makings = self.of_query(query, Which::Named(name), visible)?.makings;
        let read = Read::Source(source.place);
        Some(Made { makings, reads: vec![read], leaves: vec![(read, Arc::from(name))] })
    }
}

impl Search {
    /// None where rows of other periods may take part in a row; `field`: what the column is made of.
    fn tie(&mut self, scope: &Scope<'_, '_>, field: &Made) -> Option<()> {
        let limited = &*Arc::clone(&self.ties.as_ref()?.limited);
        let own = Own::of(scope.select, limited)?;
        if own.limits != scope.limits.len() {
            return None;
        }
        let sources = scope.sources.iter().filter(|source| reads_limited(source.factor, limited));
        let conditions = scope.limits.iter().map(|(_, condition)| Read::Limited(*condition));
        let reads = sources.map(|source| Read::Source(source.place)).chain(conditions);
        let tied = self.tied_to(field.reads.first()?, scope);
        if !reads.chain(field.reads.iter().copied()).all(|read| tied.contains(&read)) {
            return None;
        }
        // NULL is a group of all periods: only the column itself has a value in each row that counts
        let partitions = own.windows.iter().map(|window| window.partition_by.iter().collect());
        for group in partitions.chain(distinct_on(scope.select)) {
            let mut of_field = group.iter().filter_map(|expr| self.made(expr, scope));
            let mut found = of_field.find(|made| made.leaves == field.leaves)?;
            self.ties.as_mut()?.found.append(&mut found.makings);
        }
        Some(())
    }

    /// All that equalities tie to it.
    fn tied_to(&mut self, read: &Read, scope: &Scope<'_, '_>) -> Vec<Read> {
        let mut pairs = self.pairs(scope);
        let mut groups = vec![vec![*read]];
        loop {
            // a side of several reads has a value of any of them: they must be tied already
            let group_of = |side: &Made| match side.reads.as_slice() {
                [only] => Some(vec![*only]),
                several => {
                    groups.iter().find(|group| several.iter().all(|read| group.contains(read))).cloned()
                }
            };
            let ready = pairs
                .iter()
                .enumerate()
                .find_map(|(at, [left, right])| Some((at, [group_of(left)?, group_of(right)?].concat())));
            let Some((at, mut joined)) = ready else { break };
            let makings = pairs.swap_remove(at).into_iter().flat_map(|side| side.makings);
            if let Some(ties) = &mut self.ties {
                ties.found.extend(makings);
            }
            groups.retain(|group| {
                let is_apart = group.iter().all(|read| !joined.contains(read));
                if !is_apart {
                    joined.extend(group);
                }
                is_apart
            });
            groups.push(joined);
        }
        groups.into_iter().find(|group| group.contains(read)).unwrap_or_default()
    }

    /// What equalities (`USING` is one, too) hold together in each row that has both.
    fn pairs(&mut self, scope: &Scope<'_, '_>) -> Vec<[Made; 2]> {
        let mut pairs = Vec::new();
        for Condition { expr, of_join } in scope.conditions() {
            if let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr
                && let Some(left) = self.made(left, scope)
                && let Some(right) = self.made(right, scope)
                && of_join.is_none_or(|place| {
                    [&left, &right].into_iter().any(|side| scope.is_at(&side.reads, place))
                })
            {
                pairs.push([left, right]);
            }
        }
        for merged in &scope.merged {
            let mut sides = scope.sides_of(merged).map(|sources| {
                let made = sources.into_iter().map(|source| self.of_source(source, &merged.name, scope));
                made.collect::<Option<Vec<_>>>()?.into_iter().reduce(Made::and)
            });
            if let [Some(left), Some(right)] = [sides[0].take(), sides[1].take()] {
                pairs.push([left, right]);
            }
        }
        pairs
    }

    /// What ties the rows of something that is not understood in the end ties nothing.
    fn made(&mut self, expr: &Expr, scope: &Scope<'_, '_>) -> Option<Made> {
        let before = self.ties.as_ref().map_or(0, |ties| ties.found.len());
        let made = self.of_expr(expr, scope);
        if let (None, Some(ties)) = (&made, &mut self.ties) {
            ties.found.truncate(before);
        }
        made
    }
}

/// The values of a `coalesce`.
fn coalesced(expr: &Expr) -> Option<Vec<&Expr>> {
    match expr {
        Expr::Nested(inner) => coalesced(inner),
        Expr::Function(function) if is_named(function, "coalesce") => arguments(function),
        _ => None,
    }
}

/// The expression over `rsdbt_value`, if it is made of one column or limited value and of constants, in known ways.
fn rebuilt<'e>(expr: &'e Expr, scope: &Scope<'_, '_>, leaf: &mut Option<Leaf<'e>>) -> Option<Expr> {
    let limited = scope.condition_on(expr).map(Leaf::Limited);
    if let Some(found) = limited.or_else(|| column_of(expr).map(Leaf::Column)) {
        if leaf.as_ref().is_some_and(|leaf| *leaf != found) {
            return None;
        }
        *leaf = Some(found);
        return Some(Expr::Identifier(Ident::new(VALUE)));
    }
    let mut changed = expr.clone();
    match (expr, &mut changed) {
        (Expr::Value(_) | Expr::TypedString(_) | Expr::Interval(_), _) => {}
        (Expr::Nested(inner), Expr::Nested(new))
        | (Expr::Cast { expr: inner, .. }, Expr::Cast { expr: new, .. }) => {
            **new = rebuilt(inner, scope, leaf)?;
        }
        (
            Expr::AtTimeZone { timestamp, time_zone },
            Expr::AtTimeZone { timestamp: new_timestamp, time_zone: new_time_zone },
        ) => {
            **new_timestamp = rebuilt(timestamp, scope, leaf)?;
            **new_time_zone = rebuilt(time_zone, scope, leaf)?;
        }
        (
            Expr::BinaryOp { left, op: BinaryOperator::Plus | BinaryOperator::Minus, right },
            Expr::BinaryOp { left: new_left, right: new_right, .. },
        ) => {
            **new_left = rebuilt(left, scope, leaf)?;
            **new_right = rebuilt(right, scope, leaf)?;
        }
        (Expr::Function(function), Expr::Function(new)) => {
            let names = parts(&function.name);
            let (name, schema) = names.split_last()?;
            let is_known =
                FUNCTIONS.contains(&&**name) && schema.iter().all(|schema| &**schema == "pg_catalog");
            let given = arguments(function).filter(|_| is_known)?;
            let FunctionArguments::List(list) = &mut new.args else { return None };
            for (argument, given) in list.args.iter_mut().zip(given) {
                *argument = FunctionArg::Unnamed(FunctionArgExpr::Expr(rebuilt(given, scope, leaf)?));
            }
        }
        _ => return None,
    }
    Some(changed)
}
