//! The columns of a query at one server, and which of them another one can take as they are on the wire.

use crate::diagnostic::Result;

use super::{Cell, WorkerSession, quote_literal};

/// A column of a query, with its type as any server of PostgreSQL writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SiteColumn {
    pub name: String,
    /// A domain, or an array of one, is its base type by then.
    pub data_type: String,
    shape: Shape,
}

/// Why a column cannot go as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// The other database does not have the type.
    Missing,
    /// It has another one of that name.
    Different,
    /// The values are numbers of objects, which mean others there.
    Reference,
}

/// What a value is made of, whatever its type is called.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    parts: String,
    has_references: bool,
}

/// A row for each type that is asked about: its name, its parts, and whether they refer to objects of the database.
const TYPES: &str = r#"with recursive asked(at, oid, modifier) as (values {asked}),
element(at, oid, modifier, is_domain) as (
  select asked.at, of.typelem, -1, false from asked join pg_catalog.pg_type as of on of.oid operator(pg_catalog.=) asked.oid
  where of.typcategory operator(pg_catalog.=) 'A' and of.typelem operator(pg_catalog.<>) 0::pg_catalog.oid
  union all
  select element.at, of.typbasetype, of.typtypmod, true from element
  join pg_catalog.pg_type as of on of.oid operator(pg_catalog.=) element.oid where of.typtype operator(pg_catalog.=) 'd'
),
part(at, path, oid) as (
  select asked.at, ''::pg_catalog.text collate pg_catalog."C", asked.oid from asked
  union all
  select part.at, pg_catalog.concat(part.path, inside.step) collate pg_catalog."C", inside.oid
  from part join pg_catalog.pg_type as of on of.oid operator(pg_catalog.=) part.oid cross join lateral (
    select '[]'::pg_catalog.text as step, of.typelem as oid
    where of.typcategory operator(pg_catalog.=) 'A' and of.typelem operator(pg_catalog.<>) 0::pg_catalog.oid
    union all
    select '', of.typbasetype where of.typtype operator(pg_catalog.=) 'd'
    union all
    select '..', bounds.rngsubtype from pg_catalog.pg_range as bounds where bounds.rngtypid operator(pg_catalog.=) of.oid
    union all
    select pg_catalog.concat('.', pg_catalog.to_char(field.attnum, 'FM0000'), ' ', field.attname), field.atttypid
    from pg_catalog.pg_attribute as field where of.typtype operator(pg_catalog.=) 'c'
    and field.attrelid operator(pg_catalog.=) of.typrelid and field.attnum operator(pg_catalog.>) 0 and not field.attisdropped
  ) as inside
)
select coalesce(
  (select pg_catalog.concat(pg_catalog.format_type(element.oid, element.modifier), '[]') from element
   join pg_catalog.pg_type as of on of.oid operator(pg_catalog.=) element.oid
   where element.at operator(pg_catalog.=) asked.at and element.is_domain and of.typtype operator(pg_catalog.<>) 'd'),
  pg_catalog.format_type(asked.oid, asked.modifier)),
(select pg_catalog.string_agg(pg_catalog.concat(part.path, ' ',
   case when of.typtype operator(pg_catalog.=) 'c' then 'fields' when of.typcategory operator(pg_catalog.=) 'A' then 'array'
   else pg_catalog.concat(of.typnamespace::pg_catalog.regnamespace::pg_catalog.text, '.', of.typname) end), e'\n' order by part.path)
 from part join pg_catalog.pg_type as of on of.oid operator(pg_catalog.=) part.oid
 where part.at operator(pg_catalog.=) asked.at and of.typtype operator(pg_catalog.<>) 'd'),
exists (select from part join pg_catalog.pg_type as of on of.oid operator(pg_catalog.=) part.oid
 where part.at operator(pg_catalog.=) asked.at and of.typname operator(pg_catalog.~~) 'reg%'
 and of.typnamespace operator(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace::pg_catalog.oid)
from asked order by asked.at"#;

/// The columns of a query, which is not run.
pub(crate) fn columns_of_query(site: &WorkerSession, query: &str) -> Result<Vec<SiteColumn>> {
    let described = site.with(|connection| connection.describe(query))?;
    let types =
        described.iter().map(|column| (format!("{}::pg_catalog.oid", column.type_oid), column.type_modifier));
    let columns = described.iter().zip(types_of(site, types)?);
    Ok(columns
        .map(|(column, (data_type, shape))| {
            let data_type = data_type.unwrap_or_else(|| "unknown".to_owned());
            SiteColumn { name: column.name.clone(), data_type, shape }
        })
        .collect())
}

/// The columns that the other database cannot take.
pub(crate) fn misfits(home: &WorkerSession, columns: &[SiteColumn]) -> Result<Vec<(SiteColumn, Misfit)>> {
    let types = columns.iter().map(|column| {
        (format!("pg_catalog.to_regtype({})::pg_catalog.oid", quote_literal(&column.data_type)), -1)
    });
    let known = types_of(home, types)?;
    let misfit = |column: &SiteColumn, (name, shape): (Option<String>, Shape)| match name {
        None => Some(Misfit::Missing),
        Some(_) if column.shape.has_references => Some(Misfit::Reference),
        Some(_) if column.shape.parts != shape.parts => Some(Misfit::Different),
        Some(_) => None,
    };
    let found = columns.iter().zip(known);
    Ok(found.filter_map(|(column, known)| Some((column.clone(), misfit(column, known)?))).collect())
}

/// Name and shape of each; without a name where the type does not exist.
fn types_of(
    session: &WorkerSession,
    types: impl Iterator<Item = (String, i32)>,
) -> Result<Vec<(Option<String>, Shape)>> {
    let asked: Vec<String> =
        types.enumerate().map(|(at, (oid, modifier))| format!("({at}, {oid}, {modifier})")).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let (_, rows) = session.introspect(&TYPES.replace("{asked}", &asked.join(", ")))?;
    let text = |cell: Option<Cell>| match cell {
        Some(Cell::Text(text)) => Some(text),
        _ => None,
    };
    let rows = rows.unwrap_or_default().rows.into_iter().map(|row| {
        let mut cells = row.into_iter();
        let name = text(cells.next());
        let parts = text(cells.next()).unwrap_or_default();
        (name, Shape { parts, has_references: cells.next() == Some(Cell::Bool(true)) })
    });
    Ok(rows.collect())
}
