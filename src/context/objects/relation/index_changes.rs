//! What differs between a materialized view's indexes in the database and those that its config wants.

use std::collections::BTreeSet;

use minijinja::Value;

use crate::diagnostic::{Diagnostic, Result};
use crate::jinja::python::{dict, given, items_of, list, to_str};

/// The methods that dbt accepts as an index's `type`.
const METHODS: [&str; 6] = ["btree", "hash", "gist", "spgist", "gin", "brin"];

#[derive(Debug, Clone)]
struct Index {
    name: String,
    columns: BTreeSet<String>,
    unique: bool,
    method: String,
}

impl Index {
    /// dbt compares all but the name, which differs at each build.
    fn same(&self, other: &Self) -> bool {
        (&self.columns, self.unique, &self.method) == (&other.columns, other.unique, &other.method)
    }

    fn from_config(index: &Value) -> Result<Self> {
        let columns = attribute(index, "columns");
        let columns = items_of(&columns).unwrap_or_default();
        Self::new(String::new(), columns.iter().map(to_str), index, "type")
    }

    fn from_row(row: &Value) -> Result<Self> {
        let columns = to_str(&attribute(row, "column_names"));
        Self::new(to_str(&attribute(row, "name")), columns.split(',').map(str::to_owned), row, "method")
    }

    fn new(
        name: String,
        columns: impl Iterator<Item = String>,
        source: &Value,
        method_key: &str,
    ) -> Result<Self> {
        let method = attribute(source, method_key);
        let method = if given(&method) { to_str(&method) } else { "btree".into() };
        if !METHODS.contains(&method.as_str()) {
            let message =
                format!("`{method}` is not a valid index type (expected one of {})", METHODS.join(", "));
            return Err(Diagnostic::runtime("unknown-index-type", message).boxed());
        }
        let columns = columns.map(|column| column.to_lowercase()).collect();
        Ok(Self { name, columns, unique: attribute(source, "unique").is_true(), method })
    }

    fn to_change(&self, action: &str) -> Value {
        let columns = || list(self.columns.iter().map(|column| Value::from(column.as_str())).collect());
        let node_config = dict([
            ("columns".into(), columns()),
            ("unique".into(), self.unique.into()),
            ("type".into(), self.method.as_str().into()),
        ]);
        let context = dict([
            ("name".into(), self.name.as_str().into()),
            ("column_names".into(), columns()),
            ("unique".into(), self.unique.into()),
            ("method".into(), self.method.as_str().into()),
            ("as_node_config".into(), node_config),
        ]);
        dict([
            ("action".into(), action.into()),
            ("context".into(), context),
            ("requires_full_refresh".into(), false.into()),
        ])
    }
}

fn attribute(value: &Value, name: &str) -> Value {
    value.get_attr(name).unwrap_or_default()
}

/// The drops, then the creations; none when nothing differs.
pub(super) fn index_changes(existing: &Value, wanted: &Value) -> Result<Value> {
    let mut rows = attribute(existing, "indexes");
    let table_rows = attribute(&rows, "rows");
    if !table_rows.is_undefined() {
        rows = table_rows;
    }
    let existing: Vec<Index> =
        items_of(&rows).unwrap_or_default().iter().map(Index::from_row).collect::<Result<_>>()?;
    let configured = attribute(&attribute(wanted, "config"), "indexes");
    let configured = if given(&configured) { items_of(&configured).unwrap_or_default() } else { Vec::new() };
    let wanted: Vec<Index> = configured.iter().map(Index::from_config).collect::<Result<_>>()?;

    let missing_in = |others: &[Index], index: &Index| !others.iter().any(|other| other.same(index));
    let drops =
        existing.iter().filter(|index| missing_in(&wanted, index)).map(|index| index.to_change("drop"));
    let creations =
        wanted.iter().filter(|index| missing_in(&existing, index)).map(|index| index.to_change("create"));
    let changes: Vec<Value> = drops.chain(creations).collect();
    if changes.is_empty() {
        return Ok(Value::from(()));
    }
    Ok(dict([
        ("indexes".into(), list(changes)),
        ("requires_full_refresh".into(), false.into()),
        ("has_changes".into(), true.into()),
    ]))
}
