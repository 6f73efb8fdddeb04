//! The columns that an expression is made of, each with the way it takes part.

use super::fold::{fold, parts};
use super::ledger::Ledger;
use super::link::{Link, normal};
use super::scope::Place;
use super::table;
use super::{Clause, EdgeKind};
use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    Ident, NamedWindowExpr, OrderByExpr, Query, Subscript, Visit, Visitor, WindowSpec, WindowType,
};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Names that stand without parentheses and are no columns.
const CONSTANTS: [&str; 12] = [
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "localtime",
    "localtimestamp",
    "session_user",
    "user",
];

/// Aggregates that depend on the number of rows even when their argument is a constant.
const COUNTING: [&str; 6] = ["array_agg", "count", "json_agg", "jsonb_agg", "string_agg", "sum"];

impl Ledger<'_> {
    /// The links of an expression whose value is used as `kind`.
    pub(super) fn expression(&mut self, expr: &Expr, kind: EdgeKind, place: Place<'_>) -> Vec<Link> {
        let mut links = Vec::new();
        self.collect(expr, kind, place, &mut links);
        normal(links)
    }

    pub(super) fn collect(&mut self, expr: &Expr, kind: EdgeKind, place: Place<'_>, into: &mut Vec<Link>) {
        match expr {
            Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => self.collect(inner, kind, place, into),
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Subquery(_) => {
                self.leaf(expr, kind, place, into);
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.field(root, access_chain, kind, place, into);
            }
            _ => {
                let kind = if kind == EdgeKind::Direct { EdgeKind::Derived } else { kind };
                let mut walk = Walk { ledger: self, kind, place, into, skipping: 0 };
                let _: ControlFlow<()> = expr.visit(&mut walk);
            }
        }
    }

    fn all(&mut self, exprs: &[Expr], kind: EdgeKind, place: Place<'_>, into: &mut Vec<Link>) {
        for expr in exprs {
            self.collect(expr, kind, place, into);
        }
    }

    fn leaf(&mut self, expr: &Expr, kind: EdgeKind, place: Place<'_>, into: &mut Vec<Link>) {
        let links = match expr {
            Expr::Identifier(ident) => self.identifier(ident, place),
            Expr::CompoundIdentifier(idents) => {
                let parts: Vec<Arc<str>> = idents.iter().map(fold).collect();
                match place.scope {
                    Some(scope) => scope.qualified(&parts, self),
                    None => vec![self.unknown(&parts.join("."), Vec::new())],
                }
            }
            Expr::Subquery(query) => return self.subquery(query, kind, place, into),
            _ => Vec::new(),
        };
        into.extend(links.into_iter().map(|link| link.through(kind)));
    }

    fn identifier(&mut self, ident: &Ident, place: Place<'_>) -> Vec<Link> {
        let name = fold(ident);
        if ident.quote_style.is_none() && CONSTANTS.contains(&&*name) {
            return Vec::new();
        }
        match place.scope {
            Some(scope) => scope.name(&name, self),
            None => vec![self.unknown(&name, Vec::new())],
        }
    }

    /// A subquery as a value: its columns, and what decides its rows.
    fn subquery(&mut self, query: &Query, kind: EdgeKind, place: Place<'_>, into: &mut Vec<Link>) {
        let table = self.query(query, place);
        let start = into.len();
        for item in &table.items {
            match item {
                table::Item::Column(column) => {
                    into.extend(column.links.iter().map(|link| link.through(kind)));
                }
                table::Item::Star(star) => {
                    let links = super::scope::star_links(star, "*", self);
                    into.extend(links.into_iter().map(|link| link.through(kind)));
                }
            }
        }
        self.deciding(&table, kind, start, into);
    }

    /// What decides the rows of a subquery; a relation that nothing else names counts by its rows.
    fn deciding(&mut self, table: &table::Table, kind: EdgeKind, start: usize, into: &mut Vec<Link>) {
        let inward = if kind == EdgeKind::Direct { EdgeKind::Derived } else { kind };
        into.extend(table.influences.iter().map(|link| link.through(kind)));
        for relation in &table.rows {
            let named = into[start..].iter().any(|link| self.relation_of(*link).contains(relation));
            if !named {
                let link = self.rows(relation);
                into.push(link.through(inward));
            }
        }
    }

    /// `(row).field`, `array[1]`, `(composite).a.b`.
    fn field(
        &mut self,
        root: &Expr,
        chain: &[AccessExpr],
        kind: EdgeKind,
        place: Place<'_>,
        into: &mut Vec<Link>,
    ) {
        let mut bare = root;
        while let Expr::Nested(inner) = bare {
            bare = inner;
        }
        let inward = if kind == EdgeKind::Direct { EdgeKind::Derived } else { kind };
        if let (Expr::Identifier(row), [AccessExpr::Dot(Expr::Identifier(field))]) = (bare, chain)
            && let Some(scope) = place.scope
            && !scope.has_column(&fold(row))
            && scope.table(&[fold(row)]).is_some()
        {
            let links = scope.qualified(&[fold(row), fold(field)], self);
            into.extend(links.into_iter().map(|link| link.through(kind)));
            return;
        }
        self.collect(root, inward, place, into);
        for access in chain {
            if let AccessExpr::Subscript(subscript) = access {
                let bounds = match subscript {
                    Subscript::Index { index } => vec![index],
                    Subscript::Slice { lower_bound, upper_bound, stride } => {
                        [lower_bound, upper_bound, stride].into_iter().flatten().collect()
                    }
                };
                for bound in bounds {
                    self.collect(bound, inward, place, into);
                }
            }
        }
    }

    fn function(&mut self, function: &Function, kind: EdgeKind, place: Place<'_>, into: &mut Vec<Link>) {
        let start = into.len();
        let influence = |clause| match kind {
            EdgeKind::Influence(_) => kind,
            _ => EdgeKind::Influence(clause),
        };
        for arguments in [&function.parameters, &function.args] {
            self.arguments(arguments, kind, influence(Clause::Order), place, into);
        }
        for order in &function.within_group {
            self.collect(&order.expr, kind, place, into);
        }
        let of_constants = into.len() == start;
        if let Some(filter) = &function.filter {
            self.collect(filter, influence(Clause::Filter), place, into);
        }
        match &function.over {
            Some(WindowType::WindowSpec(spec)) => self.window(spec, influence, place, into, 0),
            Some(WindowType::NamedWindow(name)) => self.named_window(name, influence, place, into, 0),
            None => {}
        }
        // `count(1)`, a sum over constants, `row_number() over ()`: it is the rows that are counted.
        let name = parts(&function.name).pop();
        let counts = name.is_some_and(|name| COUNTING.contains(&&*name));
        if into.len() == start && function.over.is_some() || of_constants && counts {
            self.all_rows(kind, place, into);
        }
    }

    fn window(
        &mut self,
        spec: &WindowSpec,
        influence: impl Fn(Clause) -> EdgeKind + Copy,
        place: Place<'_>,
        into: &mut Vec<Link>,
        depth: usize,
    ) {
        if let Some(name) = &spec.window_name {
            self.named_window(name, influence, place, into, depth);
        }
        self.all(&spec.partition_by, influence(Clause::Group), place, into);
        for order in &spec.order_by {
            self.collect(&order.expr, influence(Clause::Order), place, into);
        }
    }

    fn named_window(
        &mut self,
        name: &Ident,
        influence: impl Fn(Clause) -> EdgeKind + Copy,
        place: Place<'_>,
        into: &mut Vec<Link>,
        depth: usize,
    ) {
        let Some(definition) = place.scope.and_then(|scope| scope.window(name)) else { return };
        if depth > 32 {
            return;
        }
        match &definition.1 {
            NamedWindowExpr::WindowSpec(spec) => self.window(spec, influence, place, into, depth + 1),
            NamedWindowExpr::NamedWindow(other) => {
                self.named_window(other, influence, place, into, depth + 1);
            }
        }
    }

    fn arguments(
        &mut self,
        arguments: &FunctionArguments,
        kind: EdgeKind,
        order_kind: EdgeKind,
        place: Place<'_>,
        into: &mut Vec<Link>,
    ) {
        let list = match arguments {
            FunctionArguments::None => return,
            FunctionArguments::Subquery(query) => return self.subquery(query, kind, place, into),
            FunctionArguments::List(list) => list,
        };
        for argument in &list.args {
            self.argument(argument, kind, place, into);
        }
        for clause in &list.clauses {
            if let FunctionArgumentClause::OrderBy(orders) = clause {
                for OrderByExpr { expr, .. } in orders {
                    self.collect(expr, order_kind, place, into);
                }
            } else if let FunctionArgumentClause::Where(expr) | FunctionArgumentClause::Limit(expr) = clause {
                self.collect(expr, kind, place, into);
            }
        }
    }

    pub(super) fn argument(
        &mut self,
        argument: &FunctionArg,
        kind: EdgeKind,
        place: Place<'_>,
        into: &mut Vec<Link>,
    ) {
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) =
            argument;
        match arg {
            FunctionArgExpr::Expr(expr) => self.collect(expr, kind, place, into),
            FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => {
                self.all_rows(kind, place, into);
            }
            FunctionArgExpr::QualifiedWildcard(name) => {
                let parts = parts(name);
                let Some(source) = place.scope.and_then(|scope| scope.table(&parts)) else { return };
                let links = source.table.whole_row(&source.name, self);
                into.extend(links.into_iter().map(|link| link.through(kind)));
            }
        }
    }

    /// The rows of the FROM clause as such: `count(*)`.
    fn all_rows(&mut self, kind: EdgeKind, place: Place<'_>, into: &mut Vec<Link>) {
        let Some(scope) = place.scope else { return };
        for relation in &scope.from.rows {
            into.push(self.rows(relation).through(kind));
        }
    }
}

/// Finds the leaves of any expression; subtrees that are handled as a whole are passed over.
struct Walk<'w, 'r, 'p> {
    ledger: &'w mut Ledger<'r>,
    kind: EdgeKind,
    place: Place<'p>,
    into: &'w mut Vec<Link>,
    skipping: usize,
}

impl Visitor for Walk<'_, '_, '_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.skipping > 0 {
            self.skipping += 1;
            return ControlFlow::Continue(());
        }
        let (kind, place) = (self.kind, self.place);
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Subquery(_) => {
                self.ledger.leaf(expr, kind, place, self.into);
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.ledger.field(root, access_chain, kind, place, self.into);
            }
            Expr::Function(function) => self.ledger.function(function, kind, place, self.into),
            Expr::Exists { subquery, .. } => {
                let table = self.ledger.query(subquery, place);
                let start = self.into.len();
                self.ledger.deciding(&table, kind, start, self.into);
            }
            _ => return ControlFlow::Continue(()),
        }
        self.skipping = 1;
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.skipping = self.skipping.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.skipping == 0 {
            self.ledger.subquery(query, self.kind, self.place, self.into);
        }
        self.skipping += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.skipping = self.skipping.saturating_sub(1);
        ControlFlow::Continue(())
    }
}
