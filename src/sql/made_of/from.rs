//! What a SELECT reads, under which names, and which of its columns conditions limit.

use std::sync::Arc;

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, TableAlias, TableFactor, Value,
};

use super::names::{Ctes, arguments, column_of, is_limit, position};
use crate::sql::lineage::{fold, parts};

/// A SELECT and what its names stand for.
pub(super) struct Scope<'q, 'c> {
    pub(super) select: &'q Select,
    pub(super) ctes: &'c Ctes<'q>,
    pub(super) sources: Vec<Source<'q>>,
    /// The columns on which conditions stand that each row meets, and the number of each condition.
    pub(super) limits: Vec<(&'q Expr, usize)>,
    /// The columns that USING makes one.
    pub(super) merged: Vec<Merged>,
}

/// What rows of a SELECT come from, of that which is limited.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// A source whose own query limits its rows, by its place.
    Source(usize),
    /// A condition of the SELECT itself.
    Limited(usize),
}

/// One of WHERE or of a join.
pub(super) struct Condition<'q> {
    pub(super) expr: &'q Expr,
    /// Rows that do not meet it may be kept without what is joined: it says something of this source only.
    pub(super) of_join: Option<usize>,
}

/// A column of USING: of the source at `place`, and of one before it.
pub(super) struct Merged {
    pub(super) name: Arc<str>,
    place: usize,
}

/// Something that FROM reads, under its name.
pub(super) struct Source<'q> {
    pub(super) place: usize,
    pub(super) alias: Arc<str>,
    pub(super) factor: &'q TableFactor,
}

impl<'q, 'c> Scope<'q, 'c> {
    /// None where a name may stand for another's column.
    pub(super) fn of(select: &'q Select, ctes: &'c Ctes<'q>) -> Option<Self> {
        let mut scope = Self { select, ctes, sources: Vec::new(), limits: Vec::new(), merged: Vec::new() };
        for table in &select.from {
            scope.read(&table.relation)?;
            for join in &table.joins {
                scope.read(&join.relation)?;
                let place = scope.sources.len() - 1;
                if let JoinConstraint::Using(names) = constraint(join)? {
                    for name in names {
                        scope.merged.push(Merged { name: parts(name).pop()?, place });
                    }
                }
            }
        }
        scope.limits = limits(select);
        Some(scope)
    }

    fn read(&mut self, factor: &'q TableFactor) -> Option<()> {
        let place = self.sources.len();
        self.sources.push(Source { place, alias: alias(factor)?, factor });
        Some(())
    }

    /// The condition that limits this expression. Where a column is named with its table and without, the server has found it in one
    /// table only, but for those of USING.
    pub(super) fn condition_on(&self, expr: &Expr) -> Option<usize> {
        let is_same = |limited: &Expr| match (column_of(limited), column_of(expr)) {
            (Some(one), Some(other)) => {
                let names = one.iter().rev().zip(other.iter().rev());
                let is_one = one.len() == other.len()
                    || one
                        .last()
                        .is_some_and(|name| !self.merged.iter().any(|merged| merged.name == fold(name)));
                is_one && names.into_iter().all(|(one, other)| fold(one) == fold(other))
            }
            _ => limited == expr,
        };
        self.limits.iter().find(|(limited, _)| is_same(limited)).map(|(_, number)| *number)
    }

    /// The condition on this column of a source.
    pub(super) fn limited(&self, source: &Source<'_>, name: &str) -> Option<usize> {
        let is_so = |limited: &Expr| match column_of(limited) {
            Some([column]) => self.sources.len() == 1 && *fold(column) == *name,
            Some([qualifier, column]) => fold(qualifier) == source.alias && *fold(column) == *name,
            _ => false,
        };
        self.limits.iter().find(|(limited, _)| is_so(limited)).map(|(_, number)| *number)
    }

