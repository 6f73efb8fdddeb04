//! What a column of a result is made of: expressions over one value, and the conditions that limit these values beside it.
//!
//! `partition_overwrite` asks: a field that keeps the period of a limited column is never of a period that was not read,
//! and where all rows that are read are tied to it, a row is made of rows of one period. An answer is certain; where anything is not
//! understood, there is none.

mod from;
mod names;
mod order;
mod reads;

use std::collections::HashSet;
use std::sync::Arc;

use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr,
};

use self::from::{Scope, Source};
use self::names::{Ctes, arguments, column_of, explicit, expression, is_named, named_as, position};
use self::reads::{Own, distinct_on, limited_ctes, reads_limited};
use super::lineage::{fold, parts};
use super::parsed::{on_deep_stack, parse};

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

#[derive(Debug, Default)]
pub(crate) struct MadeOf {
    /// All ways in which the query makes the column; none where they cannot be told.
    pub(crate) makings: Vec<Making>,
    /// What ties the rows of one period together: if these and the makings keep the period of their values, each row is made of
    /// input rows of its own period. None where other rows may take part.
    pub(crate) ties: Option<Vec<Making>>,
    /// Values may depend on the order or the number of the rows that are read.
    pub(crate) is_ordered: bool,
}

pub(crate) fn made_of(sql: &str, column: &str) -> MadeOf {
    let found = on_deep_stack(|| {
        let (query, _) = parse(sql)?;
        let which = Which::Named(column);
        let makings = Search { left: QUERIES, ties: None }.of_query(&query, which, &[]);
        let mut search = Search {
            left: QUERIES,
            ties: Some(Ties { found: Vec::new(), limited: Arc::new(limited_ctes(&query)) }),
        };
        let tied = search.of_query(&query, which, &[]);
        Ok(MadeOf {
            makings: makings.map(|made| made.makings).unwrap_or_default(),
            ties: search.ties.filter(|_| tied.is_some()).map(|ties| ties.found),
            is_ordered: order::matters(&query),
        })
    });
    let is_known = !sql.contains(VALUE);
    found.ok().filter(|_| is_known).unwrap_or(MadeOf { is_ordered: true, ..MadeOf::default() })
}

#[derive(Clone, Copy)]
enum Which<'a> {
    Named(&'a str),
    At(usize),
}

/// What rows of a SELECT come from, of that which is limited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Read {
    /// A source whose own query limits its rows, by its place.
    Source(usize),
    /// A condition of the SELECT itself.
    Limited(usize),
}

struct Made {
    makings: Vec<Making>,
    reads: Vec<Read>,
}

impl Made {
    fn and(mut self, other: Self) -> Self {
        self.makings.extend(other.makings);
        self.reads.extend(other.reads);
        self
    }
}

struct Search {
    left: usize,
    /// Where they are asked for.
    ties: Option<Ties>,
}

/// Whether all limited rows take part in rows of their own period only: what is read beside those that make the column is joined,
/// grouped and ranked by its period.
struct Ties {
    found: Vec<Making>,
    /// Names of CTEs that read limited rows.
    limited: Arc<HashSet<Arc<str>>>,
}

/// What an expression is made of, beside constants.
#[derive(PartialEq)]
enum Leaf<'q> {
    Limited(usize),
    Column(&'q [Ident]),
}

