//! Queries: CTEs, set operations, and the clauses of a SELECT.

use super::fold::fold;
use super::ledger::Ledger;
use super::link::{Link, Links, normal};
use super::name::output_name;
use super::scope::{Environment, From, Place, Scope, star_links};
use super::table::{Column, Item, Open, Star, Table};
use super::tokens::WHOLE_ROW;
use super::{Clause, EdgeKind};
use sqlparser::ast::{
    AccessExpr, Cte, Distinct, Expr, GroupByExpr, GroupByWithModifier, LimitClause, OrderBy, OrderByKind,
    Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, SetOperator, Value, Values, Visit,
    Visitor, With,
};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

impl Ledger<'_> {
    pub(super) fn query(&mut self, query: &Query, place: Place<'_>) -> Table {
        let mut environment = Environment { parent: Some(place.environment), tables: Vec::new() };
        if let Some(with) = &query.with {
            self.with(with, place, &mut environment);
        }
        let place = Place { environment: &environment, ..place };
        let mut table = self.body(&query.body, query.order_by.as_ref(), place);
        for expr in limits(query) {
            self.collect(expr, EdgeKind::Influence(Clause::Filter), place, &mut table.influences);
        }
        table.influences = normal(table.influences);
        table
    }

    fn with(&mut self, with: &With, place: Place<'_>, environment: &mut Environment<'_>) {
        let order = if with.recursive { by_reference(with) } else { (0..with.cte_tables.len()).collect() };
        for cte in order.into_iter().map(|index| &with.cte_tables[index]) {
            let name = fold(&cte.alias.name);
            let table = if self.resolver.is_inlined_model(&name) {
                self.relation(super::RelationName { database: None, schema: None, name: Arc::clone(&name) })
            } else {
                let inner = Place { environment, ..place };
                let recursive = with.recursive && references(&cte.query, &[Arc::clone(&name)]).contains(&0);
                let table =
                    if recursive { self.recursive(cte, &name, inner) } else { self.query(&cte.query, inner) };
                Rc::new(self.with_column_names(table, cte))
            };
            environment.tables.push((name, table));
        }
    }

    fn with_column_names(&mut self, table: Table, cte: &Cte) -> Table {
        let names: Vec<Arc<str>> = cte.alias.columns.iter().map(|column| fold(&column.name)).collect();
        if names.is_empty() { table } else { table.renamed(&names, self) }
    }

    /// The first part decides the names; the second is read until its edges no longer grow.
    fn recursive(&mut self, cte: &Cte, name: &Arc<str>, place: Place<'_>) -> Table {
        let mut environment = Environment { parent: Some(place.environment), tables: Vec::new() };
        if let Some(with) = &cte.query.with {
            self.with(with, place, &mut environment);
        }
        let SetExpr::SetOperation { left, right, .. } = &*cte.query.body else {
            return self.query(&cte.query, place);
        };
        let mut table = self.body(left, None, Place { environment: &environment, ..place });
        loop {
            let seen = Rc::new(self.with_column_names(table.clone(), cte));
            environment.tables.push((Arc::clone(name), seen));
            let step = self.body(right, None, Place { environment: &environment, ..place });
            environment.tables.pop();
            let merged = self.union(table.clone(), step);
            if merged.items == table.items && merged.influences == table.influences {
                return merged;
            }
            table = merged;
        }
    }

    fn body(&mut self, body: &SetExpr, order_by: Option<&OrderBy>, place: Place<'_>) -> Table {
        let mut operations = Vec::new();
        let mut first = body;
        // A chain of unions leans to the left and may be long: no recursion along it.
        while let SetExpr::SetOperation { left, op, right, .. } = first {
            operations.push((op, right));
            first = left;
        }
        if operations.is_empty() {
            return self.operand(first, order_by, place);
        }
        let mut table = self.operand(first, None, place);
        for (op, right) in operations.into_iter().rev() {
            let other = self.body(right, None, place);
            table = match op {
                SetOperator::Union => self.union(table, other),
                SetOperator::Except | SetOperator::Intersect | SetOperator::Minus => {
                    self.filtered(table, &other)
                }
            };
        }
        if let Some(order_by) = order_by {
            let ordered = self.ordered_output(order_by, &table);
            table.influences.extend(ordered);
        }
        table
    }

    fn operand(&mut self, body: &SetExpr, order_by: Option<&OrderBy>, place: Place<'_>) -> Table {
        match body {
            SetExpr::Select(select) => self.select(select, order_by, place),
            SetExpr::Query(query) => {
                let mut table = self.query(query, place);
                if let Some(order_by) = order_by {
                    let ordered = self.ordered_output(order_by, &table);
                    table.influences.extend(ordered);
                }
                table
            }
            SetExpr::Values(values) => self.values(values, place),
            SetExpr::Table(table) => {
                let Some(name) = &table.table_name else { return Table::default() };
                let schema = table.schema_name.as_deref();
                let known = place.environment.get(name).filter(|_| schema.is_none());
                let table = match known {
                    Some(table) => table,
                    None => self.relation(super::RelationName::new(None, schema, name)),
                };
                Table { base: None, ..(*table).clone() }
            }
            SetExpr::SetOperation { .. } => self.body(body, order_by, place),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                let link = self.unknown("a data-modifying statement", Vec::new());
                let star = Star { candidates: vec![Open::Expression(Rc::from([link]))], blurred: Vec::new() };
                Table { items: vec![Item::Star(star)], ..Table::default() }
            }
        }
    }

    fn values(&mut self, values: &Values, place: Place<'_>) -> Table {
        let width = values.rows.iter().map(|row| row.content.len()).max().unwrap_or(0);
        let items = (0..width)
            .map(|at| {
                let mut links = Vec::new();
                for expr in values.rows.iter().filter_map(|row| row.content.get(at)) {
                    self.collect(expr, EdgeKind::Direct, place, &mut links);
                }
                let name = format!("column{}", at + 1).into();
                Item::Column(Column { name, links: normal(links).into() })
            })
            .collect();
        Table { items, ..Table::default() }
    }

    /// UNION goes by position; after a star positions are not known.
    fn union(&mut self, left: Table, right: Table) -> Table {
        let mut items = Vec::with_capacity(left.items.len());
        let mut others = right.items.iter();
        let mut blurred: Option<Star> = None;
        for item in left.items {
            if let (None, Item::Star(star)) = (&blurred, &item) {
                let relations = remaining_relations(self, others.as_slice());
                blurred = Some(Star { candidates: Vec::new(), blurred: relations.clone() });
                let mut star = star.clone();
                star.blurred.extend(relations);
                items.push(Item::Star(normal_star(star)));
                continue;
            }
            let Item::Column(column) = item else {
                items.push(item);
                continue;
            };
            let mut links = column.links.to_vec();
            if blurred.is_none() {
                match others.next() {
                    Some(Item::Column(other)) => links.extend(other.links.iter()),
                    Some(Item::Star(star)) => {
                        blurred = Some(Star { candidates: Vec::new(), blurred: star.relations() });
                    }
                    None => {}
                }
            }
            if let Some(star) = &blurred {
                links.extend(star_links(star, &column.name, self));
            }
            items.push(Item::Column(Column { links: normal(links).into(), ..column }));
        }
        let mut influences = left.influences;
        influences.extend(right.influences);
        let mut rows = left.rows;
        rows.extend(right.rows);
        rows.sort();
        rows.dedup();
        Table { items, rows, influences: normal(influences), base: None }
    }

    /// EXCEPT and INTERSECT: values come from the left, the right decides which rows stay.
    fn filtered(&mut self, mut left: Table, right: &Table) -> Table {
        let filter = right.whole_row("*", self);
        let filter = filter.into_iter().map(|link| link.through(EdgeKind::Influence(Clause::Filter)));
        left.influences.extend(filter);
        left.influences.extend(&right.influences);
        left.influences = normal(left.influences);
        left
    }

    fn select(&mut self, select: &Select, order_by: Option<&OrderBy>, place: Place<'_>) -> Table {
        let mut from = self.sources(&select.from, place);
        let mut influences = std::mem::take(&mut from.influences);
        let scope = Scope { from: &from, windows: &select.named_window, parent: place.scope };
        let inner = Place { scope: Some(&scope), ..place };
        let mut items = Vec::with_capacity(select.projection.len());
        for item in &select.projection {
            self.projection(item, &from, inner, &mut items);
        }
        for (condition, clause) in [(&select.selection, Clause::Filter), (&select.having, Clause::Filter)] {
            if let Some(condition) = condition {
                self.collect(condition, EdgeKind::Influence(clause), inner, &mut influences);
            }
        }
        for expr in group_expressions(&select.group_by) {
            self.group(expr, &items, inner, &mut influences);
        }
        if let Some(Distinct::On(exprs)) = &select.distinct {
            for expr in exprs {
                self.sort(expr, Clause::Group, &items, inner, &mut influences);
            }
        }
        if let Some(OrderBy { kind: OrderByKind::Expressions(exprs), .. }) = order_by {
            for order in exprs {
                self.sort(&order.expr, Clause::Order, &items, inner, &mut influences);
            }
        }
        Table { items, rows: from.rows, influences: normal(influences), base: None }
    }

    fn projection(&mut self, item: &SelectItem, from: &From, place: Place<'_>, items: &mut Vec<Item>) {
        match item {
            SelectItem::UnnamedExpr(Expr::CompoundFieldAccess { root, access_chain }) if matches!(access_chain.as_slice(), [AccessExpr::Dot(Expr::Identifier(star))] if star.value == WHOLE_ROW) =>
            {
                self.composite(root, place, items);
            }
            SelectItem::UnnamedExpr(expr) => {
                let links = self.expression(expr, EdgeKind::Direct, place).into();
                items.push(Item::Column(Column { name: output_name(expr), links }));
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let links = self.expression(expr, EdgeKind::Direct, place).into();
                items.push(Item::Column(Column { name: fold(alias), links }));
            }
            SelectItem::ExprWithAliases { expr, aliases } => {
                let links: Links = self.expression(expr, EdgeKind::Derived, place).into();
                for alias in aliases {
                    items.push(Item::Column(Column { name: fold(alias), links: Rc::clone(&links) }));
                }
            }
            SelectItem::Wildcard(_) => items.extend(from.visible.iter().cloned()),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let parts = super::fold::parts(name);
                match place.scope.and_then(|scope| scope.table(&parts)) {
                    Some(source) => items.extend(source.table.items.iter().cloned()),
                    None => {
                        let link = self.unknown(&format!("{name}.*"), from.rows.clone());
                        let open = Open::Expression(Rc::from([link]));
                        items.push(Item::Star(Star { candidates: vec![open], blurred: Vec::new() }));
                    }
                }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                self.composite(expr, place, items);
            }
        }
    }

    /// `(row).*`
    fn composite(&mut self, expr: &Expr, place: Place<'_>, items: &mut Vec<Item>) {
        let mut bare = expr;
        while let Expr::Nested(inner) = bare {
            bare = inner;
        }
        if let Expr::Identifier(ident) = bare
            && let Some(scope) = place.scope
            && !scope.has_column(&fold(ident))
            && let Some(source) = scope.table(&[fold(ident)])
        {
            items.extend(source.table.items.iter().cloned());
            return;
        }
        let links = self.expression(expr, EdgeKind::Derived, place).into();
        items.push(Item::Star(Star { candidates: vec![Open::Expression(links)], blurred: Vec::new() }));
    }

    /// GROUP BY: a position, else an input column, else an output name.
    fn group(&mut self, expr: &Expr, items: &[Item], place: Place<'_>, into: &mut Vec<Link>) {
        let kind = EdgeKind::Influence(Clause::Group);
        if let Expr::Identifier(ident) = expr {
            let name = fold(ident);
            let is_input = place.scope.is_some_and(|scope| scope.may_have_column(&name));
            if let (false, Some(column)) = (is_input, output(items, &name)) {
                into.extend(column.links.iter().map(|link| link.through(kind)));
                return;
            }
        }
        if let Some(at) = position(expr) {
            return self.positioned(at, items, kind, into);
        }
        self.collect(expr, kind, place, into);
    }

    /// ORDER BY and DISTINCT ON: a position, else an output name, else an expression over the input.
    fn sort(&mut self, expr: &Expr, clause: Clause, items: &[Item], place: Place<'_>, into: &mut Vec<Link>) {
        let kind = EdgeKind::Influence(clause);
        if let Some(at) = position(expr) {
            return self.positioned(at, items, kind, into);
        }
        if let Expr::Identifier(ident) = expr
            && let Some(column) = output(items, &fold(ident))
        {
            into.extend(column.links.iter().map(|link| link.through(kind)));
            return;
        }
        self.collect(expr, kind, place, into);
    }

    fn positioned(&mut self, at: usize, items: &[Item], kind: EdgeKind, into: &mut Vec<Link>) {
        let star = items.iter().take(at).find_map(|item| match item {
            Item::Star(star) => Some(star),
            Item::Column(_) => None,
        });
        let links = match (star, items.get(at.saturating_sub(1))) {
            (Some(star), _) => vec![self.unknown(&at.to_string(), star.relations())],
            (None, Some(Item::Column(column))) => column.links.to_vec(),
            _ => Vec::new(),
        };
        into.extend(links.into_iter().map(|link| link.through(kind)));
    }

    /// ORDER BY after a set operation sees output names and positions only.
    fn ordered_output(&mut self, order_by: &OrderBy, table: &Table) -> Vec<Link> {
        let mut links = Vec::new();
        let OrderByKind::Expressions(exprs) = &order_by.kind else { return links };
        let from = From { visible: table.items.clone(), ..From::default() };
        let scope = Scope { from: &from, windows: &[], parent: None };
        let environment = Environment::default();
        let place = Place { scope: Some(&scope), environment: &environment };
        for order in exprs {
            self.sort(&order.expr, Clause::Order, &table.items, place, &mut links);
        }
        links
    }
}

