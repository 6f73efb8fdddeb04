//! What a query may read, and what its functions promise.

use crate::hashed::HashSet;

use super::super::RelationName;

/// The staging table, and what its query must keep apart.
#[derive(Debug, Clone)]
pub(crate) struct Staging {
    pub relation: RelationName,
    /// All columns in order.
    pub columns: Vec<String>,
    /// The key's columns in the query's result.
    pub key: Vec<String>,
    /// The column of the query's result by which the newest row of a key is known.
    pub newest: String,
}

/// What the catalog says about the functions that the query calls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Functions {
    pub aggregates: HashSet<String>,
    pub set_returning: HashSet<String>,
}
