//! What names mean at a place in the query: tables, their columns, and the scopes around them.

use super::fold::fold;
use super::ledger::Ledger;
use super::link::Link;
use super::table::{Column, Item, Open, Star, Table};
use super::tokens::WHOLE_ROW;
use super::{EdgeKind, RelationName};
use sqlparser::ast::{Ident, NamedWindowDefinition};
use std::rc::Rc;
use std::sync::Arc;

/// A table under the name by which columns are qualified.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) name: Arc<str>,
    /// Set for a relation without an alias: `schema.table.column` is allowed then.
    pub(super) relation: Option<RelationName>,
    pub(super) table: Rc<Table>,
}

/// A FROM clause: what qualified and unqualified names can mean.
#[derive(Debug, Clone, Default)]
pub(super) struct From {
    pub(super) sources: Vec<Source>,
    /// Columns in the order of `select *`, those joined by USING merged.
    pub(super) visible: Vec<Item>,
    pub(super) influences: Vec<Link>,
    pub(super) rows: Vec<Arc<RelationName>>,
}

/// A FROM clause inside the scopes around it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) from: &'s From,
    pub(super) windows: &'s [NamedWindowDefinition],
    pub(super) parent: Option<&'s Scope<'s>>,
}

/// The CTEs in sight.
#[derive(Clone, Default)]
pub(super) struct Environment<'e> {
    pub(super) parent: Option<&'e Environment<'e>>,
    pub(super) tables: Vec<(Arc<str>, Rc<Table>)>,
}

/// The place of a subquery or expression.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) scope: Option<&'p Scope<'p>>,
    pub(super) environment: &'p Environment<'p>,
}

const SYSTEM_COLUMNS: [&str; 6] = ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"];

impl Environment<'_> {
    pub(super) fn get(&self, name: &str) -> Option<Rc<Table>> {
        let own = self.tables.iter().rev().find(|(have, _)| &**have == name);
        own.map(|(_, table)| Rc::clone(table)).or_else(|| self.parent?.get(name))
    }
}

impl Star {
    pub(super) fn of_relation(relation: Arc<RelationName>) -> Self {
        Self { candidates: vec![Open::Relation(relation)], blurred: Vec::new() }
    }

    pub(super) fn relations(&self) -> Vec<Arc<RelationName>> {
        let of_candidates = self.candidates.iter().filter_map(|open| match open {
            Open::Relation(relation) => Some(Arc::clone(relation)),
            Open::Expression(_) => None,
        });
        of_candidates.chain(self.blurred.iter().cloned()).collect()
    }
}

impl Table {
    /// All columns as one value (`select t from t`).
    pub(super) fn whole_row(&self, name: &str, ledger: &mut Ledger<'_>) -> Vec<Link> {
        let mut links = Vec::new();
        for item in &self.items {
            match item {
                Item::Column(column) => {
                    links.extend(column.links.iter().map(|link| link.through(EdgeKind::Derived)));
                }
                Item::Star(star) => links.extend(star_links(star, &format!("{name}.*"), ledger)),
            }
        }
        links
    }

    /// A column by its name, asked for as `qualifier.name`.
    pub(super) fn column(&self, name: &Arc<str>, qualifier: &str, ledger: &mut Ledger<'_>) -> Vec<Link> {
        let links = lookup(&self.items, name, ledger);
        match (links, &self.base) {
            (Some(links), _) => links,
            (None, Some(base)) if SYSTEM_COLUMNS.contains(&&**name) => vec![ledger.column(base, name)],
            (None, _) => vec![ledger.unknown(&format!("{qualifier}.{name}"), self.rows.clone())],
        }
    }

