//! SELECT: which of its clauses drop rows, and which make one row of several.

use std::sync::Arc;

use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, GroupByExpr, OrderByExpr, OrderByKind, Query, Select, SelectItem,
    Value as Literal,
};

use super::analysis::Analysis;
use super::flow::{Environment, Flow, Group, Rank};
use super::names::check_names;
use super::value::Scope;
use crate::sql::lineage::fold;
use crate::sql::own_expressions::any_expr;

/// How a SELECT makes one row of several.
pub(super) enum Merging {
    Nothing,
    GroupBy,
    Distinct,
    DistinctOn,
}

impl Analysis<'_> {
    pub(super) fn select(
        &mut self,
        select: &Select,
        query: Option<&Query>,
        environment: &Environment<'_>,
    ) -> Result<Option<Flow>, String> {
        let from = self.from(&select.from, environment)?;
        self.expressions(&select.projection, environment)?;
        self.expressions(&select.selection, environment)?;
        self.expressions(&select.group_by, environment)?;
        self.expressions(&select.having, environment)?;
        self.expressions(&select.distinct, environment)?;
        self.expressions(&select.named_window, environment)?;
        let Some(mut staged) = from.staged else { return Ok(None) };
        if select.into.is_some() || select.qualify.is_some() || select.top.is_some() {
            return Err("it has a clause that is not known".to_owned());
        }
        if self.end_of_projection(select).is_none() {
            return Err("it has a `table` command; write `select * from`".to_owned());
        }
        check_names(select, query, &staged)?;
        self.check_whole_rows(select, query, &staged);
        if let Some(condition) = &select.selection {
            self.filter(condition, &mut staged.flow)?;
        }
        let group_by = group_expressions(&select.group_by)?;
        self.check_functions(select, query, group_by.is_empty())?;

        let flow = staged.flow.clone();
        let mut scope = Scope::new(staged.alias.as_deref(), &flow);
        let columns = self.columns(&select.projection, &mut scope);
        let mut merging = Merging::Nothing;
        if !group_by.is_empty() {
            let by = self.grouped_values(&group_by, select, &columns, &mut scope)?;
            self.groups.push(Group { by, what: "GROUP BY", choice: None });
            merging = Merging::GroupBy;
        }
        match &select.distinct {
            Some(Distinct::Distinct) => {
                let by = columns.iter().map(|column| column.value).collect();
                self.groups.push(Group { by, what: "DISTINCT", choice: None });
                self.merge_once(&merging);
                merging = Merging::Distinct;
            }
            Some(Distinct::On(exprs)) => {
                let by = self.distinct_values(exprs, select, &columns, &mut scope)?;
                let order = ordered(query);
                let choice = self.chosen(order, &by, |expr| aliased(expr, select), &mut scope);
                self.groups.push(Group { by, what: "DISTINCT ON", choice: Some(choice) });
                self.merge_once(&merging);
                merging = Merging::DistinctOn;
            }
            Some(Distinct::All) | None => {}
        }
        let ranks = match merging {
            Merging::Nothing => self.ranks(select, &columns, &staged, &mut scope),
            _ => Vec::new(),
        };
        let (trace, at_end) = self.add_trace(select, query, &staged, from.items, &merging);
        Ok(Some(Flow { columns, trace, at_end, ranks }))
    }

    fn merge_once(&mut self, merging: &Merging) {
        if matches!(merging, Merging::GroupBy) {
            self.not_traceable("it has GROUP BY and DISTINCT in one SELECT");
        }
    }

    /// `rank = 1` keeps one row of each group, every other condition drops rows.
    fn filter(&mut self, condition: &Expr, flow: &mut Flow) -> Result<(), String> {
        let mut conditions = Vec::new();
        conjuncts(condition, &mut conditions);
        let mut ranks: Vec<Rank> = Vec::new();
        for condition in conditions {
            match rank_is_one(condition, flow) {
                Some(rank) => ranks.push(rank),
                None => {
                    self.filtered = true;
                    self.refuse_windows(condition, flow)?;
                }
            }
        }
        // Two ranks may leave nobody of a group.
        self.filtered |= ranks.len() > 1;
        for Rank { group, trace, .. } in ranks {
            self.groups.push(group);
            match trace {
                Some((at, sql)) => {
                    let name = self.next_trace();
                    self.traced.insert(at, &format!(", {sql} as {name}"));
                    flow.trace = name;
                    flow.at_end = false;
                }
                None => self
                    .not_traceable("it ranks rows over a window that is not written out beside its function"),
            }
        }
        Ok(())
    }

    fn check_functions(
        &mut self,
        select: &Select,
        query: Option<&Query>,
        ungrouped: bool,
    ) -> Result<(), String> {
        let order_by = query.and_then(|query| query.order_by.as_ref());
        let is_aggregate =
            |expr: &Expr| matches!(expr, Expr::Function(function) if self.is_aggregate(function));
        let aggregates =
            any_expr(&select.projection, is_aggregate) || any_expr(&order_by.cloned(), is_aggregate);
        if ungrouped && (aggregates || select.having.is_some()) {
            return Err("it aggregates without GROUP BY".to_owned());
        }
        let is_set =
            |expr: &Expr| matches!(expr, Expr::Function(function) if self.is_set_returning(function));
        // A function that returns no row for a staged row drops it.
        let sets = any_expr(&select.projection, is_set)
            || any_expr(&select.group_by, is_set)
            || any_expr(&select.distinct, is_set)
            || any_expr(&order_by.cloned(), is_set);
        self.filtered |= sets || select.having.is_some();
        Ok(())
    }
}

