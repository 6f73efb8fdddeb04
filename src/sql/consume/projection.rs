//! The output of a SELECT: its columns, the values that decide its groups, and the trace that is added to it.

use std::sync::Arc;

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, NamedWindowExpr, OrderByExpr, OrderBySort,
    Query, Select, SelectItem, SelectItemQualifiedWildcardKind, Visit, Visitor, WindowSpec, WindowType,
};

use super::analysis::Analysis;
use super::flow::{Choice, Column, Flow, Group, Rank};
use super::from::Staged;
use super::select::{Merging, aliased_item, column_name, number, order_expressions};
use super::value::Scope;
use crate::sql::lineage::{fold, output_name, parts};
use crate::sql::quote_identifier;
use std::ops::ControlFlow;

const ALL_ROWS: &str = "rows between unbounded preceding and unbounded following";

impl Analysis<'_> {
    /// The columns whose names are known; other relations' stars bring more.
    pub(super) fn columns(&mut self, projection: &[SelectItem], scope: &mut Scope<'_>) -> Vec<Column> {
        let mut columns = Vec::new();
        for item in projection {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    columns.push(Column { name: output_name(expr), value: self.value(expr, scope) });
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    columns.push(Column { name: fold(alias), value: self.value(expr, scope) });
                }
                _ if covers(item, scope.alias) => columns.extend(scope.flow.columns.iter().cloned()),
                _ => {}
            }
        }
        columns
    }

    /// GROUP BY prefers columns to aliases.
    pub(super) fn grouped_values(
        &mut self,
        exprs: &[&Expr],
        select: &Select,
        columns: &[Column],
        scope: &mut Scope<'_>,
    ) -> Result<Vec<usize>, String> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            if let Some(position) = number(expr) {
                values.push(at_position(position, select, columns)?);
                continue;
            }
            let alias = match expr {
                Expr::Identifier(ident) if scope.flow.column(&fold(ident)).is_none() => {
                    aliased_item(select, &fold(ident))
                }
                _ => None,
            };
            values.push(self.value(alias.unwrap_or(expr), scope));
        }
        Ok(values)
    }

    /// DISTINCT ON prefers aliases to columns.
    pub(super) fn distinct_values(
        &mut self,
        exprs: &[Expr],
        select: &Select,
        columns: &[Column],
        scope: &mut Scope<'_>,
    ) -> Result<Vec<usize>, String> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            if let Some(position) = number(expr) {
                self.not_traceable("its DISTINCT ON counts columns; name them");
                values.push(at_position(position, select, columns)?);
                continue;
            }
            let alias = match expr {
                Expr::Identifier(ident) => aliased_item(select, &fold(ident)),
                _ => None,
            };
            if alias.is_some() {
                self.not_traceable("its DISTINCT ON names an alias; write the expression");
            }
            values.push(self.value(alias.unwrap_or(expr), scope));
        }
        Ok(values)
    }

    /// Which row of a group comes first.
    pub(super) fn chosen<'e>(
        &mut self,
        order: &'e [OrderByExpr],
        by: &[usize],
        meant: impl Fn(&'e Expr) -> &'e Expr,
        scope: &mut Scope<'_>,
    ) -> Choice {
        for item in order {
            let value = self.value(meant(&item.expr), scope);
            if by.contains(&value) {
                continue;
            }
            let is_ascending = match item.options.sort {
                None | Some(OrderBySort::Asc) => Some(true),
                Some(OrderBySort::Desc) => Some(false),
                Some(OrderBySort::Using(_)) => None,
            };
            let nulls_first = item.options.nulls_first.unwrap_or(is_ascending == Some(false));
            return Choice::First { by: value, is_ascending, nulls_first };
        }
        Choice::Any
    }

    pub(super) fn ranks(
        &mut self,
        select: &Select,
        columns: &[Column],
        staged: &Staged,
        scope: &mut Scope<'_>,
    ) -> Vec<Rank> {
        let mut ranks = Vec::new();
        for item in &select.projection {
            let (SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. }) = item else {
                continue;
            };
            let Expr::Function(function) = expr else { continue };
            let names = parts(&function.name);
            let is_rank =
                names.last().is_some_and(|name| ["row_number", "rank", "dense_rank"].contains(&&**name));
            let Some(over) = function.over.as_ref().filter(|_| is_rank) else { continue };
            let Some(spec) = window(over, select) else { continue };
            let by = spec.partition_by.iter().map(|expr| self.value(expr, scope)).collect();
            let value = self.value(expr, scope);
            if !columns.iter().any(|column| column.value == value) {
                continue;
            }
            let window = match over {
                WindowType::NamedWindow(name) if spec.window_frame.is_none() => {
                    Some(format!("{name} {ALL_ROWS}"))
                }
                WindowType::WindowSpec(_) => function_start(function)
                    .and_then(|start| self.text.partition_by(start))
                    .map(|list| format!("partition by {list}")),
                WindowType::NamedWindow(_) => None,
            };
            let trace = window.zip(self.end_of_projection(select)).map(|(window, at)| {
                (at, format!("pg_catalog.string_agg({}, ' ') over ({window})", trace_of(staged)))
            });
            let by: Vec<usize> = by;
            // rows that are alike in it have the same rank
            let keeps_all =
                spec.order_by.is_empty() && names.last().is_none_or(|name| **name != *"row_number");
            let choice = (!keeps_all).then(|| self.chosen(&spec.order_by, &by, |expr| expr, scope));
            ranks.push(Rank { value, group: Group { by, what: "rank filter", choice }, trace });
        }
        ranks
    }

    /// The name of the column that traces the rows of this SELECT, and whether it is its last.
    pub(super) fn add_trace(
        &mut self,
        select: &Select,
        query: Option<&Query>,
        staged: &Staged,
        items: usize,
        merging: &Merging,
    ) -> (String, bool) {
        let covered = select.projection.iter().any(|item| covers(item, staged.alias.as_deref()));
        let is_star = matches!(select.projection.as_slice(), [SelectItem::Wildcard(_)])
            && items == 1
            && staged.flow.at_end;
        if covered && !is_star && order_expressions(query).any(|expr| number(expr).is_some()) {
            self.not_traceable("it orders by the position of a column beside `*`; name the column");
        }
        let Some(at) = self.end_of_projection(select) else {
            return (staged.flow.trace.clone(), false);
        };
        let own = trace_of(staged);
        let merged = match merging {
            Merging::Nothing => None,
            Merging::GroupBy => {
                if covered {
                    self.not_traceable("it has GROUP BY and `*`; name the columns");
                }
                Some(format!("pg_catalog.string_agg({own}, ' ')"))
            }
            Merging::Distinct => {
                let names: Option<Vec<String>> = select.projection.iter().map(plain_column).collect();
                if names.is_none() {
                    self.not_traceable("it has DISTINCT over more than plain columns; use DISTINCT ON");
                }
                let list = names.unwrap_or_default().join(", ");
                Some(format!("pg_catalog.string_agg({own}, ' ') over (partition by {list})"))
            }
            Merging::DistinctOn => Some(self.trace_of_distinct_on(select, query, &own)),
        };
        match merged {
            Some(sql) => {
                let name = self.next_trace();
                self.traced.insert(at, &format!(", {sql} as {name}"));
                (name, !covered)
            }
            None if covered => (staged.flow.trace.clone(), is_star),
            None => {
                self.traced.insert(at, &format!(", {own} as {}", staged.flow.trace));
                (staged.flow.trace.clone(), true)
            }
        }
    }

    /// The window has the order of the query where it can, so that one sort does for both.
    fn trace_of_distinct_on(&mut self, select: &Select, query: Option<&Query>, own: &str) -> String {
        let start = select.select_token.0.span.start;
        let Some(list) = self.text.distinct_on(start) else {
            self.not_traceable("its DISTINCT ON is written in an unknown way");
            return own.to_owned();
        };
        let is_plain =
            |expr: &Expr| column_name(expr).is_some_and(|name| aliased_item(select, &name).is_none());
        let order = self.text.order_by(start).filter(|_| order_expressions(query).all(is_plain));
        let order = order.map(|order| format!(" order by {order} {ALL_ROWS}")).unwrap_or_default();
        format!("pg_catalog.string_agg({own}, ' ') over (partition by {list}{order})")
    }

    /// A whole row as a value would show the trace.
    pub(super) fn check_whole_rows(&mut self, select: &Select, query: Option<&Query>, staged: &Staged) {
        let order_by = query.and_then(|query| query.order_by.clone());
        let mut rows = WholeRows { alias: staged.alias.as_deref(), flow: &staged.flow };
        if select.visit(&mut rows).is_break() || order_by.visit(&mut rows).is_break() {
            self.not_traceable("it uses a whole row as a value; name the columns");
        }
    }
}

