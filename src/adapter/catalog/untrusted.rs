//! Code that hangs on a relation of another role: whoever writes into the relation runs it, with all rights of his own.
//!
//! Found by walking pg_depend from what belongs to the relation. The server's own functions have no rows there; they
//! are read out of the stored expressions.

use super::super::Connection;
use super::read;
use crate::diagnostic::Result;

/// Whether a role (`owner`, of pg_roles) can have no more rights by another's run than it has: it could get them
/// anyway. `d` is the row of pg_database, `n` the schema's.
macro_rules! trusted_owner {
    () => {
        "(owner.rolsuper or owner.rolcreaterole or owner.rolname = current_user
            or pg_catalog.pg_has_role(owner.oid, current_user, 'MEMBER')
            or pg_catalog.pg_has_role(owner.oid, d.datdba, 'MEMBER')
            or pg_catalog.pg_has_role(owner.oid, n.nspowner, 'MEMBER'))"
    };
}
pub(super) use trusted_owner;

/// What runs a function of others when somebody writes into a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UntrustedCode {
    /// Quoted, as all names here.
    pub relation: String,
    pub owner: String,
    /// `trigger audit on shop.orders`
    pub part: String,
    pub function: String,
    pub function_owner: String,
    /// Then it is what the function does for the texts of others that is not.
    pub is_owner_trusted: bool,
    /// SECURITY DEFINER, with the rights of another role than the one that asks.
    pub is_definer: bool,
    /// The role that asks.
    pub role: String,
    pub is_foreign: bool,
}

/// What a node does with the relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    Any,
    /// Rows are deleted, and nothing is carried over.
    Deletes,
}

/// Whether the relation needs no look at what hangs on it. One that does not exist does not.
pub(crate) fn is_trusted(connection: &mut Connection, schema: &str, name: &str) -> Result<bool> {
    let sql = format!(
        "select {} and not c.relhassubclass and c.oid not in (select inhrelid from pg_catalog.pg_inherits)
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_roles owner on owner.oid = c.relowner
        join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
        where n.nspname = $1::pg_catalog.name and c.relname = $2::pg_catalog.name",
        trusted_owner!()
    );
    Ok(read(connection, &sql, &[schema, name], super::Cells::flag)?.into_iter().all(|trusted| trusted))
}

/// Whether it is a table that the role may write into.
pub(crate) fn is_writable(connection: &mut Connection, schema: &str, name: &str) -> Result<bool> {
    let sql = "select pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1::pg_catalog.name and c.relname = $2::pg_catalog.name and c.relkind in ('r', 'p')";
    Ok(read(connection, sql, &[schema, name], super::Cells::flag)?.contains(&true))
}

/// Functions of the server that an expression of anybody may call. What they give does not depend on whose session it is, or the session's role
/// has said it to everybody (`pg_backend_pid` is in pg_stat_activity). Not so `inet_client_addr` and `current_query`, which others see of
/// their own sessions only, and `current_setting`.
const HARMLESS: &str = "array['nextval', 'currval', 'lastval', 'random', 'gen_random_uuid', 'uuidv4', 'uuidv7',
    'clock_timestamp', 'timeofday', 'pg_current_xact_id', 'txid_current', 'suppress_redundant_updates_trigger',
    'tsvector_update_trigger', 'tsvector_update_trigger_column', 'concat', 'concat_ws', 'format', 'textanycat',
    'anytextcat', 'quote_literal', 'quote_nullable', 'array_to_string', 'current_schema',
    'pg_has_role', 'pg_typeof', 'to_char', 'to_number', 'to_tsvector', 'to_json', 'to_jsonb', 'row_to_json',
    'array_to_json', 'json_build_object', 'jsonb_build_object', 'json_build_array', 'jsonb_build_array',
    'uuid_generate_v1', 'uuid_generate_v1mc', 'uuid_generate_v4', 'pg_backend_pid', 'version', 'current_database',
    'inet_server_addr', 'inet_server_port', 'pg_current_wal_lsn', 'pg_current_wal_insert_lsn', 'pg_current_wal_flush_lsn',
    'pg_is_in_recovery', 'pg_trigger_depth', 'txid_current_if_assigned', 'pg_current_xact_id_if_assigned']::pg_catalog.name[]";

