//! What a column of a result is made of: an expression over one value, and the condition that limits this value beside it.
//!
//! `partition_overwrite` asks: a field that keeps the period of a limited column, whatever its rows, is never a row of a
//! period that was not read. An answer is certain; where anything is not understood, there is none.

use std::sync::Arc;

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
    Ident, JoinConstraint, JoinOperator, Query, Select, SelectItem, SetExpr, TableAlias, TableFactor, Value,
};

use super::lineage::{fold, output_name, parts};
use super::parsed::{on_deep_stack, parse};

/// Stands in the query for a condition: `rsdbt_limits(column, number)`.
const LIMITS: &str = "rsdbt_limits";

/// Stands in an expression for the limited column.
const VALUE: &str = "rsdbt_value";

/// How many queries are looked into: CTEs that read one another twice would double them at each step.
const QUERIES: usize = 500;

/// Functions of a time that say nothing else than a time; null for null.
const FUNCTIONS: [&str; 4] = ["date", "date_bin", "date_trunc", "timezone"];

/// One way in which the column is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Making {
    /// The number of the condition.
    pub(crate) condition: usize,
    /// The expression, over `rsdbt_value`.
    pub(crate) expression: String,
}

/// All ways in which the query makes the column; none where they cannot be told.
pub(crate) fn makings(sql: &str, column: &str) -> Option<Vec<Making>> {
    if sql.contains(VALUE) {
        return None;
    }
    let found = on_deep_stack(|| {
        let (query, _) = parse(sql)?;
        let found = Search { left: QUERIES }.of_query(&query, Which::Named(column), &[]);
        found.ok_or_else(String::new)
    });
    found.ok()
}

#[derive(Clone, Copy)]
enum Which<'a> {
    Named(&'a str),
    At(usize),
}

type Ctes<'q> = [(Arc<str>, &'q Query)];

struct Search {
    left: usize,
}

/// What an expression is made of, beside constants.
#[derive(PartialEq)]
enum Leaf<'q> {
    Limited(usize),
    Column(&'q [Ident]),
}

impl Search {
    fn of_query<'q>(&mut self, query: &'q Query, which: Which<'_>, ctes: &Ctes<'q>) -> Option<Vec<Making>> {
        self.left = self.left.checked_sub(1)?;
        let mut visible = ctes.to_vec();
        if let Some(with) = &query.with {
            if with.recursive || with.cte_tables.iter().any(|cte| !cte.alias.columns.is_empty()) {
                return None;
            }
            visible.extend(with.cte_tables.iter().map(|cte| (fold(&cte.alias.name), &*cte.query)));
        }
        self.of_body(&query.body, which, &visible)
    }

    fn of_body<'q>(&mut self, body: &'q SetExpr, which: Which<'_>, ctes: &Ctes<'q>) -> Option<Vec<Making>> {
        match body {
            SetExpr::Select(select) => self.of_select(select, which, ctes),
            SetExpr::Query(query) => self.of_query(query, which, ctes),
            SetExpr::SetOperation { left, right, .. } => {
                let at = Which::At(match which {
                    Which::At(at) => at,
                    Which::Named(name) => position(left, name)?,
                });
                let mut all = self.of_body(left, at, ctes)?;
                all.extend(self.of_body(right, at, ctes)?);
                Some(all)
            }
            _ => None,
        }
    }

    fn of_select<'q>(
        &mut self,
        select: &'q Select,
        which: Which<'_>,
        ctes: &Ctes<'q>,
    ) -> Option<Vec<Making>> {
        let named = match which {
            Which::At(at) => return self.of_expr(*explicit(&select.projection)?.get(at)?, select, ctes),
            Which::Named(name) => name,
        };
        let mut items = select.projection.iter().filter_map(expression);
        if let Some(expr) = items.find(|expr| *named_as(expr.0, expr.1) == *named) {
            return self.of_expr(expr.0, select, ctes);
        }
        match (select.projection.as_slice(), sources(select)?.as_slice()) {
            ([SelectItem::Wildcard(_)], [source]) => {
                let limited = limits(select).into_iter().find(|(column, _)| {
                    column_of(column).and_then(<[Ident]>::last).is_some_and(|ident| *fold(ident) == *named)
                });
                match limited {
                    Some((_, condition)) => Some(vec![Making { condition, expression: VALUE.to_owned() }]),
                    None => self.of_source(source, named, ctes),
                }
            }
            _ => None,
        }
    }

    fn of_expr<'q>(&mut self, expr: &'q Expr, select: &'q Select, ctes: &Ctes<'q>) -> Option<Vec<Making>> {
        sources(select)?;
        let limits = limits(select);
        let mut leaf = None;
        let text = rebuilt(expr, &limits, &mut leaf)?.to_string();
        match leaf? {
            Leaf::Limited(condition) => Some(vec![Making { condition, expression: text }]),
            Leaf::Column(idents) => {
                let (source, name) = source_of(idents, select, ctes)?;
                let mut makings = self.of_source(&source, &name, ctes)?;
                for making in &mut makings {
                    making.expression = text.replace(VALUE, &format!("({})", making.expression));
                }
                Some(makings)
            }
        }
    }

    fn of_source<'q>(&mut self, source: &Source<'q>, name: &str, ctes: &Ctes<'q>) -> Option<Vec<Making>> {
        let (query, visible) = source.query(ctes)?;
        self.of_query(query, Which::Named(name), visible)
    }
}

