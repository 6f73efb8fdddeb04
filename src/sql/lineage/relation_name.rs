//! A relation as a query names it, and who knows its columns.

use std::fmt;
use std::sync::Arc;

/// A relation as written in SQL, case folded as Postgres does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelationName {
    pub database: Option<Arc<str>>,
    pub schema: Option<Arc<str>>,
    pub name: Arc<str>,
}

impl RelationName {
    pub(crate) fn new(database: Option<&str>, schema: Option<&str>, name: &str) -> Self {
        Self { database: database.map(Arc::from), schema: schema.map(Arc::from), name: name.into() }
    }
}

impl std::str::FromStr for RelationName {
    type Err = std::convert::Infallible;

    /// A name as SQL writes it: `"db"."schema"."table"`, `schema.table`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = vec![String::new()];
        let mut chars = text.trim().chars().peekable();
        let mut quoted = false;
        while let Some(c) = chars.next() {
            let Some(part) = parts.last_mut() else { break };
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    part.push('"');
                }
                '"' => quoted = !quoted,
                '.' if !quoted => parts.push(String::new()),
                c if quoted => part.push(c),
                c => part.extend(c.to_lowercase()),
            }
        }
        let name = parts.pop().unwrap_or_default();
        let schema = parts.pop();
        let database = parts.pop();
        Ok(Self::new(database.as_deref(), schema.as_deref(), &name))
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

/// The columns of a relation in order, names as Postgres stores them.
pub type ColumnNames = Arc<[Arc<str>]>;

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
