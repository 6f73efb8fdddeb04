//! What stands in a SELECT itself, and which parts of a query read limited rows.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::{
    Distinct, Expr, NamedWindowExpr, Query, Select, SetExpr, TableFactor, Visit, Visitor, WindowSpec,
    WindowType,
};

use super::from::{Scope, simple};
use super::names::{column_of, expression, is_limit};
use crate::sql::lineage::fold;

/// What stands in a SELECT itself, but for its sources.
#[derive(Default)]
pub(super) struct Own<'t> {
    depth: usize,
    /// How many conditions.
    pub(super) limits: usize,
    pub(super) windows: Vec<WindowSpec>,
    limited: Option<&'t HashSet<Arc<str>>>,
}

impl<'t> Own<'t> {
    /// None where subqueries of its expressions read limited rows.
    pub(super) fn of(select: &Select, limited: &'t HashSet<Arc<str>>) -> Option<Self> {
        let mut own = Self { limited: Some(limited), ..Self::default() };
        let joins = select.from.iter().flat_map(|table| &table.joins);
        let is_whole = select.projection.visit(&mut own).is_continue()
            && select.selection.visit(&mut own).is_continue()
            && select.group_by.visit(&mut own).is_continue()
            && select.having.visit(&mut own).is_continue()
            && select.distinct.visit(&mut own).is_continue()
            && joins.into_iter().all(|join| join.join_operator.visit(&mut own).is_continue());
        for window in &select.named_window {
            match &window.1 {
                NamedWindowExpr::WindowSpec(spec) => own.add(spec),
                NamedWindowExpr::NamedWindow(_) => {}
            }
        }
        is_whole.then_some(own)
    }

    /// One that continues another has its partitions.
    fn add(&mut self, window: &WindowSpec) {
        if window.window_name.is_none() {
            self.windows.push(window.clone());
        }
    }
}

impl Visitor for Own<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.depth += 1;
        match self.limited {
            Some(limited) if self.depth == 1 && reads_limited(query, limited) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let (Expr::Function(function), 0) = (expr, self.depth) {
            self.limits += usize::from(is_limit(function));
            if let Some(WindowType::WindowSpec(spec)) = &function.over {
                self.add(spec);
            }
        }
        ControlFlow::Continue(())
    }
}

/// The expressions of DISTINCT ON, which prefers what the list calls by a name to columns.
pub(super) fn distinct_on(select: &Select) -> Option<Vec<&Expr>> {
    let Some(Distinct::On(exprs)) = &select.distinct else { return None };
    let meant = |expr| match column_of(expr) {
        Some([name]) => {
            let mut items = select.projection.iter().filter_map(expression);
            items
                .find(|item| item.1.is_some_and(|alias| fold(alias) == fold(name)))
                .map_or(expr, |item| item.0)
        }
        _ => expr,
    };
    Some(exprs.iter().map(meant).collect())
}

/// Whether conditions limit what the node reads, by itself or through CTEs of these names.
pub(super) fn reads_limited(node: &impl Visit, limited: &HashSet<Arc<str>>) -> bool {
    struct Search<'t>(&'t HashSet<Arc<str>>);
    impl Visitor for Search<'_> {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            match expr {
                Expr::Function(function) if is_limit(function) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        }
        fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
            match factor {
                TableFactor::Table { name, .. }
                    if simple(name).is_some_and(|name| self.0.contains(&name)) =>
                {
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        }
    }
    node.visit(&mut Search(limited)).is_break()
}

/// The names and queries of all CTEs, wherever they stand.
struct Ctes(Vec<(Arc<str>, Query)>);

impl Visitor for Ctes {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.0.push((fold(&cte.alias.name), (*cte.query).clone()));
        }
        ControlFlow::Continue(())
    }
}

/// The names of the CTEs that read limited rows.
pub(super) fn limited_ctes(query: &Query) -> HashSet<Arc<str>> {
    let mut ctes = Ctes(Vec::new());
    let _ = query.visit(&mut ctes);
    let mut limited = HashSet::new();
    loop {
        let known = limited.len();
        for (name, query) in &ctes.0 {
            if reads_limited(query, &limited) {
                limited.insert(name.clone());
            }
        }
        if limited.len() == known {
            return limited;
        }
    }
}

/// The conditions, wherever they stand, on columns of tables.
pub(super) fn plain_conditions(query: &Query) -> Vec<usize> {
    let mut ctes = Ctes(Vec::new());
    let _ = query.visit(&mut ctes);
    let mut plain = Plain { ctes: &ctes.0, found: Vec::new() };
    let _ = query.visit(&mut plain);
    plain.found
}

struct Plain<'t> {
    ctes: &'t [(Arc<str>, Query)],
    found: Vec<usize>,
}

impl Plain<'_> {
    fn look(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => {
                let ctes: Vec<_> = self.ctes.iter().map(|(name, query)| (Arc::clone(name), query)).collect();
                if let Some(scope) = Scope::of(select, &ctes) {
                    let limits = scope.limits.iter().map(|(_, condition)| *condition);
                    self.found.extend(limits.filter(|condition| scope.limits_a_column(*condition)));
                }
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.look(left);
                self.look(right);
            }
            _ => {}
        }
    }
}

impl Visitor for Plain<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.look(&query.body);
        ControlFlow::Continue(())
    }
}