impl Search {
    fn of_query<'q>(&mut self, query: &'q Query, which: Which<'_>, ctes: &Ctes<'q>) -> Option<Made> {
        self.left = self.left.checked_sub(1)?;
        let mut visible = ctes.to_vec();
        if let Some(with) = &query.with {
            if with.recursive || with.cte_tables.iter().any(|cte| !cte.alias.columns.is_empty()) {
                return None;
            }
            visible.extend(with.cte_tables.iter().map(|cte| (fold(&cte.alias.name), &*cte.query)));
        }
        let takes_some = query.limit_clause.is_some() || query.fetch.is_some();
        if takes_some && self.ties.is_some() {
            return None;
        }
        self.of_body(&query.body, which, &visible)
    }

    fn of_body<'q>(&mut self, body: &'q SetExpr, which: Which<'_>, ctes: &Ctes<'q>) -> Option<Made> {
        match body {
            SetExpr::Select(select) => self.of_select(select, which, ctes),
            SetExpr::Query(query) => self.of_query(query, which, ctes),
            SetExpr::SetOperation { left, right, .. } => {
                let at = Which::At(match which {
                    Which::At(at) => at,
                    Which::Named(name) => position(left, name)?,
                });
                Some(self.of_body(left, at, ctes)?.and(self.of_body(right, at, ctes)?))
            }
            _ => None,
        }
    }

    fn of_select<'q>(&mut self, select: &'q Select, which: Which<'_>, ctes: &Ctes<'q>) -> Option<Made> {
        let scope = Scope::of(select, ctes)?;
        let made = match which {
            Which::At(at) => self.of_expr(explicit(&select.projection)?.get(at)?, &scope),
            Which::Named(name) => self.of_name(name, &scope),
        }?;
        if self.ties.is_some() {
            self.tie(&scope, &made.reads)?;
        }
        Some(made)
    }

    fn of_name(&mut self, name: &str, scope: &Scope<'_, '_>) -> Option<Made> {
        let mut items = scope.select.projection.iter().filter_map(expression);
        if let Some(expr) = items.find(|expr| *named_as(expr.0, expr.1) == *name) {
            return self.of_expr(expr.0, scope);
        }
        let source = source_of_star(name, scope)?;
        match scope.limited(source, name) {
            Some(condition) => Some(Made {
                makings: vec![Making { condition, expression: VALUE.to_owned() }],
                reads: vec![Read::Limited(condition)],
            }),
            None => self.of_source(source, name, scope),
        }
    }

    fn of_expr(&mut self, expr: &Expr, scope: &Scope<'_, '_>) -> Option<Made> {
        if let Some(values) = coalesced(expr) {
            let mut all = values.into_iter().map(|value| self.of_expr(value, scope));
            let first = all.next()??;
            return all.try_fold(first, |all, made| Some(all.and(made?)));
        }
        let mut leaf = None;
        let text = rebuilt(expr, scope, &mut leaf)?.to_string();
        match leaf? {
            Leaf::Limited(condition) => Some(Made {
                makings: vec![Making { condition, expression: text }],
                reads: vec![Read::Limited(condition)],
            }),
            Leaf::Column(idents) => {
                let mut made = Made { makings: Vec::new(), reads: Vec::new() };
                let name = fold(idents.last()?);
                for source in scope.sources_of(idents)? {
                    made = made.and(self.of_source(source, &name, scope)?);
                }
                for making in &mut made.makings {
                    making.expression = text.replace(VALUE, &format!("({})", making.expression));
                }
                Some(made)
            }
        }
    }

    fn of_source(&mut self, source: &Source<'_>, name: &str, scope: &Scope<'_, '_>) -> Option<Made> {
        let (query, visible) = source.query(scope.ctes)?;
        let makings = self.of_query(query, Which::Named(name), visible)?.makings;
        Some(Made { makings, reads: vec![Read::Source(source.place)] })
    }
}

impl Search {
    /// None where rows of other periods may take part in a row; `field`: what the column is made of.
    pub(super) fn tie(&mut self, scope: &Scope<'_, '_>, field: &[Read]) -> Option<()> {
        let limited = &*Arc::clone(&self.ties.as_ref()?.limited);
        let own = Own::of(scope.select, limited)?;
        if own.limits != scope.limits.len() {
            return None;
        }
        let sources = scope.sources.iter().filter(|source| reads_limited(source.factor, limited));
        let reads: Vec<_> = sources
            .map(|source| Read::Source(source.place))
            .chain(scope.limits.iter().map(|(_, condition)| Read::Limited(*condition)))
            .collect();
        let tied = self.all_tied(scope, field);
        let is_tied = |made: &Made| made.reads.iter().any(|read| tied.contains(read));
        if !reads.iter().all(|read| tied.contains(read)) {
            return None;
        }
        for group in own.windows.iter().map(|window| &window.partition_by).chain(distinct_on(scope.select)) {
            let mut found = group.iter().find_map(|expr| self.made(expr, scope).filter(is_tied))?;
            self.ties.as_mut()?.found.append(&mut found.makings);
        }
        Some(())
    }

    /// All that equalities tie to the column. (`USING` is one, too.)
    fn all_tied(&mut self, scope: &Scope<'_, '_>, field: &[Read]) -> Vec<Read> {
        let mut pairs = Vec::new();
        for expr in scope.conjuncts() {
            if let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr
                && let Some(left) = self.made(left, scope)
                && let Some(right) = self.made(right, scope)
            {
                pairs.push(left.and(right));
            }
        }
        for merged in &scope.merged {
            let name = Ident::with_quote('"', &*merged.name);
            pairs.extend(self.made(&Expr::Identifier(name), scope));
        }
        let mut tied = field.to_vec();
        while let Some(at) = pairs.iter().position(|pair| pair.reads.iter().any(|read| tied.contains(read))) {
            let pair = pairs.swap_remove(at);
            tied.extend(pair.reads);
            if let Some(ties) = &mut self.ties {
                ties.found.extend(pair.makings);
            }
        }
        tied
    }

