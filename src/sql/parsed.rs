//! A query as a tree beside its own text, for what adds to the text: `consume` and `restrict`.

use std::thread;

use sqlparser::ast::{Query, Statement};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::lineage::tokens;
use super::text::Text;

/// How deep a query may nest.
const NESTING: usize = 300;

/// sqlparser's trees are walked and dropped recursively: long expressions need depth.
const STACK: usize = 64 << 20;

pub(super) fn on_deep_stack<T: Send>(work: impl FnOnce() -> Result<T, String> + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let worker = thread::Builder::new().stack_size(STACK).name("query".to_owned());
        let worker = worker.spawn_scoped(scope, work).map_err(|error| error.to_string())?;
        worker.join().unwrap_or_else(|_| Err("it cannot be parsed (the SQL parser failed)".to_owned()))
    })
}

/// The one query of the text, or why there is none.
pub(super) fn parse(sql: &str) -> Result<(Box<Query>, Text<'_>), String> {
    let tokens = tokens::tokens(sql)?;
    let text = Text::new(sql, &tokens);
    let parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(NESTING);
    let statements = parser.with_tokens_with_locations(tokens).parse_statements();
    let mut statements = statements.map_err(|error| format!("it cannot be parsed ({error})"))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) => Ok((query, text)),
        _ => Err("it is not a single query".to_owned()),
    }
}
