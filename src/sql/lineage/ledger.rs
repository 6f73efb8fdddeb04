//! Interned origins: inside the analysis an edge is eight bytes, so sets of them are cheap to merge.

use crate::hashed::{HashMap, IndexSet};

use super::link::{Link, normal};
use super::table::{Column, Item, Star, Table};
use super::{Edge, EdgeKind, Origin, RelationName, Resolver};
use std::rc::Rc;
use std::sync::Arc;

/// Everything that one analysis has met so far.
pub(super) struct Ledger<'r> {
    pub(super) resolver: &'r dyn Resolver,
    origins: IndexSet<Origin>,
    tables: HashMap<Arc<RelationName>, Rc<Table>>,
    relations: Vec<Arc<RelationName>>,
}

impl<'r> Ledger<'r> {
    pub(super) fn new(resolver: &'r dyn Resolver) -> Self {
        Self { resolver, origins: IndexSet::default(), tables: HashMap::default(), relations: Vec::new() }
    }

    pub(super) fn link(&mut self, origin: Origin, kind: EdgeKind) -> Link {
        let (index, _) = self.origins.insert_full(origin);
        Link { origin: u32::try_from(index).unwrap_or(u32::MAX), kind }
    }

    pub(super) fn column(&mut self, relation: &Arc<RelationName>, column: &Arc<str>) -> Link {
        let origin = Origin::Column { relation: Arc::clone(relation), column: Arc::clone(column) };
        self.link(origin, EdgeKind::Direct)
    }

    pub(super) fn rows(&mut self, relation: &Arc<RelationName>) -> Link {
        self.link(Origin::Rows { relation: Arc::clone(relation) }, EdgeKind::Derived)
    }

    pub(super) fn unknown(&mut self, what: &str, mut relations: Vec<Arc<RelationName>>) -> Link {
        relations.sort();
        relations.dedup();
        self.link(Origin::Unknown { what: what.into(), relations }, EdgeKind::Derived)
    }

    /// A relation of the database as a table of the query.
    pub(super) fn relation(&mut self, name: RelationName) -> Rc<Table> {
        if let Some(table) = self.tables.get(&name) {
            return Rc::clone(table);
        }
        let name = Arc::new(name);
        let items = match self.resolver.columns(&name) {
            Some(columns) => columns
                .iter()
                .map(|column| {
                    let links = Rc::from([self.column(&name, column)]);
                    Item::Column(Column { name: Arc::clone(column), links })
                })
                .collect(),
            None => vec![Item::Star(Star::of_relation(Arc::clone(&name)))],
        };
        let rows = vec![Arc::clone(&name)];
        let table = Rc::new(Table { items, rows, influences: Vec::new(), base: Some(Arc::clone(&name)) });
        self.relations.push(Arc::clone(&name));
        self.tables.insert(name, Rc::clone(&table));
        table
    }

    pub(super) fn edges(&self, links: &[Link]) -> Vec<Edge> {
        normal(links.to_vec())
            .into_iter()
            .filter_map(|link| {
                let origin = self.origins.get_index(link.origin as usize)?.clone();
                Some(Edge { origin, kind: link.kind })
            })
            .collect()
    }

    /// The relation that a link starts at, where there is one.
    pub(super) fn relation_of(&self, link: Link) -> Vec<Arc<RelationName>> {
        match self.origins.get_index(link.origin as usize) {
            Some(Origin::Column { relation, .. } | Origin::Rows { relation }) => vec![Arc::clone(relation)],
            Some(Origin::Unknown { relations, .. }) => relations.clone(),
            None => Vec::new(),
        }
    }

    pub(super) fn into_relations(self) -> Vec<Arc<RelationName>> {
        self.relations
    }
}