fn conjuncts<'e>(expr: &'e Expr, into: &mut Vec<&'e Expr>) {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conjuncts(left, into);
            conjuncts(right, into);
        }
        Expr::Nested(inner)
            if matches!(**inner, Expr::BinaryOp { op: BinaryOperator::And, .. } | Expr::Nested(_)) =>
        {
            conjuncts(inner, into);
        }
        _ => into.push(expr),
    }
}

fn rank_is_one(expr: &Expr, flow: &Flow) -> Option<Rank> {
    let Expr::BinaryOp { left, op, right } = unnested(expr) else { return None };
    let (column, number) = match op {
        BinaryOperator::Eq if number(right).is_some() => (left, number(right)? == "1"),
        BinaryOperator::Eq => (right, number(left)? == "1"),
        BinaryOperator::LtEq => (left, number(right)? == "1"),
        BinaryOperator::Lt => (left, number(right)? == "2"),
        _ => return None,
    };
    let name = match unnested(column) {
        Expr::Identifier(ident) => fold(ident),
        Expr::CompoundIdentifier(idents) => fold(idents.last()?),
        _ => return None,
    };
    let value = flow.column(&name).filter(|_| number)?;
    flow.ranks.iter().find(|rank| rank.value == value).cloned()
}

fn unnested(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => unnested(inner),
        _ => expr,
    }
}

/// The digits of a number.
pub(super) fn number(expr: &Expr) -> Option<&str> {
    match unnested(expr) {
        Expr::Value(value) => match &value.value {
            Literal::Number(digits, _) => Some(digits),
            _ => None,
        },
        _ => None,
    }
}

fn group_expressions(group_by: &GroupByExpr) -> Result<Vec<&Expr>, String> {
    let GroupByExpr::Expressions(listed, modifiers) = group_by else {
        return Err("it groups by ALL".to_owned());
    };
    let mut exprs = Vec::new();
    for expr in listed {
        match expr {
            Expr::Tuple(parts) => exprs.extend(parts),
            Expr::GroupingSets(_) | Expr::Cube(_) | Expr::Rollup(_) => {
                return Err("it groups by several sets of columns".to_owned());
            }
            _ => exprs.push(expr),
        }
    }
    if !modifiers.is_empty() || exprs.is_empty() && !listed.is_empty() {
        return Err("it groups by several sets of columns".to_owned());
    }
    Ok(exprs)
}

fn ordered(query: Option<&Query>) -> &[OrderByExpr] {
    let kind = query.and_then(|query| query.order_by.as_ref()).map(|order_by| &order_by.kind);
    match kind {
        Some(OrderByKind::Expressions(listed)) => listed.as_slice(),
        _ => &[],
    }
}

/// The expressions of ORDER BY.
pub(super) fn order_expressions(query: Option<&Query>) -> impl Iterator<Item = &Expr> {
    ordered(query).iter().map(|item| &item.expr)
}

/// ORDER BY of a query prefers aliases, and counts columns.
fn aliased<'q>(expr: &'q Expr, select: &'q Select) -> &'q Expr {
    if let Some(position) = number(expr).and_then(|digits| digits.parse::<usize>().ok()) {
        let item = position.checked_sub(1).and_then(|index| select.projection.get(index));
        return match item {
            Some(SelectItem::UnnamedExpr(found) | SelectItem::ExprWithAlias { expr: found, .. }) => found,
            _ => expr,
        };
    }
    let alias = match expr {
        Expr::Identifier(ident) => aliased_item(select, &fold(ident)),
        _ => None,
    };
    alias.unwrap_or(expr)
}

/// The item with this alias, unless it is the column of that name itself.
pub(super) fn aliased_item<'q>(select: &'q Select, name: &str) -> Option<&'q Expr> {
    select.projection.iter().find_map(|item| match item {
        SelectItem::ExprWithAlias { expr, alias }
            if *fold(alias) == *name && column_name(expr).as_deref() != Some(name) =>
        {
            Some(expr)
        }
        _ => None,
    })
}

pub(super) fn column_name(expr: &Expr) -> Option<Arc<str>> {
    match unnested(expr) {
        Expr::Identifier(ident) => Some(fold(ident)),
        Expr::CompoundIdentifier(idents) => idents.last().map(fold),
        _ => None,
    }
}
