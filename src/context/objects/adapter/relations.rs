//! Relations and schemas: what exists, and the changes that the cache must know of.

use minijinja::{Error, State, Value};

use super::{Database, call_macro, expect_relation, none, runtime};
use crate::adapter::RelationKind;
use crate::context::objects::{InformationSchema, Relation, RelationType};
use crate::jinja::python::{bind_required, given, list, raise, to_str};

pub(super) fn call(
    database: &Database,
    state: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    Some(match method {
        "get_relation" => get_relation(database, args),
        "load_relation" => bind_required(method, args, ["relation"], 1).and_then(|[relation]| {
            let relation = expect_relation(method, "relation", &relation)?;
            find(
                database,
                relation.database.as_deref(),
                relation.schema.as_deref(),
                relation.identifier.as_deref(),
            )
        }),
        "already_exists" => bind_required(method, args, ["schema", "name"], 2).and_then(|[schema, name]| {
            let found = find(database, None, Some(&to_str(&schema)), Some(&to_str(&name)))?;
            Ok(Value::from(!found.is_none()))
        }),
        "list_relations" => list_relations(database, args),
        "cache_added" => cached(database, method, args, |relation| added(database, relation)),
        "cache_dropped" => cached(database, method, args, |relation| {
            dropped(database, relation);
            Ok(())
        }),
        "cache_open_end" => {
            database.settings.cache.leave_open_end();
            Ok(none())
        }
        "cache_renamed" => two_relations(method, args).and_then(|[from, to]| {
            renamed(database, &from, &to)?;
            Ok(Value::from(""))
        }),
        "create_schema" => schema(database, state, args, "create_schema"),
        "drop_schema" => schema(database, state, args, "drop_schema"),
        "check_schema_exists" => check_schema_exists(state, args),
        "drop_relation" => drop_relation(database, state, args),
        "truncate_relation" => one_relation(method, args)
            .and_then(|relation| call_macro(state, method, &[("relation", relation.to_value())]))
            .map(|_| none()),
        "rename_relation" => two_relations(method, args).and_then(|[from, to]| {
            let keywords = [("from_relation", from.to_value()), ("to_relation", to.to_value())];
            call_macro(state, method, &keywords)?;
            renamed(database, &from, &to).map(|()| none())
        }),
        _ => return None,
    })
}

fn one_relation(method: &str, args: &[Value]) -> Result<Relation, Error> {
    let [relation] = bind_required(method, args, ["relation"], 1)?;
    expect_relation(method, "relation", &relation)
}

fn two_relations(method: &str, args: &[Value]) -> Result<[Relation; 2], Error> {
    let [from, to] = bind_required(method, args, ["from_relation", "to_relation"], 2)?;
    Ok([expect_relation(method, "from_relation", &from)?, expect_relation(method, "to_relation", &to)?])
}

fn get_relation(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let names = ["database", "schema", "identifier"];
    let parts = bind_required("get_relation", args, names, 3)?;
    let [name, schema, identifier] = parts.map(|part| given(&part).then(|| to_str(&part)));
    find(database, name.as_deref(), schema.as_deref(), identifier.as_deref())
}

/// The relation as the cache knows it; a name that differs in case alone is dbt's error.
fn find(
    database: &Database,
    name: Option<&str>,
    schema: Option<&str>,
    identifier: Option<&str>,
) -> Result<Value, Error> {
    let (Some(schema), Some(identifier)) = (schema, identifier) else { return Ok(none()) };
    if let Some(name) = name {
        database.verify_database(name).map_err(raise)?;
    }
    let quoting = database.settings.quoting;
    let folded = |name: &str, quoted: bool| if quoted { name.to_owned() } else { name.to_lowercase() };
    let (schema, identifier) = (folded(schema, quoting.schema), folded(identifier, quoting.identifier));
    ensure_schema(database, &schema)?;
    let cache = &database.settings.cache;
    if let Some(kind) = cache.kind(&schema, &identifier) {
        return Ok(relation(database, &schema, &identifier, kind).to_value());
    }
    if let Some(near) = cache.near_match(&schema, &identifier) {
        let near = relation(database, &schema, &near, RelationKind::Table);
        near.matches(None, Some(&schema), Some(&identifier)).map_err(raise)?;
    }
    Ok(none())
}

fn ensure_schema(database: &Database, schema: &str) -> Result<(), Error> {
    let cache = &database.settings.cache;
    if cache.has_schema(schema) {
        return Ok(());
    }
    let session = database.session().map_err(raise)?;
    session.load_schema(cache, schema).map_err(raise)
}

fn relation(database: &Database, schema: &str, identifier: &str, kind: RelationKind) -> Relation {
    let kind = match kind {
        RelationKind::Table => RelationType::Table,
        RelationKind::View => RelationType::View,
        RelationKind::MaterializedView => RelationType::MaterializedView,
        RelationKind::External => RelationType::External,
    };
    Relation::new(Some(&database.settings.database), Some(schema), Some(identifier))
        .of_type(kind)
        .in_output(database.settings.output)
}

