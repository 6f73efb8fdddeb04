//! Column lineage of one query: from compiled SQL and the columns of the relations that it reads to the
//! edges of each output column. What cannot be resolved is an unknown edge, never a guess.
//!
//! [`trace`] is pure; [`project`] runs it over a whole project in dependency order.

mod expression;
mod ledger;
mod name;
mod query;
mod scope;
mod source;
pub(super) mod tokens;

pub(crate) mod project;

pub(super) use expression::parts;
pub(super) use name::output_name;
pub(super) use scope::fold;

use ledger::Ledger;
use scope::{Environment, Item, Place};
use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::fmt;
use std::sync::Arc;

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
                ([scope::Open::Relation(relation)], []) => vec![ledger.column(relation, &star_name)],
                _ => scope::star_links(star, "*", ledger),
            };
            OutputColumn { name: star_name, edges: ledger.edges(&links) }
        }
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
