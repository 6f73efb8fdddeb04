//! Column lineage of one query: from compiled SQL and the columns of the relations that it reads to the
//! edges of each output column. What cannot be resolved is an unknown edge, never a guess.
//!
//! [`trace`] is pure; [`project`] runs it over a whole project in dependency order.

mod edge;
mod expression;
mod fold;
mod ledger;
mod link;
mod name;
mod query;
mod relation_name;
mod scope;
mod source;
mod table;
pub(super) mod tokens;

pub(crate) mod project;

pub(crate) use edge::Clause;
pub use edge::{Edge, EdgeKind, Origin};
pub(super) use fold::{fold, parts};
pub(super) use name::output_name;
pub use relation_name::{ColumnNames, RelationName, Resolver};

use ledger::Ledger;
use scope::{Environment, Place};
use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::sync::Arc;
use table::Item;

/// How deep a query may nest; Postgres itself stops at a few thousand.
const NESTING: usize = 300;

/// The lineage of one query.
pub fn trace(sql: &str, resolver: &dyn Resolver) -> Lineage {
    let failed = |message: String| Lineage { failure: Some(message), ..Lineage::default() };
    let tokens = match tokens::tokens(sql) {
        Ok(tokens) => tokens,
        Err(message) => return failed(message),
    };
    let parser = Parser::new(&PostgreSqlDialect {}).with_recursion_limit(NESTING);
    let statements = match parser.with_tokens_with_locations(tokens).parse_statements() {
        Ok(statements) => statements,
        Err(error) => return failed(error.to_string()),
    };
    let query = match statements.as_slice() {
        [Statement::Query(query)] => query,
        [] => return failed("there is no statement".to_owned()),
        [_] => return failed("the statement is not a query".to_owned()),
        _ => return failed("there is more than one statement".to_owned()),
    };
    let mut ledger = Ledger::new(resolver);
    let environment = Environment::default();
    let table = ledger.query(query, Place { scope: None, environment: &environment });
    let columns = table.items.iter().map(|item| output(item, &mut ledger)).collect();
    let influences = ledger.edges(&table.influences);
    Lineage { columns, influences, relations: ledger.into_relations(), failure: None }
}

fn output(item: &Item, ledger: &mut Ledger<'_>) -> OutputColumn {
    match item {
        Item::Column(column) => {
            OutputColumn { name: Arc::clone(&column.name), edges: ledger.edges(&column.links) }
        }
        Item::Star(star) => {
            let star_name: Arc<str> = "*".into();
            let links = match (star.candidates.as_slice(), star.blurred.as_slice()) {
                // Every column of this one relation under its own name.
                ([table::Open::Relation(relation)], []) => vec![ledger.column(relation, &star_name)],
                _ => scope::star_links(star, "*", ledger),
            };
            OutputColumn { name: star_name, edges: ledger.edges(&links) }
        }
    }
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

impl Lineage {
    /// Whether the names of all output columns are known.
    pub(crate) fn is_complete(&self) -> bool {
        self.failure.is_none() && self.columns.iter().all(|column| &*column.name != "*")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Resolver for Nothing {
        fn columns(&self, _: &RelationName) -> Option<ColumnNames> {
            None
        }
    }

    #[test]
    fn names_are_read_as_sql_writes_them() {
        for (text, expected) in [
            (r#""Db"."s""x"."a.b""#, RelationName::new(Some("Db"), Some("s\"x"), "a.b")),
            ("Shop.Orders", RelationName::new(None, Some("shop"), "orders")),
            ("orders", RelationName::new(None, None, "orders")),
        ] {
            assert_eq!(text.parse::<RelationName>(), Ok(expected));
        }
    }

    #[test]
    fn long_chains_neither_fail_nor_overflow() {
        let terms: Vec<String> = (0..3000).map(|i| format!("a = {i}")).collect();
        let lineage = trace(&format!("select a from t where {}", terms.join(" or ")), &Nothing);
        assert_eq!(lineage.influences.len(), 1);
        let parts: Vec<&str> = (0..3000).map(|_| "select a from t").collect();
        let lineage = trace(&parts.join(" union all "), &Nothing);
        assert_eq!(lineage.columns[0].edges.len(), 1);
        let nested = |depth| format!("select {}a{} from t", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(trace(&nested(100), &Nothing).columns[0].edges.len(), 1);
        assert!(trace(&nested(5000), &Nothing).failure.is_some());
    }
}
