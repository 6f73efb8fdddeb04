//! Whether values of a query may depend on the order in which rows are read, or on how many are.

use std::ops::ControlFlow;

use sqlparser::ast::{Distinct, Expr, Query, SetExpr, Visit, Visitor};

use crate::sql::lineage::parts;

/// Window functions, aggregates that join their rows, and what takes some rows of many.
pub(super) fn matters(query: &Query) -> bool {
    query.visit(&mut Search).is_break()
}

struct Search;

impl Visitor for Search {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let takes_some = query.limit_clause.is_some() || query.fetch.is_some() || takes_first(&query.body);
        if takes_some { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let joins_rows = parts(&function.name).last().is_some_and(|name| name.ends_with("agg"));
        if joins_rows || function.over.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn takes_first(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => matches!(select.distinct, Some(Distinct::On(_))),
        SetExpr::SetOperation { left, right, .. } => takes_first(left) || takes_first(right),
        _ => false,
    }
}