    /// Which of the sources a column comes from: several where USING makes theirs one.
    pub(super) fn sources_of(&self, idents: &[Ident]) -> Option<Vec<&Source<'q>>> {
        let [name] = idents else {
            let [qualifier, _] = idents else { return None };
            let alias = fold(qualifier);
            let mut named = self.sources.iter().filter(|source| source.alias == alias);
            return named.next().filter(|_| named.next().is_none()).map(|source| vec![source]);
        };
        let name = fold(name);
        if let [source] = self.sources.as_slice() {
            return Some(vec![source]);
        }
        let mut having: Vec<_> = self.sources.iter().filter(|source| source.has(&name, self.ctes)).collect();
        let merged: Vec<_> = self.merged.iter().filter(|merged| merged.name == name).collect();
        if merged.is_empty() {
            // were it in another one too, the server would call it ambiguous
            having.truncate(2);
            return Some(having).filter(|having| having.len() == 1);
        }
        let is_whole = merged.iter().all(|merged| having.iter().any(|source| source.place == merged.place));
        let first = merged.iter().map(|merged| merged.place).min()?;
        let last = merged.iter().map(|merged| merged.place).max()?;
        having.retain(|source| source.place <= last);
        Some(having).filter(|having| is_whole && having.iter().any(|source| source.place < first))
    }

    /// All that stand side by side in WHERE and ON.
    pub(super) fn conditions(&self) -> Vec<Condition<'q>> {
        let plain = |expr| Condition { expr, of_join: None };
        let mut found: Vec<_> = conjuncts(self.select.selection.iter()).into_iter().map(plain).collect();
        let mut place = 0;
        for table in &self.select.from {
            for join in &table.joins {
                place += 1;
                if let Some(JoinConstraint::On(on)) = constraint(join) {
                    let is_inner =
                        matches!(join.join_operator, JoinOperator::Join(_) | JoinOperator::Inner(_));
                    let of_join = (!is_inner).then_some(place);
                    found.extend(
                        conjuncts(std::iter::once(on)).into_iter().map(|expr| Condition { expr, of_join }),
                    );
                }
            }
            place += 1;
        }
        found
    }

    /// Whether these are reads of the source at this place.
    pub(super) fn is_at(&self, reads: &[Read], place: usize) -> bool {
        reads.iter().all(|read| match read {
            Read::Source(at) => *at == place,
            Read::Limited(condition) => {
                self.source_of_limit(*condition).is_some_and(|source| source.place == place)
            }
        })
    }

    /// Whether the condition stands on a column of a table.
    pub(super) fn limits_a_column(&self, condition: usize) -> bool {
        self.source_of_limit(condition).is_some_and(|source| source.is_table(self.ctes))
    }

    fn source_of_limit(&self, condition: usize) -> Option<&Source<'q>> {
        let (limited, _) = self.limits.iter().find(|(_, number)| *number == condition)?;
        let idents = column_of(limited)?;
        if idents.len() == 1 && self.sources.len() > 1 {
            // one of them has it, and all are tables: which one does not matter for that
            return self
                .sources
                .first()
                .filter(|_| self.sources.iter().all(|source| source.is_table(self.ctes)));
        }
        self.sources_of(idents)?.pop()
    }

    /// What comes before the join of USING, and what is joined.
    pub(super) fn sides_of(&self, merged: &Merged) -> [Vec<&Source<'q>>; 2] {
        let has = |source: &&Source<'q>| source.has(&merged.name, self.ctes);
        let left = self.sources.iter().filter(|source| source.place < merged.place).filter(has).collect();
        [left, self.sources.iter().filter(|source| source.place == merged.place).collect()]
    }

    /// The source whose star has the column, which no other expression of the list names.
    pub(super) fn source_of_star(&self, name: &str) -> Option<&Source<'q>> {
        let mut stars: Vec<&Source<'q>> = Vec::new();
        for item in &self.select.projection {
            match item {
                SelectItem::Wildcard(_) => stars.extend(self.sources.iter()),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(of), _) => {
                    let alias = parts(of).pop()?;
                    stars.extend(self.sources.iter().filter(|source| source.alias == alias));
                }
                SelectItem::QualifiedWildcard(..) => return None,
                _ => {}
            }
        }
        match stars.as_slice() {
            [source] => Some(source),
            _ => {
                stars.retain(|source| self.limited(source, name).is_some() || source.has(name, self.ctes));
                stars.pop().filter(|_| stars.is_empty())
            }
        }
    }
}

