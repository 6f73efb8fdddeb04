//! Which columns of a result may have values that depend on the order in which rows are read, or on how many are.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, Query, Select, SetExpr, TableFactor, Visit, Visitor};

use super::from::{Scope, Source};
use super::names::{Ctes, column_of, explicit, expression, named_as, position};
use crate::sql::lineage::{fold, parts};
use crate::sql::own_expressions::any_expr;

/// How deep a column is followed.
const DEPTH: usize = 40;

/// Those that are made by window functions and by aggregates that join their rows. What cannot be followed counts, too.
pub(super) fn columns(query: &Query, names: &[String]) -> Vec<String> {
    if !has_order(query) {
        return Vec::new();
    }
    names.iter().filter(|name| of_query(query, Which::Named(name), &[], DEPTH)).cloned().collect()
}

#[derive(Clone, Copy)]
enum Which<'n> {
    Named(&'n str),
    At(usize),
}

fn of_query<'q>(query: &'q Query, which: Which<'_>, ctes: &Ctes<'q>, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    let mut visible = ctes.to_vec();
    for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
        if !cte.alias.columns.is_empty() {
            return has_order(query);
        }
        visible.push((fold(&cte.alias.name), &*cte.query));
    }
    of_body(&query.body, which, &visible, depth)
}

fn of_body<'q>(body: &'q SetExpr, which: Which<'_>, ctes: &Ctes<'q>, depth: usize) -> bool {
    match body {
        SetExpr::Select(select) => of_select(select, which, ctes, depth),
        SetExpr::Query(query) => of_query(query, which, ctes, depth),
        SetExpr::SetOperation { left, right, .. } => {
            let at = match which {
                Which::At(at) => Some(at),
                Which::Named(name) => position(left, name),
            };
            let is_so = |side: &'q SetExpr, at| of_body(side, Which::At(at), ctes, depth);
            at.is_none_or(|at| is_so(left, at) || is_so(right, at))
        }
        _ => has_order(body),
    }
}

fn of_select<'q>(select: &'q Select, which: Which<'_>, ctes: &Ctes<'q>, depth: usize) -> bool {
    let Some(scope) = Scope::of(select, ctes) else { return true };
    let expr = match which {
        Which::At(at) => match explicit(&select.projection).and_then(|list| list.get(at).copied()) {
            Some(expr) => expr,
            None => return true,
        },
        Which::Named(name) => {
            let mut items = select.projection.iter().filter_map(expression);
            match items.find(|item| *named_as(item.0, item.1) == *name) {
                Some((expr, _)) => expr,
                None => {
                    return of_source(
                        scope.source_of_star(name).map(|source| vec![source]),
                        name,
                        &scope,
                        depth,
                    );
                }
            }
        }
    };
    if has_order(expr) {
        return true;
    }
    // of tables only: it is nobody else's
    let are_tables = scope.sources.iter().all(|source| source.is_table(ctes));
    !are_tables
        && any_expr(expr, |column| {
            let Some(name) = column_of(column).and_then(<[Ident]>::last).map(fold) else { return false };
            of_source(column_of(column).and_then(|idents| scope.sources_of(idents)), &name, &scope, depth)
        })
}

/// None of them: any that may have columns that it does not list.
fn of_source(sources: Option<Vec<&Source<'_>>>, name: &str, scope: &Scope<'_, '_>, depth: usize) -> bool {
    let is_so = |source: &Source<'_>| match (query_of(source, scope), source.factor) {
        (Some((query, visible)), _) => of_query(query, Which::Named(name), visible, depth),
        (None, factor) => !source.is_table(scope.ctes) && has_order(factor),
    };
    match sources {
        Some(sources) => sources.into_iter().any(is_so),
        None => scope.sources.iter().any(|source| match query_of(source, scope) {
            Some((query, _)) => !lists_all(&query.body),
            None => is_so(source),
        }),
    }
}

/// That of a CTE, or of a subquery, a LATERAL one, too.
fn query_of<'q, 'c>(source: &Source<'q>, scope: &Scope<'q, 'c>) -> Option<(&'q Query, &'c Ctes<'q>)> {
    match source.factor {
        TableFactor::Derived { subquery, .. } => Some((subquery, scope.ctes)),
        _ => source.query(scope.ctes),
    }
}

fn lists_all(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => explicit(&select.projection).is_some(),
        SetExpr::Query(query) => lists_all(&query.body),
        SetExpr::SetOperation { left, .. } => lists_all(left),
        _ => false,
    }
}

fn has_order(node: &impl Visit) -> bool {
    node.visit(&mut Search).is_break()
}

struct Search;

impl Visitor for Search {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let joins_rows = parts(&function.name).last().is_some_and(|name| name.ends_with("agg"));
        if joins_rows || function.over.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
