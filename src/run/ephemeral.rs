//! Ephemeral models: their queries stand as CTEs `__dbt__cte__x` before the query that uses them.

use crate::context::objects::Relation;

/// One ephemeral model's query, under the name that the user of it writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cte {
    pub(super) unique_id: String,
    /// ` __dbt__cte__x as (\n..\n)`
    pub(super) sql: String,
}

impl Cte {
    pub(super) fn new(unique_id: &str, identifier: &str, query: &str) -> Self {
        Self {
            unique_id: unique_id.to_owned(),
            sql: format!(" {} as (\n{query}\n)", Relation::ephemeral_name(identifier)),
        }
    }

    pub(super) fn query(&self) -> &str {
        let inner = self.sql.split_once('\n').map_or("", |(_, inner)| inner);
        inner.strip_suffix("\n)").unwrap_or(inner)
    }
}

/// Adds the CTEs to a query, before those that it has itself.
pub(super) fn inject(query: &str, ctes: &[Cte]) -> String {
    if ctes.is_empty() {
        return query.to_owned();
    }
    let list = ctes.iter().map(|cte| cte.sql.as_str()).collect::<Vec<_>>().join(", ");
    match with_clause(query) {
        // dbt: the blanks after `with` stay before the list
        Some(with) => {
            let rest = query[with.after..].trim_start();
            format!("{}{list}, {rest}", &query[..query.len() - rest.len()])
        }
        None => {
            let start = query.len() - query.trim_start().len();
            format!("{}with{list} {}", &query[..start], &query[start..])
        }
    }
}

struct WithClause {
    /// Where the list of CTEs begins.
    after: usize,
}

/// The `with` (or `with recursive`) that begins the query, behind blanks and comments.
fn with_clause(query: &str) -> Option<WithClause> {
    let start = skip_blanks(query, 0);
    let after = keyword(query, start, "with")?;
    let next = skip_blanks(query, after);
    let after = keyword(query, next, "recursive").unwrap_or(after);
    Some(WithClause { after })
}

fn keyword(query: &str, at: usize, word: &str) -> Option<usize> {
    let end = at + word.len();
    let found = query.get(at..end)?.eq_ignore_ascii_case(word);
    let boundary = query[end..].chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '_');
    (found && boundary).then_some(end)
}

fn skip_blanks(query: &str, mut at: usize) -> usize {
    loop {
        let rest = &query[at..];
        let blank = rest.len() - rest.trim_start().len();
        at += blank;
        let rest = &query[at..];
        if rest.starts_with("--") {
            at += rest.find('\n').map_or(rest.len(), |end| end + 1);
        } else if rest.starts_with("/*") {
            at += block_comment(rest);
        } else {
            return at;
        }
    }
}

/// The length of a comment that may hold further comments.
fn block_comment(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ctes() -> Vec<Cte> {
        vec![Cte::new("model.p.e", "e", "select 1")]
    }

    #[test]
    fn a_query_without_ctes_gets_a_with() {
        assert_eq!(
            inject("\nselect * from __dbt__cte__e", &ctes()),
            "\nwith __dbt__cte__e as (\nselect 1\n) select * from __dbt__cte__e"
        );
    }

    #[test]
    fn a_query_with_ctes_keeps_them_behind() {
        assert_eq!(
            inject("-- with x\n/* a /* b */ */ WITH q as (select 2) select 3", &ctes()),
            "-- with x\n/* a /* b */ */ WITH  __dbt__cte__e as (\nselect 1\n), q as (select 2) select 3"
        );
        assert!(
            inject("with recursive q as (..) ", &ctes()).starts_with("with recursive  __dbt__cte__e as (")
        );
        assert!(inject("without_it", &ctes()).starts_with("with __dbt__cte__e as (\nselect 1\n) without_it"));
    }
}
