//! A schema `rsdbt` of another owner is set aside; what that owner could have written by right comes with.

use crate::adapter::{quote_identifier, quote_literal};

/// What it is called then, in the statements for a superuser.
pub(super) const ASIDE: &str = "rsdbt_set_aside";

/// The tables that hold something of a role: of its relations, its logs or its jobs.
const TABLES: [(&str, Of); 11] = [
    ("relations", Of::Relation("relation")),
    ("periods", Of::Known),
    ("builds", Of::Known),
    ("built", Of::Known),
    ("loads", Of::Known),
    ("tombstones", Of::Relation("tombstones")),
    ("logs", Of::Log),
    ("intervals", Of::Job),
    ("past_intervals", Of::Job),
    ("jobs", Of::Job),
    ("progress", Of::Job),
];

/// By what a row is the owner's.
#[derive(Clone, Copy)]
enum Of {
    /// A column has the oid of a relation.
    Relation(&'static str),
    /// The relation has come with.
    Known,
    /// A log that the owner may delete from, and a consumer of its own.
    Log,
    /// A column has the name of the role.
    Job,
}

/// Statements that copy its rows, for a superuser. They run nobody's code: only plain tables with the columns of ours are read, and
/// none can become another meanwhile.
pub(super) fn copies(aside: &str) -> Vec<String> {
    TABLES.iter().map(|(table, of)| copy(aside, table, *of)).collect()
}

fn copy(aside: &str, table: &str, of: Of) -> String {
    let there = format!("{}.{table}", quote_identifier(aside));
    let same = same_columns(aside, table);
    let condition = condition(aside, of);
    let body = format!(
        "begin if {same} then lock table {there} in access share mode; \
         if {same} then insert into rsdbt.{table} select * from {there} where {condition}; end if; end if; end"
    );
    format!("do {}", quote_literal(&body))
}

fn condition(aside: &str, of: Of) -> String {
    let owner =
        format!("(select nspowner from pg_catalog.pg_namespace where nspname = {})", quote_literal(aside));
    let relations = format!(
        "(select oid from pg_catalog.pg_class where pg_catalog.pg_has_role({owner}, relowner, 'USAGE'))"
    );
    match of {
        Of::Relation(column) => format!("{column} in {relations}"),
        Of::Known => "relation in (select relation from rsdbt.relations)".to_owned(),
        Of::Log => format!(
            "consumer in {relations} and coalesce(pg_catalog.has_table_privilege({owner}, log, 'DELETE'), true)"
        ),
        Of::Job => format!(
            "role in (select rolname::text from pg_catalog.pg_roles where pg_catalog.pg_has_role({owner}, oid, 'USAGE'))"
        ),
    }
}

fn same_columns(aside: &str, table: &str) -> String {
    let columns = |schema: &str| {
        format!(
            "(select pg_catalog.array_agg(a.attname::text || ' ' || a.atttypid order by a.attnum) \
             from pg_catalog.pg_attribute as a join pg_catalog.pg_class as c on c.oid = a.attrelid \
             join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
             where n.nspname = {} and c.relname = {} and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped)",
            quote_literal(schema),
            quote_literal(table)
        )
    };
    format!("{} = {}", columns(aside), columns("rsdbt"))
}