fn output<'i>(items: &'i [Item], name: &Arc<str>) -> Option<&'i Column> {
    items.iter().find_map(|item| match item {
        Item::Column(column) if column.name == *name => Some(column),
        _ => None,
    })
}

fn position(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

fn limits(query: &Query) -> impl Iterator<Item = &Expr> {
    let exprs: Vec<&Expr> = match &query.limit_clause {
        Some(LimitClause::LimitOffset { limit, offset, .. }) => {
            limit.iter().chain(offset.as_ref().map(|offset| &offset.value)).collect()
        }
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => vec![offset, limit],
        None => Vec::new(),
    };
    exprs.into_iter().chain(query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref()))
}

fn group_expressions(group_by: &GroupByExpr) -> Vec<&Expr> {
    let mut exprs = Vec::new();
    let (GroupByExpr::Expressions(_, modifiers) | GroupByExpr::All(modifiers)) = group_by;
    if let GroupByExpr::Expressions(listed, _) = group_by {
        for expr in listed {
            match expr {
                Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => {
                    exprs.extend(sets.iter().flatten());
                }
                Expr::Tuple(parts) => exprs.extend(parts),
                _ => exprs.push(expr),
            }
        }
    }
    exprs.extend(modifiers.iter().filter_map(|modifier| match modifier {
        GroupByWithModifier::GroupingSets(expr) => Some(expr),
        _ => None,
    }));
    exprs
}

