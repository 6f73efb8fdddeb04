//! The whole catalog for `docs generate`: tables, columns, types, comments and owners by one query.

use crate::diagnostic::Result;

use super::super::Connection;
use super::{array_parameter, read};

/// A relation as `catalog.json` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogTable {
    pub schema: String,
    pub name: String,
    /// dbt's words: `BASE TABLE`, `VIEW`, `MATERIALIZED VIEW`.
    pub kind: String,
    pub owner: Option<String>,
    pub comment: Option<String>,
    pub columns: Vec<CatalogColumn>,
    /// Only macros of a project give any.
    pub statistics: Vec<CatalogStatistic>,
}

/// A number or text about a relation, for its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogStatistic {
    pub id: String,
    pub label: String,
    pub value: serde_json::Value,
    pub description: Option<String>,
}

/// A column as `catalog.json` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogColumn {
    pub index: i64,
    pub name: String,
    /// With its modifier: `character varying(20)`.
    pub data_type: String,
    pub comment: Option<String>,
}

/// All permanent relations of the schemas; their names match in any letter case, as dbt matches them.
pub(crate) fn documentation<S: AsRef<str>>(
    connection: &mut Connection,
    schemas: &[S],
) -> Result<Vec<CatalogTable>> {
    let sql = "select n.nspname::text, c.relname::text,
            case c.relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' else 'BASE TABLE' end,
            pg_catalog.pg_get_userbyid(c.relowner)::text,
            pg_catalog.obj_description(c.oid, 'pg_class'),
            a.attnum, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod),
            pg_catalog.col_description(c.oid, a.attnum)
        from pg_catalog.pg_namespace n
        join pg_catalog.pg_class c on c.relnamespace = n.oid
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where pg_catalog.lower(n.nspname::pg_catalog.text) = any($1::pg_catalog.text[]) and c.relkind in ('r', 'p', 'v', 'm', 'f')
            and c.relpersistence in ('p', 'u')
        order by 1, 2, 6";
    let schemas: Vec<String> = schemas.iter().map(|schema| schema.as_ref().to_lowercase()).collect();
    let mut tables: Vec<CatalogTable> = Vec::new();
    read(connection, sql, &[&array_parameter(&schemas)], |row| {
        let table = CatalogTable {
            schema: row.text(),
            name: row.text(),
            kind: row.text(),
            owner: row.optional_text(),
            comment: row.optional_text(),
            columns: Vec::new(),
            statistics: Vec::new(),
        };
        let column = CatalogColumn {
            index: row.number(),
            name: row.text(),
            data_type: row.text(),
            comment: row.optional_text(),
        };
        match tables.last_mut() {
            Some(last) if last.name == table.name && last.schema == table.schema => last.columns.push(column),
            _ => tables.push(CatalogTable { columns: vec![column], ..table }),
        }
    })?;
    Ok(tables)
}
