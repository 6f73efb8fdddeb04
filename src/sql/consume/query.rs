//! Queries: CTEs, set operations, LIMIT.

use std::cell::Cell;
use std::sync::Arc;

use sqlparser::ast::{Query, Select, SelectItem, SetExpr, SetOperator, SetQuantifier, With};

use super::analysis::Analysis;
use super::flow::{Column, Environment, Flow, Table, Value};
use crate::sql::lineage::{fold, output_name};

impl Analysis<'_> {
    /// None: it reads no staged rows.
    pub(super) fn query(&mut self, query: &Query, outer: &Environment<'_>) -> Result<Option<Flow>, String> {
        let mut environment = Environment { parent: Some(outer), tables: Vec::new() };
        if let Some(with) = &query.with {
            self.with(with, &mut environment)?;
        }
        let flow = self.body(&query.body, Some(query), &environment)?;
        self.expressions(&query.order_by, &environment)?;
        self.expressions(&query.limit_clause, &environment)?;
        if flow.is_some() && (query.limit_clause.is_some() || query.fetch.is_some()) {
            self.filtered = true;
        }
        Ok(flow)
    }

    fn with(&mut self, with: &With, environment: &mut Environment<'_>) -> Result<(), String> {
        for cte in &with.cte_tables {
            let name = fold(&cte.alias.name);
            if with.recursive {
                // It may read itself.
                environment.tables.push(Table {
                    name: Arc::clone(&name),
                    flow: None,
                    is_read: Cell::new(false),
                });
            }
            let flow = self.query(&cte.query, environment)?;
            if with.recursive
                && environment.tables.pop().is_some_and(|own| own.is_read.get())
                && flow.is_some()
            {
                return Err("it reads the staging table in a recursive CTE".to_owned());
            }
            let names: Vec<Arc<str>> = cte.alias.columns.iter().map(|column| fold(&column.name)).collect();
            let flow = flow.map(|flow| flow.renamed(names.iter()));
            environment.tables.push(Table { name, flow, is_read: Cell::new(false) });
        }
        Ok(())
    }

    fn body(
        &mut self,
        body: &SetExpr,
        query: Option<&Query>,
        environment: &Environment<'_>,
    ) -> Result<Option<Flow>, String> {
        match body {
            SetExpr::Select(select) => self.select(select, query, environment),
            SetExpr::Query(query) => self.query(query, environment),
            SetExpr::SetOperation { .. } => self.set_operation(body, environment),
            SetExpr::Values(values) => {
                self.expressions(values, environment)?;
                Ok(None)
            }
            SetExpr::Table(_) => Ok(None),
            _ => Err("it changes data itself".to_owned()),
        }
    }

    fn set_operation(
        &mut self,
        body: &SetExpr,
        environment: &Environment<'_>,
    ) -> Result<Option<Flow>, String> {
        let mut branches = Vec::new();
        let mut first = body;
        let mut only_union_all = true;
        // A chain leans to the left and may be long: no recursion along it.
        while let SetExpr::SetOperation { left, op, set_quantifier, right } = first {
            only_union_all &= *op == SetOperator::Union && *set_quantifier == SetQuantifier::All;
            branches.push(&**right);
            first = left;
        }
        branches.push(first);
        branches.reverse();
        let mut staged: Option<(usize, Flow)> = None;
        for (at, branch) in branches.iter().enumerate() {
            if let Some(flow) = self.body(branch, None, environment)? {
                staged = Some((at, flow));
            }
        }
        let Some((at, flow)) = staged else { return Ok(None) };
        if !only_union_all {
            return Err("it combines staged rows by UNION, INTERSECT or EXCEPT (only UNION ALL is possible)"
                .to_owned());
        }
        if !flow.at_end {
            self.not_traceable("it combines staged rows by UNION ALL and `*`; name the columns");
        }
        for (_, branch) in branches.iter().enumerate().filter(|(other, _)| *other != at) {
            self.add_no_trace(branch, &flow.trace);
        }
        let names = if at == 0 { None } else { names_of(branches[0]) };
        let mut columns = Vec::with_capacity(flow.columns.len());
        for (index, column) in flow.columns.iter().enumerate() {
            let name = names.as_ref().and_then(|names| names.get(index)).unwrap_or(&column.name);
            columns.push(Column {
                name: Arc::clone(name),
                value: self.new_value(Value::Of(vec![column.value])),
            });
        }
        Ok(Some(Flow { columns, trace: flow.trace, at_end: true, ranks: Vec::new() }))
    }

    /// Rows of other branches come from no staged row.
    fn add_no_trace(&mut self, branch: &SetExpr, trace: &str) {
        match branch {
            SetExpr::Select(select) => match self.end_of_projection(select) {
                Some(at) => self.traced.insert(at, &format!(", null::text as {trace}")),
                None => self.not_traceable("it combines staged rows by UNION ALL with a `table` command"),
            },
            SetExpr::Query(query) => self.add_no_trace(&query.body, trace),
            SetExpr::SetOperation { left, right, .. } => {
                self.add_no_trace(left, trace);
                self.add_no_trace(right, trace);
            }
            _ => self.not_traceable("it combines staged rows by UNION ALL with VALUES"),
        }
    }

    pub(super) fn end_of_projection(&self, select: &Select) -> Option<usize> {
        self.text.end_of_projection(select.select_token.0.span.start)
    }
}

/// The names of a set operation are those of its first branch.
fn names_of(branch: &SetExpr) -> Option<Vec<Arc<str>>> {
    let SetExpr::Select(select) = branch else { return None };
    let names = select.projection.iter().map(|item| match item {
        SelectItem::UnnamedExpr(expr) => Some(output_name(expr)),
        SelectItem::ExprWithAlias { alias, .. } => Some(fold(alias)),
        _ => None,
    });
    names.collect()
}
