//! Which staged rows take part in a query: either all of them, or those that a column added to the query names.
//!
//! `consume: true` deletes what took part and nothing else, so a query whose result cannot be traced to staged rows is
//! refused. The added text goes into the query as the user wrote it; nothing is printed anew. Pure: what the catalog
//! knows comes from the caller.

mod analysis;
mod flow;
mod from;
mod groups;
mod names;
mod projection;
mod query;
mod select;
mod staging;
#[cfg(test)]
mod tests;
mod value;

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Visit, Visitor};

use super::lineage::parts;
use super::parsed::{on_deep_stack, parse};
use super::text::Edits;
use analysis::Analysis;
use flow::Environment;
pub(crate) use staging::{Functions, Staging};

/// Where the rows of a query that uses every staged row come from: the rows that were deleted.
pub(crate) const TAKEN: &str = "rsdbt_taken";

/// The column that names a staged row: `table/version/place`, separated by spaces where rows are grouped.
const TRACE: &str = "rsdbt_trace";

/// The query to run in place of the one that was given. `nulls_first`: a row that is of no time comes before the newest one of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Every staged row takes part: the query reads `rsdbt_taken`.
    Whole { query: String, nulls_first: Option<Named> },
    /// The query names the staged rows of each result row in `column`; `grouped`: possibly several.
    Traced { query: String, column: String, grouped: bool, nulls_first: bool },
}

/// Columns of the staging table: those of the key, and the one that tells the newest row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) key: Vec<String>,
    pub(crate) newest: String,
}

/// Rewrites the query, or says which construct stands in the way.
pub(crate) fn read(sql: &str, staging: &Staging, functions: &Functions) -> Result<Reading, String> {
    on_deep_stack(|| analyze(sql, staging, functions))
}

/// The names of all functions that the query calls, for the caller to look up.
pub(crate) fn functions(sql: &str) -> Result<Vec<String>, String> {
    on_deep_stack(|| names_of_functions(sql))
}

fn analyze(sql: &str, staging: &Staging, functions: &Functions) -> Result<Reading, String> {
    let (query, text) = parse(sql)?;
    let mut analysis = Analysis {
        staging,
        functions,
        text,
        values: Vec::new(),
        groups: Vec::new(),
        traces: 0,
        staged: Vec::new(),
        found: false,
        filtered: false,
        untraceable: None,
        whole: Edits::default(),
        traced: Edits::default(),
    };
    let flow = analysis.query(&query, &Environment::default())?;
    let Some(flow) = flow else {
        let why = if analysis.found { "does not return the rows of" } else { "does not read" };
        return Err(format!("it {why} the staging table"));
    };
    analysis.check_groups(&flow)?;
    let nulls_first = analysis.puts_nulls_first(&flow);
    let named = if nulls_first { analysis.staged_columns(&flow) } else { None };
    if !analysis.filtered && nulls_first == named.is_some() {
        return Ok(Reading::Whole { query: analysis.whole.apply(sql), nulls_first: named });
    }
    match analysis.untraceable {
        Some(reason) if !analysis.filtered => {
            let newest = &staging.newest;
            Err(format!(
                "it orders by `{newest}` with NULLs first, and {reason} (say `{newest} desc nulls last`)"
            ))
        }
        Some(reason) => Err(reason),
        None => Ok(Reading::Traced {
            query: analysis.traced.apply(sql),
            column: flow.trace,
            grouped: !analysis.groups.is_empty(),
            nulls_first,
        }),
    }
}

fn names_of_functions(sql: &str) -> Result<Vec<String>, String> {
    struct Names(Vec<String>);
    impl Visitor for Names {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            if let Expr::Function(function) = expr
                && let Some(name) = parts(&function.name).last()
            {
                self.0.push(name.to_string());
            }
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(Vec::new());
    let _ = parse(sql)?.0.visit(&mut names);
    names.0.sort();
    names.0.dedup();
    Ok(names.0)
}

impl Analysis<'_> {
    fn not_traceable(&mut self, reason: &str) {
        self.untraceable.get_or_insert_with(|| reason.to_owned());
    }

    fn next_trace(&mut self) -> String {
        self.traces += 1;
        format!("{TRACE}_{}", self.traces)
    }

    /// Subqueries of expressions: they may read anything but staged rows.
    fn expressions(&mut self, node: &impl Visit, environment: &Environment<'_>) -> Result<(), String> {
        struct Subqueries<'v, 'a> {
            analysis: &'v mut Analysis<'a>,
            environment: &'v Environment<'v>,
            depth: usize,
        }
        impl Visitor for Subqueries<'_, '_> {
            type Break = String;
            fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
                self.depth += 1;
                if self.depth > 1 {
                    return ControlFlow::Continue(());
                }
                match self.analysis.query(query, self.environment) {
                    Ok(None) => ControlFlow::Continue(()),
                    Ok(Some(_)) => ControlFlow::Break(
                        "it reads the staging table in a subquery of an expression".to_owned(),
                    ),
                    Err(reason) => ControlFlow::Break(reason),
                }
            }
            fn post_visit_query(&mut self, _: &Query) -> ControlFlow<String> {
                self.depth -= 1;
                ControlFlow::Continue(())
            }
        }
        match node.visit(&mut Subqueries { analysis: self, environment, depth: 0 }) {
            ControlFlow::Break(reason) => Err(reason),
            ControlFlow::Continue(()) => Ok(()),
        }
    }
}