fn list_relations(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let [name, schema] = bind_required("list_relations", args, ["database", "schema"], 2)?;
    if given(&name) {
        database.verify_database(&to_str(&name)).map_err(raise)?;
    }
    let schema = to_str(&schema);
    ensure_schema(database, &schema)?;
    let known = database.settings.cache.list(&schema);
    let relations = known.into_iter().map(|(name, kind)| relation(database, &schema, &name, kind).to_value());
    Ok(list(relations.collect()))
}

/// The names as Postgres stores them: without quotes in lower case.
pub(super) fn stored_names(relation: &Relation) -> Option<(String, String)> {
    let folded = |name: &str, quoted: bool| if quoted { name.to_owned() } else { name.to_lowercase() };
    let schema = folded(relation.schema.as_deref()?, relation.quote_policy.schema);
    Some((schema, folded(relation.identifier.as_deref()?, relation.quote_policy.identifier)))
}

fn kind_of(relation: &Relation) -> Option<RelationKind> {
    match relation.kind {
        Some(RelationType::Table) | None => Some(RelationKind::Table),
        Some(RelationType::View) => Some(RelationKind::View),
        Some(RelationType::MaterializedView) => Some(RelationKind::MaterializedView),
        Some(RelationType::External) => Some(RelationKind::External),
        // functions share no names with relations; CTEs are none
        Some(_) => None,
    }
}

fn cached(
    _: &Database,
    method: &str,
    args: &[Value],
    change: impl FnOnce(&Relation) -> Result<(), Error>,
) -> Result<Value, Error> {
    let [relation] = bind_required(method, args, ["relation"], 1)?;
    if !given(&relation) {
        let what = if method == "cache_added" { "cache" } else { "drop" };
        return Err(runtime("no-relation", format!("Attempted to {what} a null relation")));
    }
    change(&expect_relation(method, "relation", &relation)?)?;
    Ok(Value::from(""))
}

fn added(database: &Database, relation: &Relation) -> Result<(), Error> {
    if let (Some((schema, name)), Some(kind)) = (stored_names(relation), kind_of(relation)) {
        ensure_schema(database, &schema)?;
        database.change_cache(|cache| ((), cache.add(&schema, &name, kind)));
    }
    Ok(())
}

/// The views that may have gone with it.
fn dropped(database: &Database, relation: &Relation) -> Vec<u32> {
    let names = stored_names(relation).filter(|_| kind_of(relation).is_some());
    names
        .map(|(schema, name)| database.change_cache(|cache| cache.remove(&schema, &name)))
        .unwrap_or_default()
}

fn renamed(database: &Database, from: &Relation, to: &Relation) -> Result<(), Error> {
    if let (Some((schema, from)), Some((_, to))) = (stored_names(from), stored_names(to)) {
        ensure_schema(database, &schema)?;
        database.change_cache(|cache| ((), cache.rename(&schema, &from, &to)));
    }
    Ok(())
}

/// The macro drops with cascade, so the cache asks afterwards which views are still there.
fn drop_relation(database: &Database, state: &State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let relation = one_relation("drop_relation", args)?;
    if relation.kind.is_none() {
        let message = format!("Tried to drop relation {}, but its type is null.", relation.render());
        return Err(runtime("relation-without-type", message));
    }
    call_macro(state, "drop_relation", &[("relation", relation.to_value())])?;
    let dependents = dropped(database, &relation);
    if !dependents.is_empty() {
        let cache = &database.settings.cache;
        let session = database.session().map_err(raise)?;
        let gone =
            session.with(|connection| cache.refresh_dependents(connection, &dependents)).map_err(raise)?;
        session.change_cache(cache, |_| ((), gone));
    }
    Ok(none())
}

fn schema(database: &Database, state: &State<'_, '_>, args: &[Value], name: &str) -> Result<Value, Error> {
    let relation = one_relation(name, args)?.changed(|details| details.identifier = None);
    call_macro(state, name, &[("relation", relation.to_value())])?;
    database.session().and_then(|session| session.commit()).map_err(raise)?;
    let schema = relation.schema.as_deref().unwrap_or_default();
    match name {
        "create_schema" => database.settings.cache.add_schema(schema),
        _ => database.settings.cache.drop_schema(schema),
    }
    Ok(none())
}

fn check_schema_exists(state: &State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [database, schema] = bind_required("check_schema_exists", args, ["database", "schema"], 2)?;
    let name = given(&database).then(|| to_str(&database));
    let information_schema =
        Relation::new(name.as_deref(), Some(&to_str(&schema)), Some("INFORMATION_SCHEMA"))
            .changed(|details| details.information_schema = Some(InformationSchema { view: None }));
    let keywords = [("information_schema", information_schema.to_value()), ("schema", schema)];
    let table = call_macro(state, "check_schema_exists", &keywords)?;
    let row = table.get_item(&Value::from("rows"))?.get_item_by_index(0)?;
    let count = row.get_item_by_index(0)?;
    Ok(Value::from(to_str(&count).parse::<i64>().is_ok_and(|count| count > 0)))
}
