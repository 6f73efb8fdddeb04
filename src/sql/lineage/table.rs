//! What a query sees of a table: its columns and where they come from.

use std::sync::Arc;

use super::RelationName;
use super::link::{Link, Links};

/// A named output of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    pub(super) links: Links,
}

/// Where a column that a star stands for may come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Open {
    Relation(Arc<RelationName>),
    /// A row that an expression makes: any of its columns is derived from these.
    Expression(Links),
}

/// Columns whose names are not known. With one candidate a name is still certain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Star {
    pub(super) candidates: Vec<Open>,
    /// Relations that also feed these columns, at positions that are not known.
    pub(super) blurred: Vec<Arc<RelationName>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Column(Column),
    Star(Star),
}

/// The result of a query, or a relation.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub(super) items: Vec<Item>,
    /// The relations whose rows it is made of.
    pub(super) rows: Vec<Arc<RelationName>>,
    pub(super) influences: Vec<Link>,
    pub(super) base: Option<Arc<RelationName>>,
}
