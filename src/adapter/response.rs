//! What a statement answered: the server's command tag and, when asked for, its rows.

use super::Cell;

/// dbt's `AdapterResponse`: `INSERT 0 3` with code `INSERT` and 3 rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    pub message: String,
    pub code: String,
    /// -1 where the statement does not count rows, as psycopg2 says it.
    pub rows_affected: i64,
    /// Further numbers of the node's answer, by name.
    pub counts: Vec<(String, i64)>,
}

impl Response {
    pub(crate) fn from_tag(tag: &str) -> Self {
        let words = tag.split_ascii_whitespace().filter(|word| !is_number(word));
        let rows_affected = tag.rsplit(' ').next().and_then(|word| word.parse().ok()).unwrap_or(-1);
        let code = words.collect::<Vec<_>>().join(" ");
        Self { message: tag.to_owned(), code, rows_affected, counts: Vec::new() }
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The rows of a query, typed as psycopg2 would type them.
#[derive(Debug, Clone, Default)]
pub struct ResultSet {
    pub columns: Vec<ResultColumn>,
    pub rows: Vec<Vec<Cell>>,
}

/// A column of a result: its name and the type that the server reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// Second and later columns of one name get dbt's `_2`, `_3`.
    pub name: String,
    pub type_oid: u32,
    pub type_modifier: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_dbts_responses() {
        let parts = |tag| {
            let response = Response::from_tag(tag);
            (response.message, response.code, response.rows_affected)
        };
        assert_eq!(parts("INSERT 0 3"), ("INSERT 0 3".into(), "INSERT".into(), 3));
        assert_eq!(parts("SELECT 5"), ("SELECT 5".into(), "SELECT".into(), 5));
        assert_eq!(parts("CREATE VIEW"), ("CREATE VIEW".into(), "CREATE VIEW".into(), -1));
    }
}