/// Something that FROM reads, under its name.
struct Source<'q> {
    alias: Arc<str>,
    factor: &'q TableFactor,
}

impl<'q> Source<'q> {
    /// The query of a CTE or of a derived table, and the CTEs that it sees.
    fn query<'c>(&self, ctes: &'c Ctes<'q>) -> Option<(&'q Query, &'c Ctes<'q>)> {
        match self.factor {
            TableFactor::Derived { lateral: false, subquery, .. } => Some((subquery, ctes)),
            TableFactor::Table { name, args: None, .. } => {
                let [name] = parts(name).try_into().ok().map(|[name]: [Arc<str>; 1]| [name])?;
                let at = ctes.iter().rposition(|(cte, _)| *cte == name)?;
                Some((ctes[at].1, &ctes[..at]))
            }
            _ => None,
        }
    }

    fn has(&self, column: &str, ctes: &Ctes<'q>) -> bool {
        self.query(ctes).is_some_and(|(query, _)| position(&query.body, column).is_some())
    }
}

/// All that a SELECT reads; none where a name may stand for another's column.
fn sources(select: &Select) -> Option<Vec<Source<'_>>> {
    let mut sources = Vec::new();
    for table in &select.from {
        let joined = table.joins.iter().map(|join| {
            let is_plain = match &join.join_operator {
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::Left(constraint)
                | JoinOperator::LeftOuter(constraint)
                | JoinOperator::Right(constraint)
                | JoinOperator::RightOuter(constraint) => {
                    matches!(constraint, JoinConstraint::On(_))
                }
                JoinOperator::CrossJoin(_) => true,
                _ => false,
            };
            is_plain.then_some(&join.relation)
        });
        for factor in std::iter::once(Some(&table.relation)).chain(joined) {
            sources.push(source(factor?)?);
        }
    }
    Some(sources)
}

fn source(factor: &TableFactor) -> Option<Source<'_>> {
    let plain = |alias: &TableAlias| alias.columns.is_empty().then(|| fold(&alias.name));
    let alias = match factor {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            plain(alias)?
        }
        TableFactor::Table { name, .. } => parts(name).pop()?,
        TableFactor::Derived { alias: None, .. } => Arc::from(""),
        _ => return None,
    };
    Some(Source { alias, factor })
}

/// Which of the sources a column comes from, and its name there.
fn source_of<'q>(idents: &[Ident], select: &'q Select, ctes: &Ctes<'q>) -> Option<(Source<'q>, Arc<str>)> {
    let mut sources = sources(select)?;
    let is_alone = sources.len() == 1;
    sources.retain(|source| match idents {
        [_] if is_alone => true,
        // were it in another one too, the server would call it ambiguous
        [name] => source.has(&fold(name), ctes),
        [qualifier, _] => source.alias == fold(qualifier),
        _ => false,
    });
    let name = fold(idents.last()?);
    let source = sources.pop().filter(|_| sources.is_empty())?;
    Some((source, name))
}