/// Of a relation and of those above and below it by inheritance or partitioning. Empty when the owners are trusted.
///
/// An owner may attach his own code; of the code of those who are trusted what he could not call, or what carries out
/// texts (`query_to_xml`, `dblink_exec`), since the texts are his.
pub(crate) fn untrusted_code(
    connection: &mut Connection,
    schema: &str,
    name: &str,
    writes: Writes,
) -> Result<Vec<UntrustedCode>> {
    let sql = format!(
        "with recursive root as materialized (
            select c.oid, c.relkind, n.nspowner
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = $1::pg_catalog.name and c.relname = $2::pg_catalog.name and c.relkind <> 'v'
        ),
        family (id, is_up) as (
            select root.oid, up.up from root, (values (true), (false)) as up (up)
            union
            select next.id, family.is_up
            from family
            cross join lateral (
                select i.inhparent from pg_catalog.pg_inherits i where family.is_up and i.inhrelid = family.id
                union all
                select i.inhrelid from pg_catalog.pg_inherits i where not family.is_up and i.inhparent = family.id
            ) as next (id)
        ),
        untrusted as materialized (
            select distinct c.oid as id, c.relowner as owner_id
            from family
            join pg_catalog.pg_class c on c.oid = family.id
            join pg_catalog.pg_roles owner on owner.oid = c.relowner
            join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
            cross join root n
            where not {is_trusted}
        ),
        reached (relation_id, owner_id, part_class, part_id, part_number, class, id) as (
            select u.id, u.owner_id, null::pg_catalog.oid, null::pg_catalog.oid, 0, {class}, u.id
            from untrusted u
            union
            select r.relation_id, r.owner_id, coalesce(r.part_class, case when step.number <> 0 then r.class else step.class end),
                coalesce(r.part_id, case when step.number <> 0 then r.id else step.id end),
                case when r.part_class is null then step.number else r.part_number end, step.class, step.id
            from reached r
            cross join lateral ({parts} union all {uses}) as step (class, id, number)
            where r.class <> {proc}{first}
        ),
        used (relation_id, owner_id, part_class, part_id, part_number, id) as (
            select relation_id, owner_id, part_class, part_id, part_number, id from reached where class = {proc}
            union
            select r.relation_id, r.owner_id, coalesce(r.part_class, r.class), coalesce(r.part_id, r.id), r.part_number, called.id[1]::pg_catalog.oid
            from reached r
            cross join lateral ({trees}) as stored (tree)
            cross join lateral pg_catalog.regexp_matches(stored.tree, ':(?:funcid|aggfnoid|winfnoid) (\\d+)', 'g') as called (id)
            {rest}
        )
        select distinct
            (pg_catalog.pg_identify_object({class}, used.relation_id, 0)).identity, pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(used.owner_id)::text),
            part.type || ' ' || part.identity,
            (pg_catalog.pg_identify_object({proc}, f.oid, 0)).identity, pg_catalog.quote_ident(owner.rolname::text), {is_trusted},
            f.prosecdef and owner.rolname <> current_user,
            pg_catalog.quote_ident(current_user::text), (select relkind = 'f' from pg_catalog.pg_class where oid = used.relation_id)
        from used
        join pg_catalog.pg_proc f on f.oid = used.id
        join pg_catalog.pg_roles owner on owner.oid = f.proowner
        join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
        cross join root n
        cross join lateral pg_catalog.pg_identify_object(used.part_class, used.part_id, used.part_number) as part
        where not ({is_trusted} and pg_catalog.has_function_privilege(used.owner_id, f.oid, 'EXECUTE') and (
            f.provolatile = 'i' or f.proname = any ({HARMLESS})
            or f.oid >= 16384::pg_catalog.oid and f.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype::pg_catalog.oid
            or f.oid < 16384::pg_catalog.oid and f.provolatile = 's' and exists (
                select from pg_catalog.unnest(pg_catalog.array_append(f.proargtypes::pg_catalog.oid[], f.prorettype)) as type (id)
                join pg_catalog.pg_type t on t.oid = type.id
                where t.typcategory in ('D', 'T')
            )
        ))
        order by 1, 3, 4",
        is_trusted = trusted_owner!(),
        class = catalog("pg_class"),
        proc = catalog("pg_proc"),
        rest = if writes == Writes::Deletes { "where r.part_class is not null" } else { "" },
        first = match writes {
            Writes::Any => String::new(),
            Writes::Deletes => format!(
                " and (r.part_class is not null or step.class in ({}, {}, {}))",
                catalog("pg_trigger"),
                catalog("pg_rewrite"),
                catalog("pg_policy")
            ),
        },
        parts = parts(writes),
        uses = uses(writes),
        trees = trees(),
    );
    read(connection, &sql, &[schema, name], |row| UntrustedCode {
        relation: row.text(),
        owner: row.text(),
        part: row.text(),
        function: row.text(),
        function_owner: row.text(),
        is_owner_trusted: row.flag(),
        is_definer: row.flag(),
        role: row.text(),
        is_foreign: row.flag(),
    })
}

fn catalog(name: &str) -> String {
    format!("'pg_catalog.{name}'::pg_catalog.regclass::pg_catalog.oid")
}

