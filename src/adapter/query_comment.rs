//! dbt's query comment, in front of each statement or behind it.

/// dbt's query comment of the node at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryComment {
    pub text: String,
    /// After the statement instead of before it.
    pub append: bool,
}

impl QueryComment {
    pub(super) fn add_to(&self, sql: &str) -> String {
        let text = self.text.trim();
        if text.is_empty() {
            return sql.to_owned();
        }
        if !self.append {
            return format!("/* {text} */\n{sql}");
        }
        let statement = sql.trim_end();
        match statement.strip_suffix(';') {
            Some(statement) => format!("{statement}\n/* {text} */;"),
            None => format!("{statement}\n/* {text} */"),
        }
    }
}
