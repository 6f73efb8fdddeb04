//! Column lineage of one query: from compiled SQL and the columns of the relations that it reads to the
//! edges of each output column. What cannot be resolved is an unknown edge, never a guess.
//!
//! [`trace`] is pure; [`project`] runs it over a whole project in dependency order.

use std::fmt;
use std::sync::Arc;

pub mod project;

/// The columns of a relation in order, names as Postgres stores them.
pub type ColumnNames = Arc<[Arc<str>]>;

/// A relation as written in SQL, case folded as Postgres does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelationName {
    pub database: Option<Arc<str>>,
    pub schema: Option<Arc<str>>,
    pub name: Arc<str>,
}

/// What the caller knows about relations.
pub trait Resolver: Sync {
    /// All columns of the relation in order, or none if they are not known.
    fn columns(&self, relation: &RelationName) -> Option<ColumnNames>;

    /// Whether a CTE of this name stands for a node of its own (dbt inlines ephemeral models as CTEs):
    /// lineage then ends at `RelationName { name }` instead of passing through.
    fn is_inlined_model(&self, _cte: &str) -> bool {
        false
    }
}

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

/// One output column; named `*` where a star could not be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    pub name: Arc<str>,
    pub edges: Vec<Edge>,
}

/// The lineage of one query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    pub columns: Vec<OutputColumn>,
    /// Edges of every output column: the query's filters, joins, groups and orders.
    pub influences: Vec<Edge>,
    /// The relations that the query reads, in order of appearance.
    pub relations: Vec<Arc<RelationName>>,
    /// Set when the query could not be read at all; `columns` is empty then.
    pub failure: Option<String>,
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

impl RelationName {
    pub fn new(database: Option<&str>, schema: Option<&str>, name: &str) -> Self {
        Self { database: database.map(Arc::from), schema: schema.map(Arc::from), name: name.into() }
    }
}

impl fmt::Display for RelationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.database, &self.schema].into_iter().flatten() {
            write!(f, "{part}.")?;
        }
        f.write_str(&self.name)
    }
}

impl Lineage {
    /// Whether the names of all output columns are known.
    pub fn is_complete(&self) -> bool {
        self.failure.is_none() && self.columns.iter().all(|column| &*column.name != "*")
    }
}
