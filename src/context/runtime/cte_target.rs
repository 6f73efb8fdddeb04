//! An ephemeral model, as the query that needs it sees it.

/// What stands in a query as a CTE.
#[derive(Debug, Clone)]
pub(crate) struct CteTarget {
    pub unique_id: String,
    pub name: String,
}
