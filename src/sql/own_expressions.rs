//! The expressions of a part of a query itself: a subquery has names of its own.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Visit, Visitor};

/// Whether any expression of the node is so; not within subqueries.
pub(in crate::sql) fn any_expr(node: &impl Visit, is: impl Fn(&Expr) -> bool) -> bool {
    struct Any<F> {
        is: F,
        depth: usize,
    }
    impl<F: Fn(&Expr) -> bool> Visitor for Any<F> {
        type Break = ();
        fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.depth += 1;
            ControlFlow::Continue(())
        }
        fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
            self.depth -= 1;
            ControlFlow::Continue(())
        }
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if self.depth == 0 && (self.is)(expr) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }
    node.visit(&mut Any { is, depth: 0 }).is_break()
}
