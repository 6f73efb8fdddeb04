//! Names of columns that a table has, and a subquery in its place has not.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, Query, Select, Visit, Visitor};

use super::from::Staged;
use crate::sql::lineage::fold;

const SYSTEM_COLUMNS: [&str; 6] = ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];

/// In the place of the table stands a subquery or a CTE: columns by schema and table, and columns of the system, have no meaning there.
pub(super) fn check_names(select: &Select, query: Option<&Query>, staged: &Staged) -> Result<(), String> {
    let order_by = query.and_then(|query| query.order_by.clone());
    let mut names = OwnNames(staged);
    match (select.visit(&mut names), order_by.visit(&mut names)) {
        (ControlFlow::Break(reason), _) | (_, ControlFlow::Break(reason)) => Err(reason),
        _ => Ok(()),
    }
}

struct OwnNames<'s>(&'s Staged);

impl Visitor for OwnNames<'_> {
    type Break = String;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        let Staged { alias, flow } = self.0;
        let (qualifiers, name) = match expr {
            Expr::Identifier(ident) => (&[] as &[Ident], ident),
            Expr::CompoundIdentifier(idents) => match idents.split_last() {
                Some((name, qualifiers)) => (qualifiers, name),
                None => return ControlFlow::Continue(()),
            },
            _ => return ControlFlow::Continue(()),
        };
        if qualifiers.last().is_some_and(|qualifier| Some(&fold(qualifier)) != alias.as_ref()) {
            return ControlFlow::Continue(());
        }
        let name = fold(name);
        if qualifiers.len() > 1 {
            return ControlFlow::Break(format!(
                "it names `{name}` by schema and table; give the table an alias"
            ));
        }
        if SYSTEM_COLUMNS.contains(&&*name) && flow.column(&name).is_none() {
            return ControlFlow::Break(format!("it uses the system column `{name}`"));
        }
        ControlFlow::Continue(())
    }
}