    /// What ties the rows of something that is not understood in the end ties nothing.
    fn made(&mut self, expr: &Expr, scope: &Scope<'_, '_>) -> Option<Made> {
        let before = self.ties.as_ref().map_or(0, |ties| ties.found.len());
        let made = self.of_expr(expr, scope);
        if let (None, Some(ties)) = (&made, &mut self.ties) {
            ties.found.truncate(before);
        }
        made
    }
}

/// The source whose star has the column, which no other expression of the list names.
fn source_of_star<'s, 'q>(name: &str, scope: &'s Scope<'q, '_>) -> Option<&'s Source<'q>> {
    let mut stars = Vec::new();
    for item in &scope.select.projection {
        match item {
            SelectItem::Wildcard(_) => stars.extend(scope.sources.iter()),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(of), _) => {
                let alias = parts(of).pop()?;
                stars.extend(scope.sources.iter().filter(|source| source.alias == alias));
            }
            SelectItem::QualifiedWildcard(..) => return None,
            _ => {}
        }
    }
    match stars.as_slice() {
        [source] => Some(source),
        _ => {
            stars.retain(|source| scope.limited(source, name).is_some() || source.has(name, scope.ctes));
            stars.pop().filter(|_| stars.is_empty())
        }
    }
}

/// The values of a `coalesce`.
fn coalesced(expr: &Expr) -> Option<Vec<&Expr>> {
    match expr {
        Expr::Nested(inner) => coalesced(inner),
        Expr::Function(function) if is_named(function, "coalesce") => arguments(function),
        _ => None,
    }
}