fn remaining_relations(ledger: &Ledger<'_>, items: &[Item]) -> Vec<Arc<super::RelationName>> {
    let mut relations = Vec::new();
    for item in items {
        match item {
            Item::Column(column) => {
                relations.extend(column.links.iter().flat_map(|link| ledger.relation_of(*link)));
            }
            Item::Star(star) => relations.extend(star.relations()),
        }
    }
    relations
}

fn normal_star(mut star: Star) -> Star {
    star.blurred.sort();
    star.blurred.dedup();
    star
}

/// Which of the names a query mentions as relations.
fn references(query: &Query, names: &[Arc<str>]) -> Vec<usize> {
    struct Mentions<'n> {
        names: &'n [Arc<str>],
        found: Vec<usize>,
    }
    impl Visitor for Mentions<'_> {
        type Break = ();
        fn pre_visit_relation(&mut self, relation: &sqlparser::ast::ObjectName) -> ControlFlow<()> {
            if let [name] = super::fold::parts(relation).as_slice() {
                self.found.extend(self.names.iter().position(|have| have == name));
            }
            ControlFlow::Continue(())
        }
    }
    let mut mentions = Mentions { names, found: Vec::new() };
    let _: ControlFlow<()> = query.visit(&mut mentions);
    mentions.found
}

/// WITH RECURSIVE may refer forward: CTEs in the order in which they can be read.
fn by_reference(with: &With) -> Vec<usize> {
    let names: Vec<Arc<str>> = with.cte_tables.iter().map(|cte| fold(&cte.alias.name)).collect();
    let needs: Vec<Vec<usize>> = with.cte_tables.iter().map(|cte| references(&cte.query, &names)).collect();
    let mut order: Vec<usize> = Vec::with_capacity(names.len());
    while order.len() < names.len() {
        let open = (0..names.len()).filter(|index| !order.contains(index));
        let ready = open
            .clone()
            .find(|&index| needs[index].iter().all(|need| *need == index || order.contains(need)));
        // Mutual recursion is an error in Postgres: any order will do.
        match ready.or_else(|| open.clone().next()) {
            Some(index) => order.push(index),
            None => break,
        }
    }
    order
}
