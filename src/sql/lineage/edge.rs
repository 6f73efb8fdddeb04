//! Where an output column comes from, and how.

use super::relation_name::RelationName;
use std::sync::Arc;

/// Which clause makes a column an influence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Clause {
    Filter,
    Join,
    Group,
    Order,
}

/// How an upstream column reaches an output column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EdgeKind {
    /// The value itself, at most renamed.
    Direct,
    /// Part of the expression that makes the value.
    Derived,
    /// Not in the value: it decides which rows there are, or their grouping or order.
    Influence(Clause),
}

/// Where an edge starts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    Column {
        relation: Arc<RelationName>,
        column: Arc<str>,
    },
    /// The rows as such, as in `count(*)`.
    Rows {
        relation: Arc<RelationName>,
    },
    /// Not resolvable: `relations` are those it may come from, if that much is known.
    Unknown {
        what: Arc<str>,
        relations: Vec<Arc<RelationName>>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edge {
    pub origin: Origin,
    pub kind: EdgeKind,
}

impl EdgeKind {
    pub fn label(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Derived => "derived",
            Self::Influence(Clause::Filter) => "filter",
            Self::Influence(Clause::Join) => "join",
            Self::Influence(Clause::Group) => "group",
            Self::Influence(Clause::Order) => "order",
        }
    }
}