    /// The first columns renamed, as in `from t as x(a, b)`.
    pub(super) fn renamed(&self, names: &[Arc<str>], ledger: &mut Ledger<'_>) -> Self {
        let mut items = Vec::with_capacity(self.items.len().max(names.len()));
        let mut old = self.items.iter();
        let mut unplaced = Star::default();
        for name in names {
            if unplaced.candidates.is_empty() && unplaced.blurred.is_empty() {
                match old.next() {
                    Some(Item::Column(column)) => {
                        items.push(Item::Column(Column { name: Arc::clone(name), ..column.clone() }));
                        continue;
                    }
                    Some(Item::Star(star)) => unplaced = star.clone(),
                    None => {}
                }
            }
            let links = star_links(&unplaced, name, ledger).into();
            items.push(Item::Column(Column { name: Arc::clone(name), links }));
        }
        let opaque = |star: &Star| star.candidates.iter().any(|open| matches!(open, Open::Relation(_)));
        if opaque(&unplaced) || !unplaced.blurred.is_empty() {
            let blurred = unplaced.relations();
            items.push(Item::Star(Star { candidates: Vec::new(), blurred }));
        }
        items.extend(old.cloned());
        Self { items, base: None, ..self.clone() }
    }
}

/// What a star stands for when its place is all that is known of a column.
pub(super) fn star_links(star: &Star, what: &str, ledger: &mut Ledger<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    for open in &star.candidates {
        if let Open::Expression(made_of) = open {
            links.extend(made_of.iter().map(|link| link.through(EdgeKind::Derived)));
        }
    }
    let relations = star.relations();
    if !relations.is_empty() {
        links.push(ledger.unknown(what, relations));
    }
    links
}

/// A name among items: none if no item can have it.
pub(super) fn lookup(items: &[Item], name: &Arc<str>, ledger: &mut Ledger<'_>) -> Option<Vec<Link>> {
    let mut known = items.iter().filter_map(|item| match item {
        Item::Column(column) if column.name == *name => Some(column),
        _ => None,
    });
    if let Some(column) = known.next() {
        let mut relations: Vec<_> =
            known.flat_map(|other| other.links.iter()).flat_map(|link| ledger.relation_of(*link)).collect();
        if relations.is_empty() {
            return Some(column.links.to_vec());
        }
        relations.extend(column.links.iter().flat_map(|link| ledger.relation_of(*link)));
        return Some(vec![ledger.unknown(name, relations)]);
    }
    let stars: Vec<&Star> = stars(items).collect();
    (!stars.is_empty()).then(|| from_stars(&stars, name, ledger))
}

fn stars(items: &[Item]) -> impl Iterator<Item = &Star> {
    items.iter().filter_map(|item| match item {
        Item::Star(star) => Some(star),
        Item::Column(_) => None,
    })
}

/// A name that only stars can supply: certain if there is one candidate.
fn from_stars(stars: &[&Star], name: &Arc<str>, ledger: &mut Ledger<'_>) -> Vec<Link> {
    let candidates: Vec<&Open> = stars.iter().flat_map(|star| &star.candidates).collect();
    let blurred: Vec<_> = stars.iter().flat_map(|star| star.blurred.iter().cloned()).collect();
    let mut links = Vec::new();
    match candidates.as_slice() {
        [] => {}
        [Open::Relation(relation)] => links.push(ledger.column(relation, name)),
        [Open::Expression(made_of)] => {
            links.extend(made_of.iter().map(|link| link.through(EdgeKind::Derived)));
        }
        _ => {
            let mut relations: Vec<_> = stars.iter().flat_map(|star| star.relations()).collect();
            for open in candidates {
                if let Open::Expression(made_of) = open {
                    relations.extend(made_of.iter().flat_map(|link| ledger.relation_of(*link)));
                }
            }
            links.push(ledger.unknown(name, relations));
        }
    }
    if !blurred.is_empty() {
        links.push(ledger.unknown(name, blurred));
    }
    links
}