struct WholeRows<'s> {
    alias: Option<&'s str>,
    flow: &'s Flow,
}

impl Visitor for WholeRows<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let is_row = |ident: &Ident| {
            let name = fold(ident);
            Some(&*name) == self.alias && self.flow.column(&name).is_none() || &*name == "*"
        };
        let found = match expr {
            Expr::Identifier(ident) => is_row(ident),
            Expr::CompoundIdentifier(idents) => idents.last().is_some_and(|ident| ident.value == "*"),
            Expr::QualifiedWildcard(..) => true,
            Expr::Function(function) => match &function.args {
                FunctionArguments::List(list) => list.args.iter().any(|argument| {
                    matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(_)))
                }),
                _ => false,
            },
            _ => false,
        };
        if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Whether the item is a star over the staged rows' columns.
fn covers(item: &SelectItem, alias: Option<&str>) -> bool {
    match item {
        SelectItem::Wildcard(_) => true,
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
            parts(name).last().map(|name| &**name) == alias
        }
        _ => false,
    }
}

fn at_position(digits: &str, select: &Select, columns: &[Column]) -> Result<usize, String> {
    let position: usize = digits.parse().unwrap_or_default();
    let before = select.projection.iter().take(position);
    let is_known = before
        .clone()
        .all(|item| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }));
    let column = position.checked_sub(1).filter(|_| is_known).and_then(|index| columns.get(index));
    column
        .map(|column| column.value)
        .ok_or_else(|| "it groups by the position of a column beside `*`".to_owned())
}

fn window<'q>(over: &'q WindowType, select: &'q Select) -> Option<&'q WindowSpec> {
    match over {
        WindowType::WindowSpec(spec) => spec.window_name.is_none().then_some(spec),
        WindowType::NamedWindow(name) => {
            select.named_window.iter().find_map(|definition| match &definition.1 {
                NamedWindowExpr::WindowSpec(spec) if fold(&definition.0) == fold(name) => {
                    spec.window_name.is_none().then_some(spec)
                }
                _ => None,
            })
        }
    }
}

fn function_start(function: &sqlparser::ast::Function) -> Option<sqlparser::tokenizer::Location> {
    let part = function.name.0.first()?;
    part.as_ident().map(|ident| ident.span.start)
}

fn plain_column(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
            column_name(expr).map(|_| expr.to_string())
        }
        _ => None,
    }
}

fn trace_of(staged: &Staged) -> String {
    let alias: Option<&Arc<str>> = staged.alias.as_ref();
    let qualifier = alias.map(|alias| quote_identifier(alias) + ".").unwrap_or_default();
    format!("{qualifier}{}", staged.flow.trace)
}
