//! A snapshot does not protect from everything: a table that another session truncated, rewrote or put in the place of the read one after
//! the snapshot was taken looks empty or partly empty in it, although it never was for anybody.

use super::{Begin, Cell, Fetch, WorkerSession};
use crate::diagnostic::Result;

/// Of the tables that the session's open transaction has read, and so has locked, those that have not the file, or as partitioned tables the
/// partitions, that they had for its snapshot. Catalogs are read as of the snapshot, functions of the server tell what is now.
pub(crate) fn outlived_tables(session: &WorkerSession) -> Result<Vec<String>> {
    let query = "with recursive held (relid) as (
           select distinct known.relation from pg_catalog.pg_locks as known
           where known.pid = pg_catalog.pg_backend_pid() and known.locktype = 'relation' and known.relation >= 16384::pg_catalog.oid
             and known.database = (select own.oid from pg_catalog.pg_database as own where own.datname = pg_catalog.current_database())
         ),
         reached (root, relid) as (
           select held.relid, held.relid from held
           join pg_catalog.pg_class as whole on whole.oid = held.relid and (whole.relkind = 'p' or whole.relkind = 'r' and whole.relhassubclass)
           union
           select above.root, part.inhrelid from reached as above
           join pg_catalog.pg_inherits as part on part.inhparent = above.relid
         )
         select held.relid::pg_catalog.regclass::pg_catalog.text from held
         left join pg_catalog.pg_class as seen on seen.oid = held.relid
         where seen.oid is null
           or seen.relfilenode <> 0::pg_catalog.oid
             and seen.relfilenode is distinct from pg_catalog.pg_relation_filenode(held.relid::pg_catalog.regclass)
           or seen.relkind = 'r' and exists (
             select from reached join pg_catalog.pg_class as heir on heir.oid = reached.relid
             where reached.root = held.relid and heir.relfilenode <> 0::pg_catalog.oid
               and heir.relfilenode is distinct from pg_catalog.pg_relation_filenode(heir.oid::pg_catalog.regclass)
           )
           or seen.relkind = 'p' and (
             exists (
               select from pg_catalog.pg_partition_tree(held.relid::pg_catalog.regclass) as part
               where not exists (
                 select from reached where reached.root = held.relid and reached.relid = part.relid::pg_catalog.oid
               )
             )
             or exists (
               select from reached where reached.root = held.relid and not exists (
                 select from pg_catalog.pg_partition_tree(held.relid::pg_catalog.regclass) as part
                 where part.relid::pg_catalog.oid = reached.relid
               )
             )
           )
         order by 1";
    let rows = session.execute(query, Begin::Auto, Fetch::All)?.1.map(|set| set.rows).unwrap_or_default();
    let name = |cell| if let Cell::Text(name) = cell { Some(format!("`{name}`")) } else { None };
    Ok(rows.into_iter().flatten().filter_map(name).collect())
}
