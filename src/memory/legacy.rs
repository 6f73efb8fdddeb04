//! Takes over what earlier versions remembered in `<target schema>_rsdbt`.

use super::statement::run;
use crate::adapter::{Connection, Settings, quote_identifier, quote_literal};
use crate::diagnostic::Result;

pub(super) fn schema(settings: &Settings) -> String {
    format!("{}_rsdbt", settings.schema)
}

/// The fingerprints of relations that exist and that the role can act for, the intervals, then the tables go.
pub(super) fn take_over(connection: &mut Connection) -> Result<()> {
    let target_schema = connection.settings().schema.clone();
    let schema = schema(connection.settings());
    let quoted = quote_identifier(&schema);
    if has_table(connection, &schema, "partition_fingerprints")? {
        run(connection, &format!("lock table {quoted}.partition_fingerprints in access exclusive mode"))?;
        let known = known(&quoted);
        run(
            connection,
            &format!(
                "insert into rsdbt.relations (relation, schema_name, relation_name, adopted) \
                 select distinct relation, schema_name, relation_name, true from ({known}) as known on conflict do nothing"
            ),
        )?;
        run(
            connection,
            &format!(
                "insert into rsdbt.periods (relation, input, period, row_count, checksum) \
                 select relation, input, period, row_count, checksum from ({known}) as known \
                 where relation in (select relation from rsdbt.relations where adopted) on conflict do nothing"
            ),
        )?;
        run(connection, &format!("drop table {quoted}.partition_fingerprints"))?;
    }
    if has_table(connection, &schema, "schedule_intervals")? {
        run(connection, &format!("lock table {quoted}.schedule_intervals in access exclusive mode"))?;
        // whoever made the table ran the jobs
        let role = format!(
            "(select o.rolname::text from pg_catalog.pg_class as c join pg_catalog.pg_roles as o on o.oid = c.relowner \
             join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where n.nspname = {} and c.relname = 'schedule_intervals')",
            quote_literal(&schema)
        );
        let target_schema = quote_literal(&target_schema);
        run(
            connection,
            &format!(
                "insert into rsdbt.jobs (role, project, schema_name) \
                 select distinct {role}, project, {target_schema} from {quoted}.schedule_intervals on conflict do nothing"
            ),
        )?;
        run(
            connection,
            &format!(
                "insert into rsdbt.intervals \
                 (role, project, schema_name, task, logical_time, state, attempt, not_before, started_at, ended_at, message) \
                 select {role}, project, {target_schema}, task, logical_time, state, attempt, not_before, started_at, ended_at, message \
                 from {quoted}.schedule_intervals on conflict do nothing"
            ),
        )?;
        run(connection, &format!("drop table {quoted}.schedule_intervals"))?;
    }
    connection.attempt(&format!("drop schema {quoted}"), &["2BP01", "42501"]).map(drop)
}

/// `model` is the name as it was rendered, with the database and with or without quotes.
fn known(quoted: &str) -> String {
    format!(
        "select c.oid as relation, n.nspname::text as schema_name, c.relname::text as relation_name, f.input, f.period, f.row_count, f.checksum \
         from {quoted}.partition_fingerprints as f \
         cross join lateral (select pg_catalog.parse_ident(f.model) as parts) as named \
         join pg_catalog.pg_namespace as n on n.nspname = named.parts[pg_catalog.cardinality(named.parts) - 1] \
         join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = named.parts[pg_catalog.cardinality(named.parts)] \
         where f.input is not null and f.row_count is not null and pg_catalog.pg_has_role(c.relowner, 'USAGE')"
    )
}

fn has_table(connection: &mut Connection, schema: &str, table: &str) -> Result<bool> {
    let query = "select from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
        where n.nspname = $1::text and c.relname = $2::text and c.relkind = 'r' and pg_catalog.pg_has_role(c.relowner, 'USAGE')";
    Ok(!connection.query(query, &[schema, table])?.rows.is_empty())
}
