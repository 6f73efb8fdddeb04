//! A snapshot does not protect from everything: a table that another session truncated, rewrote or put in the place of the read one after
//! the snapshot was taken looks empty or partly empty in it, although it never was for anybody.

use super::origin_table::Table;
use crate::adapter::{Begin, Cell, Fetch, WorkerSession, quote_literal};
use crate::diagnostic::{Diagnostic, Result};

/// After the rows were read, when their tables are locked: each of them, partitions and what views read included, has the file that it
/// had for the snapshot. Catalogs are read as of the snapshot, functions of the server tell what is now.
pub(super) fn require(table: &Table<'_>, session: &WorkerSession) -> Result<()> {
    let query = format!(
        "with recursive reached (relid) as (
           select pg_catalog.to_regclass({name})::pg_catalog.oid
           union
           select below.relid from reached cross join lateral (
             select part.inhrelid as relid from pg_catalog.pg_inherits as part where part.inhparent = reached.relid
             union all
             select used.refobjid from pg_catalog.pg_rewrite as view
             join pg_catalog.pg_class as of_view on of_view.oid = view.ev_class and of_view.relkind = 'v'
             join pg_catalog.pg_depend as used on used.objid = view.oid
               and used.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid
               and used.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
             where view.ev_class = reached.relid
           ) as below
         )
         select reached.relid::pg_catalog.regclass::pg_catalog.text from reached
         left join pg_catalog.pg_class as seen on seen.oid = reached.relid
         where seen.oid is null
           or seen.relfilenode <> 0::pg_catalog.oid
             and seen.relfilenode is distinct from pg_catalog.pg_relation_filenode(reached.relid::pg_catalog.regclass)
           or seen.relkind = 'p' and (
             exists (
               select from pg_catalog.pg_partition_tree(reached.relid::pg_catalog.regclass) as part
               where not exists (select from reached as known where known.relid = part.relid::pg_catalog.oid)
             )
             or exists (
               select from pg_catalog.pg_inherits as part where part.inhparent = reached.relid and not exists (
                 select from pg_catalog.pg_partition_tree(reached.relid::pg_catalog.regclass) as known
                 where known.relid::pg_catalog.oid = part.inhrelid
               )
             )
           )
         order by 1",
        name = quote_literal(&table.name)
    );
    let rows = session.execute(&query, Begin::Auto, Fetch::All)?.1.map(|set| set.rows).unwrap_or_default();
    let names: Vec<String> = rows
        .into_iter()
        .flatten()
        .filter_map(|cell| if let Cell::Text(name) = cell { Some(format!("`{name}`")) } else { None })
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!(
        "{}: {} was truncated, rewritten or replaced after the snapshot of the load was taken, in which its rows are not to be seen; nothing was \
         loaded",
        table.shown(),
        names.join(", ")
    );
    Err(Diagnostic::database("load-origin-rewritten", message)
        .help("run `rsdbt retry`: it takes a new snapshot")
        .boxed())
}
