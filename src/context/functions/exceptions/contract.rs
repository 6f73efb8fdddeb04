//! `raise_contract_error`: which columns of a query differ from the model's contract.

use minijinja::{Error, State, Value};

use super::attribute::attribute;
use crate::adapter::{Cell, ResultColumn, ResultSet};
use crate::context::objects::{PrintLimits, Table};
use crate::diagnostic::Diagnostic;
use crate::jinja::python::{bind_required, items_of, raise};

const HEADER: [&str; 4] = ["column_name", "definition_type", "contract_type", "mismatch_reason"];

pub(super) fn contract_error(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [contract, query] = bind_required("raise_contract_error", args, ["yaml_columns", "sql_columns"], 2)?;
    let columns = |value: &Value| -> Result<Vec<[String; 2]>, Error> {
        let named = |column: &Value| [attribute(column, "name"), attribute(column, "data_type")];
        Ok(items_of(value)?.iter().map(named).collect())
    };
    let contract = columns(&contract)?;
    if contract.is_empty() {
        return Err(raise(
            Diagnostic::compilation(
                "contract-without-columns",
                "This model has an enforced contract, and its 'columns' specification is missing",
            )
            .help("list the model's columns with their `data_type` in its YAML file"),
        ));
    }
    let table = mismatches(&contract, &columns(&query)?);
    let limits = PrintLimits { rows: None, column_width: Some(50), ..PrintLimits::default() };
    let shown = table.to_markdown(limits);
    let message = format!(
        "This model has an enforced contract that failed.\n\
         Please ensure the name, data_type, and number of columns in your contract match the columns in \
         your model's definition.\n\n{shown}"
    );
    Err(raise(Diagnostic::compilation("contract-mismatch", message)))
}

fn mismatches(contract: &[[String; 2]], query: &[[String; 2]]) -> Table {
    let mut rows: Vec<[String; 4]> = Vec::new();
    let mut add = |row: [&str; 4]| rows.push(row.map(str::to_owned));
    for [name, data_type] in query {
        match contract.iter().find(|[known, _]| known == name) {
            Some([_, wanted]) if wanted == data_type => {}
            Some([_, wanted]) => add([name, data_type, wanted, "data type mismatch"]),
            None => add([name, data_type, "", "missing in contract"]),
        }
    }
    for [name, wanted] in contract {
        if !query.iter().any(|[known, _]| known == name) {
            add([name, "", wanted, "missing in definition"]);
        }
    }
    rows.sort_by(|left, right| left[0].cmp(&right[0]));
    let columns = HEADER.map(|name| ResultColumn { name: name.into(), type_oid: 0, type_modifier: -1 });
    let rows = rows.into_iter().map(|row| row.map(Cell::Text).to_vec()).collect();
    Table::from_result_set(&ResultSet { columns: columns.into(), rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mismatches_are_listed_by_name() {
        let column = |name: &str, data_type: &str| [name.to_owned(), data_type.to_owned()];
        let contract = [column("id", "INTEGER"), column("gone", "TEXT"), column("amount", "DECIMAL")];
        let query = [column("id", "INTEGER"), column("new", "TEXT"), column("amount", "STRING")];
        let names: Vec<String> = mismatches(&contract, &query)
            .rows()
            .iter()
            .map(|row| row.values().iter().map(ToString::to_string).collect::<Vec<_>>().join("|"))
            .collect();
        assert_eq!(
            names,
            [
                "amount|STRING|DECIMAL|data type mismatch",
                "gone||TEXT|missing in definition",
                "new|TEXT||missing in contract"
            ]
        );
    }
}
