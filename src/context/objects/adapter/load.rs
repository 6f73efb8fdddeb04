//! `adapter.load_plan`, `load_inputs`, `load_rows` and `load_rejects`: what the macros of a load ask for.

use std::sync::PoisonError;

use minijinja::{Error, State, Value};

use super::response::ResponseObject;
use super::{Database, StoredResult, expect_relation};
use crate::adapter::{Begin, quote_identifier};
use crate::context::objects::Table;
use crate::jinja::python::{bind_required, dict, items_of, list, raise, to_str};
use crate::load::{KnownFile, Loaded, Rows};

pub(super) fn call(
    database: &Database,
    _: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    Some(match method {
        "load_plan" => plan(database),
        "load_inputs" => inputs(database, args),
        "load_rows" => rows(database, args),
        "load_rejects" => rejects(database, args),
        _ => return None,
    })
}

/// `{mode, unique_key, columns: [{name, type, sql, required}], keeps_rejects}`
fn plan(database: &Database) -> Result<Value, Error> {
    let spec = &database.load_at_work().map_err(raise)?.spec;
    let columns = spec.columns.iter().map(|column| {
        dict([
            ("name".into(), column.name.as_str().into()),
            ("type".into(), column.data_type.name().into()),
            ("sql".into(), column.data_type.sql().into()),
            ("required".into(), column.is_required.into()),
        ])
    });
    Ok(dict([
        ("mode".into(), spec.mode.name().into()),
        ("unique_key".into(), list(spec.unique_key.iter().map(|key| Value::from(key.as_str())).collect())),
        ("columns".into(), list(columns.collect())),
        ("keeps_rejects".into(), (spec.most_rejects > 0).into()),
        ("has_files".into(), spec.has_files().into()),
    ]))
}

/// How many inputs are to be read. `known`: rows of the ledger.
fn inputs(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let [known] = bind_required("load_inputs", args, ["known"], 1)?;
    let load = database.load_at_work().map_err(raise)?;
    let mut files = Vec::new();
    for row in items_of(&known)? {
        let fields: Vec<String> = items_of(&row)?.iter().map(to_str).collect();
        if let [name, size, modified, checksum] = fields.as_slice() {
            files.push(KnownFile {
                name: name.clone(),
                size: size.parse().unwrap_or_default(),
                modified: modified.parse().unwrap_or_default(),
                checksum: checksum.clone(),
            });
        }
    }
    let found = load.spec.inputs(&files).map_err(raise)?;
    let count = found.len();
    *load.inputs.lock().unwrap_or_else(PoisonError::into_inner) = found;
    Ok(Value::from(count))
}

/// Sends the rows of all inputs; `{read, fit, copied, rejected, bytes, files: [[name, size, modified, checksum, rows], ..]}`.
fn rows(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let [relation] = bind_required("load_rows", args, ["relation"], 1)?;
    let relation = expect_relation("load_rows", "relation", &relation)?.render();
    let load = database.load_at_work().map_err(raise)?;
    let inputs = std::mem::take(&mut *load.inputs.lock().unwrap_or_else(PoisonError::into_inner));
    let columns: Vec<String> =
        load.spec.columns.iter().map(|column| quote_identifier(&column.name)).collect();
    let sql = format!("copy {relation} ({}) from stdin (format binary)", columns.join(", "));
    let mut rows = Rows::new(&load.spec, inputs);
    let session = database.session().map_err(raise)?;
    let copied = session.watched(
        &sql,
        |connection| connection.copy_in(&sql, Begin::Auto, &mut |piece| rows.fill(piece)),
        Clone::clone,
    );
    let copied = copied.map_err(raise)?.rows_affected;
    let Loaded { read, bytes, rejects, files } = rows.loaded;
    let rejected = rejects.count();
    *load.rejects.lock().unwrap_or_else(PoisonError::into_inner) = rejects;
    let file = |(file, rows): (KnownFile, u64)| {
        let KnownFile { name, size, modified, checksum } = file;
        list(vec![name.into(), size.into(), modified.into(), checksum.into(), rows.into()])
    };
    Ok(dict([
        ("read".into(), read.into()),
        ("fit".into(), (read - rejected).into()),
        ("copied".into(), copied.into()),
        ("rejected".into(), rejected.into()),
        ("bytes".into(), bytes.into()),
        ("files".into(), list(files.into_iter().map(file).collect())),
    ]))
}

/// Sends the rows that did not fit.
fn rejects(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let [relation] = bind_required("load_rejects", args, ["relation"], 1)?;
    let relation = expect_relation("load_rejects", "relation", &relation)?.render();
    let load = database.load_at_work().map_err(raise)?;
    let mut rows = load.rejects.lock().unwrap_or_else(PoisonError::into_inner).rows().map_err(raise)?;
    let sql = format!("copy {relation} (file, line, column_name, reason, raw) from stdin (format binary)");
    let session = database.session().map_err(raise)?;
    let copied = session.watched(
        &sql,
        |connection| connection.copy_in(&sql, Begin::Auto, &mut |piece| rows(piece)),
        Clone::clone,
    );
    let response = ResponseObject(copied.map_err(raise)?).to_value();
    database.store("rsdbt_rejects", StoredResult { response, table: Table::empty().to_value() });
    Ok(Value::from(""))
}
