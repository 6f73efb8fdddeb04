//! The catalog as macros of the project tell it, where one replaces `get_catalog` or `get_catalog_relations`.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::inputs::RunInputs;
use super::node::Worker;
use super::state::Run;
use crate::adapter::catalog::{CatalogColumn, CatalogStatistic, CatalogTable};
use crate::context::objects::Relation;
use crate::diagnostic::{Diagnostic, Result};
use crate::hashed::HashMap;
use crate::jinja::Value;
use crate::jinja::python::{items_of, list, to_json, to_str};
use crate::manifest::Resource;

/// dbt asks for single relations as long as they are few.
const FEW: usize = 100;

/// What the project's own macro finds of the selected relations, or in the schemas; `None` where the built-in ones are in
/// force.
pub(crate) fn own_catalog(
    inputs: &RunInputs,
    selected: &[String],
    schemas: &[&str],
) -> Result<Option<Vec<CatalogTable>>> {
    let shared = &inputs.shared;
    let information_schema =
        Relation::new(Some(&shared.target.database), None, None).information_schema(None).to_value();
    let (name, wanted) = if selected.len() <= FEW {
        let relations = selected.iter().filter_map(|unique_id| relation(inputs, unique_id));
        ("get_catalog_relations", relations.collect())
    } else {
        ("get_catalog", schemas.iter().map(|schema| Value::from(*schema)).collect())
    };
    if !inputs.engine.is_replaced(name) {
        return Ok(None);
    }
    let run = Run::new(inputs);
    let mut worker = Worker::new();
    worker.acquire_named(&run, "generate_catalog")?;
    let answer = run.call_operation(&worker, name, &[information_schema, list(wanted)])?;
    worker.commit()?;
    worker.release(&run, "generate_catalog")?;
    tables(name, &answer).map(Some)
}

fn relation(inputs: &RunInputs, unique_id: &str) -> Option<Value> {
    match inputs.shared.manifest.resource(unique_id)? {
        Resource::Node(node) => {
            node.relation_name.as_ref()?;
            Some(inputs.shared.relation_of(node).to_value())
        }
        Resource::Source(source) => Some(inputs.shared.relation_of_source(source).to_value()),
        _ => None,
    }
}

/// A row for each column; the tables are in the order of their first rows.
fn tables(name: &'static str, answer: &Value) -> Result<Vec<CatalogTable>> {
    let of_table = |name: &str| answer.get_attr(name).and_then(|value| items_of(&value));
    let (Ok(names), Ok(rows)) = (of_table("column_names"), of_table("rows")) else {
        let message = format!("`{name}` must return a table, such as `run_query` gives");
        return Err(Diagnostic::compilation("catalog-macro", message).boxed());
    };
    let names: Vec<String> = names.iter().map(to_str).collect();
    let mut found: Vec<CatalogTable> = Vec::new();
    let mut places: HashMap<(String, String), usize> = HashMap::default();
    for row in rows {
        let values = items_of(&row).unwrap_or_default();
        let row = Row { name, cells: names.iter().map(String::as_str).zip(&values).collect() };
        let key = (row.text("table_schema")?, row.text("table_name")?);
        let place = match places.get(&key) {
            Some(place) => *place,
            None => {
                places.insert(key, found.len());
                found.push(row.table()?);
                found.len() - 1
            }
        };
        found[place].columns.push(row.column()?);
    }
    Ok(found)
}

struct Row<'a> {
    /// The macro that returned it.
    name: &'static str,
    cells: HashMap<&'a str, &'a Value>,
}

impl Row<'_> {
    fn optional(&self, name: &str) -> Option<String> {
        self.cells.get(name).filter(|value| !value.is_none()).map(|value| to_str(value))
    }

    fn text(&self, name: &str) -> Result<String> {
        self.optional(name).ok_or_else(|| {
            let message = format!("Catalog information missing required key '{name}'");
            let help = format!("`{}` returns a row for each column, with `{name}`", self.name);
            Diagnostic::compilation("catalog-macro", message).help(help).boxed()
        })
    }

    fn table(&self) -> Result<CatalogTable> {
        Ok(CatalogTable {
            schema: self.text("table_schema")?,
            name: self.text("table_name")?,
            kind: self.text("table_type")?,
            owner: self.optional("table_owner"),
            comment: self.optional("table_comment"),
            columns: Vec::new(),
            statistics: self.statistics(),
        })
    }

    fn column(&self) -> Result<CatalogColumn> {
        Ok(CatalogColumn {
            index: self.text("column_index")?.parse().unwrap_or_default(),
            name: self.text("column_name")?,
            data_type: self.text("column_type")?,
            comment: self.optional("column_comment"),
        })
    }

    /// `stats:size:label`, `stats:size:value`, `stats:size:description` and `stats:size:include` are one of them.
    fn statistics(&self) -> Vec<CatalogStatistic> {
        let ids = self.cells.keys().filter_map(|name| name.strip_prefix("stats:")?.split(':').next());
        let ids: BTreeSet<&str> = ids.collect();
        let statistic = |id: &str| {
            let of = |part: &str| self.cells.get(format!("stats:{id}:{part}").as_str()).copied();
            if !of("include")?.is_true() {
                return None;
            }
            let value = match to_json(of("value")?) {
                Json::Null => return None,
                value => value,
            };
            Some(CatalogStatistic {
                id: id.to_owned(),
                label: to_str(of("label")?),
                value,
                description: of("description").filter(|text| !text.is_none()).map(to_str),
            })
        };
        ids.into_iter().filter_map(statistic).collect()
    }
}
