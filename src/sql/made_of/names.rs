//! Parts of a query by their names: columns, functions, and what lists of expressions call them.

use std::sync::Arc;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, Query,
    SelectItem, SetExpr,
};

use crate::sql::lineage::{fold, output_name, parts};

/// Stands in the query for a condition: `rsdbt_limits(column, number)`.
const LIMITS: &str = "rsdbt_limits";

pub(super) type Ctes<'q> = [(Arc<str>, &'q Query)];

pub(super) fn is_limit(function: &Function) -> bool {
    parts(&function.name).last().is_some_and(|name| **name == *LIMITS)
}

pub(super) fn is_named(function: &Function, name: &str) -> bool {
    matches!(parts(&function.name).as_slice(), [only] if **only == *name)
}

pub(super) fn arguments(function: &Function) -> Option<Vec<&Expr>> {
    let FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses }) =
        &function.args
    else {
        return None;
    };
    let is_plain = clauses.is_empty()
        && function.filter.is_none()
        && function.over.is_none()
        && function.within_group.is_empty()
        && function.null_treatment.is_none();
    let args = args.iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    });
    args.collect::<Option<Vec<_>>>().filter(|_| is_plain)
}

pub(super) fn column_of(expr: &Expr) -> Option<&[Ident]> {
    match expr {
        Expr::Identifier(ident) => Some(std::slice::from_ref(ident)),
        Expr::CompoundIdentifier(idents) => Some(idents),
        _ => None,
    }
}

pub(super) fn expression(item: &SelectItem) -> Option<(&Expr, Option<&Ident>)> {
    match item {
        SelectItem::UnnamedExpr(expr) => Some((expr, None)),
        SelectItem::ExprWithAlias { expr, alias } => Some((expr, Some(alias))),
        _ => None,
    }
}

pub(super) fn named_as(expr: &Expr, alias: Option<&Ident>) -> Arc<str> {
    alias.map_or_else(|| output_name(expr), fold)
}

/// The expressions of a list without stars.
pub(super) fn explicit(projection: &[SelectItem]) -> Option<Vec<&Expr>> {
    projection.iter().map(|item| expression(item).map(|(expr, _)| expr)).collect()
}

/// Where a column of this name stands in a list without stars.
pub(super) fn position(body: &SetExpr, name: &str) -> Option<usize> {
    match body {
        SetExpr::Select(select) => {
            explicit(&select.projection)?;
            let mut items = select.projection.iter().filter_map(expression);
            items.position(|(expr, alias)| *named_as(expr, alias) == *name)
        }
        SetExpr::Query(query) => position(&query.body, name),
        SetExpr::SetOperation { left, .. } => position(left, name),
        _ => None,
    }
}
