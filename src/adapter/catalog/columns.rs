//! The columns of a relation and of a query, typed as dbt's `Column` wants them.

use crate::diagnostic::Result;

use super::super::{Begin, Connection, Fetch};
use super::{Cells, read};

/// A column with the parts of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    pub name: String,
    /// The type without its modifier: `character varying`, `numeric`, `integer[]`.
    pub data_type: String,
    pub char_size: Option<i64>,
    pub numeric_precision: Option<i64>,
    pub numeric_scale: Option<i64>,
}

/// The type's parts, as `information_schema.columns` tells them, of (type, modifier) in `$kind` and `$modifier`.
macro_rules! type_parts {
    () => {
        "pg_catalog.format_type(t.type, null),
        case when t.type in (1042, 1043) and t.modifier > 4 then t.modifier - 4
             when t.type in (1560, 1562) and t.modifier > 0 then t.modifier end,
        case t.type when 21 then 16 when 23 then 32 when 20 then 64 when 700 then 24 when 701 then 53
             when 1700 then case when t.modifier > 4 then ((t.modifier - 4) >> 16) & 65535 end end,
        case when t.type in (20, 21, 23) then 0
             when t.type = 1700 and t.modifier > 4 then (t.modifier - 4) & 65535 end"
    };
}

/// The columns of a relation in order; none when it does not exist. Without a schema the relation is
/// looked up in the session's search path, where temporary tables come first.
pub fn columns(connection: &mut Connection, schema: Option<&str>, name: &str) -> Result<Vec<ColumnInfo>> {
    let sql = concat!(
        "select t.name, ",
        type_parts!(),
        " from (
            select a.attname::text as name, a.attnum as place,
                case when y.typtype = 'd' then y.typbasetype else a.atttypid end as type,
                case when y.typtype = 'd' then y.typtypmod else a.atttypmod end as modifier
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            join pg_catalog.pg_type y on y.oid = a.atttypid
            where c.relname = $2::text and c.relkind in ('r', 'p', 'v', 'm', 'f')
                and case when $1::text = '' then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = $1::text end
        ) t order by t.place"
    );
    read(connection, sql, &[schema.unwrap_or_default(), name], |row| ColumnInfo {
        name: row.text(),
        data_type: row.text(),
        char_size: row.optional_number(),
        numeric_precision: row.optional_number(),
        numeric_scale: row.optional_number(),
    })
}

/// What the server calls the types.
pub fn type_names(connection: &mut Connection, oids: &[u32]) -> Result<Vec<String>> {
    let list: Vec<String> = oids.iter().map(u32::to_string).collect();
    let sql = "select pg_catalog.format_type(t.type, null)
        from unnest($1::oid[]) with ordinality as t (type, place) order by t.place";
    read(connection, sql, &[&format!("{{{}}}", list.join(","))], Cells::text)
}

/// The columns that a query would answer with. `sql` must be one query; it is run, so let it answer no
/// rows (`.. where false limit 0`).
pub fn query_columns(connection: &mut Connection, sql: &str) -> Result<Vec<ColumnInfo>> {
    let (_, set) = connection.execute(sql, Begin::No, Fetch::All)?;
    let columns = set.unwrap_or_default().columns;
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let join = |part: fn(&super::super::ResultColumn) -> i64| {
        let parts: Vec<String> = columns.iter().map(|column| part(column).to_string()).collect();
        format!("{{{}}}", parts.join(","))
    };
    let types = join(|column| column.type_oid.into());
    let modifiers = join(|column| column.type_modifier.into());
    let describe = concat!(
        "select ",
        type_parts!(),
        " from unnest($1::oid[], $2::int[]) with ordinality as t (type, modifier, place) order by t.place"
    );
    let mut names = columns.iter().map(|column| column.name.clone());
    read(connection, describe, &[&types, &modifiers], |row| ColumnInfo {
        name: names.next().unwrap_or_default(),
        data_type: row.text(),
        char_size: row.optional_number(),
        numeric_precision: row.optional_number(),
        numeric_scale: row.optional_number(),
    })
}