impl From {
    pub(super) fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| &*source.name == name)
    }

    fn has_column(&self, name: &Arc<str>) -> bool {
        self.visible.iter().any(|item| matches!(item, Item::Column(column) if column.name == *name))
    }

    fn relation(&self, parts: &[Arc<str>]) -> Option<&Source> {
        self.sources.iter().find(|source| {
            source.relation.as_ref().is_some_and(|relation| match parts {
                [schema, name] => relation.name == *name && relation.schema.as_ref() == Some(schema),
                [database, schema, name] => {
                    relation.name == *name
                        && relation.schema.as_ref() == Some(schema)
                        && relation.database.as_ref() == Some(database)
                }
                _ => false,
            })
        })
    }
}

impl<'s> Scope<'s> {
    fn outward(&'s self) -> impl Iterator<Item = &'s Scope<'s>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// An unqualified name.
    pub(super) fn name(&self, name: &Arc<str>, ledger: &mut Ledger<'_>) -> Vec<Link> {
        let mut open: Vec<&Star> = Vec::new();
        for scope in self.outward() {
            let has = scope.from.has_column(name);
            if has && open.is_empty() {
                return lookup(&scope.from.visible, name, ledger).unwrap_or_default();
            }
            if has {
                // An inner relation with unknown columns may have it as well.
                let links = lookup(&scope.from.visible, name, ledger).unwrap_or_default();
                let mut relations: Vec<_> = open.iter().flat_map(|star| star.relations()).collect();
                relations.extend(links.iter().flat_map(|link| ledger.relation_of(*link)));
                return vec![ledger.unknown(name, relations)];
            }
            open.extend(stars(&scope.from.visible));
        }
        let row = self.outward().find_map(|scope| scope.from.source(name));
        match (row, open.as_slice()) {
            (Some(source), []) => source.table.whole_row(name, ledger),
            (Some(source), _) if source.table.rows.is_empty() => source.table.whole_row(name, ledger),
            (Some(source), _) => {
                let mut relations: Vec<_> = open.iter().flat_map(|star| star.relations()).collect();
                relations.extend(source.table.rows.iter().cloned());
                vec![ledger.unknown(name, relations)]
            }
            (None, []) => vec![self.nowhere(name, ledger)],
            (None, stars) => from_stars(stars, name, ledger),
        }
    }

    /// Whether a scope is known to have a column of this name.
    pub(super) fn has_column(&self, name: &Arc<str>) -> bool {
        self.outward().any(|scope| scope.from.has_column(name))
    }

    /// Whether the innermost FROM has the column, or may have it.
    pub(super) fn may_have_column(&self, name: &Arc<str>) -> bool {
        self.from.has_column(name) || stars(&self.from.visible).next().is_some()
    }

    fn nowhere(&self, name: &Arc<str>, ledger: &mut Ledger<'_>) -> Link {
        let bases: Vec<_> =
            self.from.sources.iter().filter_map(|source| source.table.base.as_ref()).collect();
        match bases.as_slice() {
            [base] if SYSTEM_COLUMNS.contains(&&**name) => ledger.column(base, name),
            _ => ledger.unknown(name, self.from.rows.clone()),
        }
    }

    /// The table that `t` of `t.x`, `s.t` of `s.t.x` means.
    pub(super) fn table(&self, parts: &[Arc<str>]) -> Option<&Source> {
        self.outward().find_map(|scope| match parts {
            [name] => scope.from.source(name),
            _ => scope.from.relation(parts),
        })
    }

    /// A qualified name.
    pub(super) fn qualified(&self, parts: &[Arc<str>], ledger: &mut Ledger<'_>) -> Vec<Link> {
        let Some((column, table)) = parts.split_last() else { return Vec::new() };
        let what = table.iter().map(|part| &**part).collect::<Vec<_>>().join(".");
        match self.table(table) {
            Some(source) if &**column == WHOLE_ROW => source.table.whole_row(&what, ledger),
            Some(source) => source.table.column(column, &what, ledger),
            None => vec![ledger.unknown(&format!("{what}.{column}"), self.from.rows.clone())],
        }
    }

    pub(super) fn window(&self, name: &Ident) -> Option<&'s NamedWindowDefinition> {
        let name = fold(name);
        self.windows.iter().find(|window| fold(&window.0) == name)
    }
}