/// The limited columns of a SELECT: of conditions that each of its rows meets.
fn limits(select: &Select) -> Vec<(&Expr, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<&Expr> = select.selection.iter().collect();
    while let Some(expr) = open.pop() {
        match expr {
            Expr::Nested(inner) => open.push(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => open.extend([&**left, &**right]),
            Expr::Function(function) => found.extend(limit(function)),
            _ => {}
        }
    }
    found
}

fn limit(function: &Function) -> Option<(&Expr, usize)> {
    let is_mark = parts(&function.name).last().is_some_and(|name| **name == *LIMITS);
    let arguments = arguments(function).filter(|_| is_mark)?;
    match arguments.as_slice() {
        [column, Expr::Value(number)] => match &number.value {
            Value::Number(digits, _) => Some((column, digits.parse().ok()?)),
            _ => None,
        },
        _ => None,
    }
}

fn arguments(function: &Function) -> Option<Vec<&Expr>> {
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

/// The expression over `rsdbt_value`, if it is made of one column or limited value and of constants, in known ways.
fn rebuilt<'q>(expr: &'q Expr, limits: &[(&'q Expr, usize)], leaf: &mut Option<Leaf<'q>>) -> Option<Expr> {
    let limited =
        limits.iter().find(|(limited, _)| is_same(limited, expr)).map(|(_, number)| Leaf::Limited(*number));
    if let Some(found) = limited.or_else(|| column_of(expr).map(Leaf::Column)) {
        if leaf.as_ref().is_some_and(|leaf| *leaf != found) {
            return None;
        }
        *leaf = Some(found);
        return Some(Expr::Identifier(Ident::new(VALUE)));
    }
    let mut changed = expr.clone();
    match (expr, &mut changed) {
        (Expr::Value(_) | Expr::TypedString(_) | Expr::Interval(_), _) => {}
        (Expr::Nested(inner), Expr::Nested(new))
        | (Expr::Cast { expr: inner, .. }, Expr::Cast { expr: new, .. }) => {
            **new = rebuilt(inner, limits, leaf)?;
        }
        (
            Expr::AtTimeZone { timestamp, time_zone },
            Expr::AtTimeZone { timestamp: new_timestamp, time_zone: new_time_zone },
        ) => {
            **new_timestamp = rebuilt(timestamp, limits, leaf)?;
            **new_time_zone = rebuilt(time_zone, limits, leaf)?;
        }
        (
            Expr::BinaryOp { left, op: BinaryOperator::Plus | BinaryOperator::Minus, right },
            Expr::BinaryOp { left: new_left, right: new_right, .. },
        ) => {
            **new_left = rebuilt(left, limits, leaf)?;
            **new_right = rebuilt(right, limits, leaf)?;
        }
        (Expr::Function(function), Expr::Function(new)) => {
            let names = parts(&function.name);
            let (name, schema) = names.split_last()?;
            let is_known =
                FUNCTIONS.contains(&&**name) && schema.iter().all(|schema| &**schema == "pg_catalog");
            let given = arguments(function).filter(|_| is_known)?;
            let FunctionArguments::List(list) = &mut new.args else { return None };
            for (argument, given) in list.args.iter_mut().zip(given) {
                *argument = FunctionArg::Unnamed(FunctionArgExpr::Expr(rebuilt(given, limits, leaf)?));
            }
        }
        _ => return None,
    }
    Some(changed)
}

/// Where a column is named with its table and without, the server has found it in one table only.
fn is_same(one: &Expr, other: &Expr) -> bool {
    match (column_of(one), column_of(other)) {
        (Some(one), Some(other)) => {
            one.iter().rev().zip(other.iter().rev()).all(|(one, other)| fold(one) == fold(other))
        }
        _ => one == other,
    }
}

fn column_of(expr: &Expr) -> Option<&[Ident]> {
    match expr {
        Expr::Identifier(ident) => Some(std::slice::from_ref(ident)),
        Expr::CompoundIdentifier(idents) => Some(idents),
        _ => None,
    }
}

fn expression(item: &SelectItem) -> Option<(&Expr, Option<&Ident>)> {
    match item {
        SelectItem::UnnamedExpr(expr) => Some((expr, None)),
        SelectItem::ExprWithAlias { expr, alias } => Some((expr, Some(alias))),
        _ => None,
    }
}

fn named_as(expr: &Expr, alias: Option<&Ident>) -> Arc<str> {
    alias.map_or_else(|| output_name(expr), fold)
}

/// The expressions of a list without stars.
fn explicit(projection: &[SelectItem]) -> Option<Vec<&Expr>> {
    projection.iter().map(|item| expression(item).map(|(expr, _)| expr)).collect()
}

/// Where a column of this name stands in a list without stars.
fn position(body: &SetExpr, name: &str) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn made(sql: &str) -> Option<Vec<(usize, String)>> {
        let makings = makings(sql, "day")?;
        Some(makings.into_iter().map(|making| (making.condition, making.expression)).collect())
    }

    #[test]
    fn a_column_is_followed_to_the_values_that_conditions_limit() {
        for (sql, expected) in [
            ("select at::date as day from t where rsdbt_limits(at, 0)", &["0 rsdbt_value::DATE"] as &[_]),
            ("select \"day\" from t where x > 1 and (rsdbt_limits(DAY, 0))", &["0 rsdbt_value"]),
            ("select * from t where rsdbt_limits(t.day, 0)", &["0 rsdbt_value"]),
            ("select at as day from s.t join u on u.id = t.id where rsdbt_limits(T.at, 0)", &["0 rsdbt_value"]),
            ("select at::date + 1 as day from t where rsdbt_limits(at::date, 3)", &["3 rsdbt_value + 1"]),
            (
                "with e as (select id, at from t where rsdbt_limits(at, 0) union all select id, d from u where rsdbt_limits(d, 1)),
                g as (select date_trunc('day', at at time zone 'UTC') as day, count(*) from e group by 1)
                select * from (select x.id, g.day from g left join s.x on x.id = g.id) as rows limit 5",
                &[
                    "0 (date_trunc('day', (rsdbt_value) AT TIME ZONE 'UTC'))",
                    "1 (date_trunc('day', (rsdbt_value) AT TIME ZONE 'UTC'))",
                ],
            ),
            (
                "with g as (select at as day from t where rsdbt_limits(at, 0)) select day, name from g join u on true",
                &["0 (rsdbt_value)"],
            ),
        ] {
            let found: Option<Vec<String>> =
                made(sql).map(|makings| makings.iter().map(|(number, text)| format!("{number} {text}")).collect());
            assert_eq!(found.as_deref(), Some(expected.iter().map(ToString::to_string).collect::<Vec<_>>()).as_deref(), "{sql}");
        }
    }

    #[test]
    fn what_may_be_made_of_anything_else_has_no_answer() {
        for sql in [
            "select day from t",
            "select day from t where rsdbt_limits(at, 0)",
            "select at as day from t where rsdbt_limits(at, 0) or id > 1",
            "select max(at) as day from t where rsdbt_limits(at, 0)",
            "select lag(at) over (order by id) as day from t where rsdbt_limits(at, 0)",
            "select u.at as day from t join u on true where rsdbt_limits(t.at, 0)",
            "select at as day from t full join u using (at) where rsdbt_limits(t.at, 0)",
            "select at + id as day from t where rsdbt_limits(at, 0)",
            "select coalesce(at, now()) as day from t where rsdbt_limits(at, 0)",
            "select case when id > 1 then at else at + 1 end as day from t where rsdbt_limits(at, 0)",
            "select at as day from t where rsdbt_limits(at, 0) union all select now()",
            "with e(day) as (select at from t where rsdbt_limits(at, 0)) select day from e",
            "with recursive e as (select at as day from t where rsdbt_limits(at, 0) union all select day + 1 from e) select day from e",
            "with e as (select at as day from t where rsdbt_limits(at, 0)) select day from s.e",
            "with e as (select at as day from t where rsdbt_limits(at, 0)) select day from e full join u using (day)",
            "with e as (select at as day from t where rsdbt_limits(at, 0)) select u.day from e join u on true",
            "with e as (select * from t where rsdbt_limits(at, 0)) select day from e join u on true",
            "select (select at from t where rsdbt_limits(at, 0)) as day",
            "select at as day from t where rsdbt_limits(at, 0); select 1",
            "select day from",
        ] {
            assert_eq!(made(sql), None, "{sql}");
        }
    }
}