/// The expression over `rsdbt_value`, if it is made of one column or limited value and of constants, in known ways.
fn rebuilt<'e>(expr: &'e Expr, scope: &Scope<'_, '_>, leaf: &mut Option<Leaf<'e>>) -> Option<Expr> {
    let limited = scope.condition_on(expr).map(Leaf::Limited);
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
            **new = rebuilt(inner, scope, leaf)?;
        }
        (
            Expr::AtTimeZone { timestamp, time_zone },
            Expr::AtTimeZone { timestamp: new_timestamp, time_zone: new_time_zone },
        ) => {
            **new_timestamp = rebuilt(timestamp, scope, leaf)?;
            **new_time_zone = rebuilt(time_zone, scope, leaf)?;
        }
        (
            Expr::BinaryOp { left, op: BinaryOperator::Plus | BinaryOperator::Minus, right },
            Expr::BinaryOp { left: new_left, right: new_right, .. },
        ) => {
            **new_left = rebuilt(left, scope, leaf)?;
            **new_right = rebuilt(right, scope, leaf)?;
        }
        (Expr::Function(function), Expr::Function(new)) => {
            let names = parts(&function.name);
            let (name, schema) = names.split_last()?;
            let is_known =
                FUNCTIONS.contains(&&**name) && schema.iter().all(|schema| &**schema == "pg_catalog");
            let given = arguments(function).filter(|_| is_known)?;
            let FunctionArguments::List(list) = &mut new.args else { return None };
            for (argument, given) in list.args.iter_mut().zip(given) {
                *argument = FunctionArg::Unnamed(FunctionArgExpr::Expr(rebuilt(given, scope, leaf)?));
            }
        }
        _ => return None,
    }
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(sql: &str) -> Option<Vec<(usize, String)>> {
        let makings = made_of(sql, "day").makings.into_iter();
        Some(makings.map(|making| (making.condition, making.expression)).collect())
            .filter(|made: &Vec<_>| !made.is_empty())
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

    /// The expressions that tie, without those that make the column.
    fn tied(sql: &str) -> Option<Vec<String>> {
        made_of(sql, "day").ties.map(|ties| ties.into_iter().map(|tie| tie.expression).collect())
    }

    #[test]
    fn what_is_joined_grouped_and_ranked_by_its_period_is_tied() {
        let events = "with a as (select id, at, at::date as day from t where rsdbt_limits(at, 0)),
            b as (select id, at, at::date as day from u where rsdbt_limits(at, 1))";
        for (sql, ties) in [
            ("select at::date as day from t where rsdbt_limits(at, 0)", 0),
            (
                "select t.at::date as day, u.name from t left join u on u.id = t.id where rsdbt_limits(t.at, 0)",
                0,
            ),
            ("select day, count(*) from a where exists (select from s.v where v.id = a.id) group by day", 0),
            ("select day from a union all select day from b", 0),
            ("select a.day from a join b on a.id = b.id and a.day = b.day", 2),
            ("select a.day from a left join b using (id, day)", 2),
            ("select coalesce(a.day, b.day) as day from a full join b on a.day = b.day and a.id = b.id", 2),
            ("select day from a full join b using (id, day)", 2),
            ("select a.day from a, b where a.at::date = b.day", 2),
            ("select a.day from a join b using (day) join a as c on c.day = b.day", 4),
            (
                "select x.*, b.id from (select day, id, count(*) from a group by 1, 2) as x join b on b.day = x.day",
                2,
            ),
            ("select day, row_number() over (partition by id, day order by at) from a", 1),
            (
                "select day, sum(id) over w from a window w as (partition by at::date), v as (w order by id)",
                1,
            ),
            ("select distinct on (a.day, id) a.day from a", 1),
            (
                "select t.at::date as day from t join u on t.at::date = u.at::date and rsdbt_limits(u.at, 1) where rsdbt_limits(t.at, 0)",
                2,
            ),
            (
                "select t.at::date as day from t left join u on t.at = u.at and rsdbt_limits(u.at, 1) where rsdbt_limits(t.at, 0)",
                2,
            ),
            ("select a.day, e.key from a cross join lateral jsonb_each(a.id) as e(key, value)", 0),
        ] {
            let sql = if sql.contains("rsdbt_limits") { sql.to_owned() } else { format!("{events} {sql}") };
            assert_eq!(tied(&sql).map(|ties| ties.len()), Some(ties), "{sql}");
        }
    }

    #[test]
    fn rows_of_several_periods_are_not_tied() {
        let events = "with a as (select id, at, at::date as day from t where rsdbt_limits(at, 0)),
            b as (select id, at, at::date as day from u where rsdbt_limits(at, 1))";
        for sql in [
            "select a.day from a join b on a.id = b.id",
            "select a.day from a join b using (id)",
            "select a.day from a join a as c on c.id = a.id",
            "select a.day from a left join b on a.id = b.id or a.day = b.day",
            "select a.day from a join b on a.day <= b.day",
            "select day from a where id in (select id from b)",
            "select day from a where exists (select from b where b.id = a.id)",
            "select day, (select count(*) from b) from a",
            "select day, count(*) over (partition by id) from a",
            "select day, lag(id) over w from a window w as (order by at)",
            "select distinct on (id) day from a order by id, at",
            "select day from a order by at limit 5",
            "select day from (select day from a order by at fetch first 5 rows only) as first",
            "select min(at)::date as day from a group by id",
            "select a.day from a join (select id, min(day) as day from b group by id) as c on c.day = a.day",
            "select a.day from a natural join b",
            "select a.day from a cross join lateral (select from b where b.id = a.id) as c",
            "select t.at::date as day from t join u on t.id = u.id where rsdbt_limits(t.at, 0) and rsdbt_limits(u.at, 1)",
            "select t.at::date as day from t left join u on t.at = u.at and rsdbt_limits(t.at, 1) where rsdbt_limits(t.at, 0)",
            "select t.at::date as day from t join u on t.id = u.id where rsdbt_limits(t.at, 0) and (rsdbt_limits(u.at, 1) or u.id is null)",
        ] {
            let sql = if sql.contains("rsdbt_limits") { sql.to_owned() } else { format!("{events} {sql}") };
            assert_eq!(tied(&sql), None, "{sql}");
        }
    }

    #[test]
    fn values_that_depend_on_the_order_of_rows_are_known() {
        for (sql, expected) in [
            ("select sum(id) as day from t", false),
            ("select lag(id) over (order by at) as day from t", true),
            ("select string_agg(name, ',') as day from t", true),
            ("select day from (select * from t limit 1) as t", true),
            ("select 1 as day union select distinct on (id) 2 from t", true),
            ("select day from", true),
        ] {
            assert_eq!(made_of(sql, "day").is_ordered, expected, "{sql}");
        }
    }
}