/// What belongs to an object and runs with it. The query of a relation that is replaced does not.
fn parts(writes: Writes) -> String {
    let of = |owner: &str, class: &str, column: &str, condition: &str| {
        format!(
            "select {}, part.oid, 0 from pg_catalog.{class} part where r.class = {} and part.{column} = r.id{condition}",
            catalog(class),
            catalog(owner)
        )
    };
    let of_deletes = match writes {
        Writes::Any => "",
        Writes::Deletes => {
            " and (r.part_class is not null or part.tgtype & 8::pg_catalog.int2 <> 0::pg_catalog.int2)"
        }
    };
    [
        of("pg_class", "pg_trigger", "tgrelid", &format!(" and not part.tgisinternal{of_deletes}")),
        of("pg_class", "pg_rewrite", "ev_class", " and not (part.rulename = '_RETURN' and r.id = r.relation_id)"),
        of("pg_class", "pg_policy", "polrelid", ""),
        of("pg_class", "pg_attrdef", "adrelid", ""),
        of("pg_class", "pg_constraint", "conrelid", ""),
        of("pg_class", "pg_statistic_ext", "stxrelid", ""),
        format!(
            "select {0}, part.indexrelid, 0 from pg_catalog.pg_index part where r.class = {0} and part.indrelid = r.id",
            catalog("pg_class")
        ),
        format!(
            "select {0}, part.inhrelid, 0 from pg_catalog.pg_inherits part
             where r.class = {0} and r.part_class is not null and part.inhparent = r.id",
            catalog("pg_class")
        ),
        of("pg_type", "pg_constraint", "contypid", ""),
        format!(
            "select {1}, part.atttypid, 0 from pg_catalog.pg_type t join pg_catalog.pg_attribute part on part.attrelid = t.typrelid
             where r.class = {0} and t.oid = r.id and t.typrelid <> 0::pg_catalog.oid and part.attnum > 0 and not part.attisdropped",
            catalog("pg_type"),
            catalog("pg_type")
        ),
        format!(
            "select {1}, part.castfunc, 0 from pg_catalog.pg_cast part
             where r.class = {0} and r.id in (part.castsource, part.casttarget) and part.castfunc <> 0::pg_catalog.oid",
            catalog("pg_type"),
            catalog("pg_proc")
        ),
        format!(
            "select {1}, called.id, 0 from pg_catalog.pg_operator part
             cross join lateral (values (part.oprcode::pg_catalog.oid), (part.oprrest::pg_catalog.oid), (part.oprjoin::pg_catalog.oid)) as called (id)
             where r.class = {0} and part.oid = r.id and called.id <> 0::pg_catalog.oid",
            catalog("pg_operator"),
            catalog("pg_proc")
        ),
        format!(
            "select {1}, part.tgfoid, 0 from pg_catalog.pg_trigger part where r.class = {0} and part.oid = r.id",
            catalog("pg_trigger"),
            catalog("pg_proc")
        ),
    ]
    .join(" union all ")
}

/// What an object refers to. A rule writes into other relations, and a view in it is expanded. What belongs to the relation itself is
/// found as such, unless only a rule leads there.
fn uses(writes: Writes) -> String {
    let others = if writes == Writes::Any { " and link.refobjid <> r.relation_id" } else { "" };
    format!(
        "select link.refclassid, link.refobjid, link.objsubid
         from pg_catalog.pg_depend link
         where link.classid = r.class and link.objid = r.id and (
            link.refclassid in ({}, {}, {})
            or link.refclassid = {} and r.class in ({}, {}){others}
         )",
        catalog("pg_proc"),
        catalog("pg_type"),
        catalog("pg_operator"),
        catalog("pg_class"),
        catalog("pg_rewrite"),
        catalog("pg_policy")
    )
}

/// The stored expressions of an object.
fn trees() -> String {
    [
        ("pg_attrdef", "oid", &["adbin"][..]),
        ("pg_constraint", "oid", &["conbin"]),
        ("pg_rewrite", "oid", &["ev_qual", "ev_action"]),
        ("pg_policy", "oid", &["polqual", "polwithcheck"]),
        ("pg_trigger", "oid", &["tgqual"]),
        ("pg_statistic_ext", "oid", &["stxexprs"]),
        ("pg_type", "oid", &["typdefaultbin"]),
    ]
    .map(|(class, key, columns)| (class, class, key, columns))
    .into_iter()
    .chain([
        ("pg_class", "pg_index", "indexrelid", &["indexprs", "indpred"][..]),
        ("pg_class", "pg_partitioned_table", "partrelid", &["partexprs"][..]),
    ])
    .flat_map(|(class, table, key, columns)| {
        columns.iter().map(move |column| {
            format!(
                "select stored.{column}::pg_catalog.text from pg_catalog.{table} stored
                 where r.class = {} and stored.{key} = r.id and stored.{column} is not null",
                catalog(class)
            )
        })
    })
    .collect::<Vec<_>>()
    .join(" union all ")
}