impl<'q> Source<'q> {
    /// The query of a CTE or of a derived table, and the CTEs that it sees.
    pub(super) fn query<'c>(&self, ctes: &'c Ctes<'q>) -> Option<(&'q Query, &'c Ctes<'q>)> {
        match self.factor {
            TableFactor::Derived { lateral: false, subquery, .. } => Some((subquery, ctes)),
            TableFactor::Table { name, args: None, .. } => {
                let name = simple(name)?;
                let at = ctes.iter().rposition(|(cte, _)| *cte == name)?;
                Some((ctes[at].1, &ctes[..at]))
            }
            _ => None,
        }
    }

    /// One of the database, or a view.
    pub(super) fn is_table(&self, ctes: &Ctes<'q>) -> bool {
        matches!(self.factor, TableFactor::Table { args: None, .. }) && self.query(ctes).is_none()
    }

    pub(super) fn has(&self, column: &str, ctes: &Ctes<'q>) -> bool {
        self.query(ctes).is_some_and(|(query, _)| position(&query.body, column).is_some())
    }
}

/// A name without a schema: that of a CTE, if there is one.
pub(super) fn simple(name: &ObjectName) -> Option<Arc<str>> {
    let mut parts = parts(name);
    parts.pop().filter(|_| parts.is_empty())
}

fn alias(factor: &TableFactor) -> Option<Arc<str>> {
    let plain = |alias: &TableAlias| alias.columns.is_empty().then(|| fold(&alias.name));
    match factor {
        TableFactor::Table { alias, args: Some(_), .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::UNNEST { alias, .. } => {
            Some(alias.as_ref().map_or_else(|| Arc::from(""), |alias| fold(&alias.name)))
        }
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            plain(alias)
        }
        TableFactor::Table { name, .. } => parts(name).pop(),
        TableFactor::Derived { alias: None, .. } => Some(Arc::from("")),
        _ => None,
    }
}

/// Of the joins of Postgres but NATURAL, which names no columns.
pub(super) fn constraint(join: &Join) -> Option<&JoinConstraint> {
    let (JoinOperator::Join(constraint)
    | JoinOperator::Inner(constraint)
    | JoinOperator::Left(constraint)
    | JoinOperator::LeftOuter(constraint)
    | JoinOperator::Right(constraint)
    | JoinOperator::RightOuter(constraint)
    | JoinOperator::FullOuter(constraint)
    | JoinOperator::CrossJoin(constraint)) = &join.join_operator
    else {
        return None;
    };
    Some(constraint).filter(|constraint| !matches!(constraint, JoinConstraint::Natural))
}

/// The limited columns of a SELECT: of conditions that each of its rows meets, or that each row of what they limit does.
fn limits(select: &Select) -> Vec<(&Expr, usize)> {
    let joins = || select.from.iter().flat_map(|table| &table.joins);
    let inner = joins().filter_map(|join| match &join.join_operator {
        JoinOperator::Join(JoinConstraint::On(expr)) | JoinOperator::Inner(JoinConstraint::On(expr)) => {
            Some(expr)
        }
        _ => None,
    });
    let met = conjuncts(select.selection.iter().chain(inner)).into_iter().filter_map(limit);
    let of_right = joins().flat_map(|join| {
        let on = match &join.join_operator {
            JoinOperator::Left(JoinConstraint::On(expr))
            | JoinOperator::LeftOuter(JoinConstraint::On(expr)) => Some(expr),
            _ => None,
        };
        let alias = alias(&join.relation);
        let is_of_it = move |column: &Expr| match column_of(column) {
            Some([qualifier, _]) => Some(fold(qualifier)) == alias,
            _ => false,
        };
        conjuncts(on.into_iter()).into_iter().filter_map(limit).filter(move |(column, _)| is_of_it(column))
    });
    met.chain(of_right).collect()
}

fn conjuncts<'q>(conditions: impl Iterator<Item = &'q Expr>) -> Vec<&'q Expr> {
    let mut found = Vec::new();
    let mut open: Vec<&Expr> = conditions.collect();
    while let Some(expr) = open.pop() {
        match expr {
            Expr::Nested(inner) => open.push(inner),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => open.extend([&**left, &**right]),
            _ => found.push(expr),
        }
    }
    found
}

fn limit(expr: &Expr) -> Option<(&Expr, usize)> {
    let Expr::Function(function) = expr else { return None };
    let arguments = arguments(function).filter(|_| is_limit(function))?;
    match arguments.as_slice() {
        [column, Expr::Value(number)] => match &number.value {
            Value::Number(digits, _) => Some((column, digits.parse().ok()?)),
            _ => None,
        },
        _ => None,
    }
}
