//! Seeds: `load_agate_table`, the table that it gives, `adapter.load_seed` and `adapter.convert_type`.

use std::fmt;
use std::sync::{Arc, OnceLock};

use minijinja::value::{Enumerator, Object, ObjectRepr, Rest};
use minijinja::{Error, State, Value};

use super::response::ResponseObject;
use super::stored_result::StoredResult;
use super::{Database, expect_relation};
use crate::adapter::{ResultColumn, ResultSet, Seed, SeedColumn, quote_identifier};
use crate::context::objects::{CellType, Table};
use crate::diagnostic::Diagnostic;
use crate::jinja::python::{bind_required, expect_int, given, raise, to_str, tuple, type_error};
use crate::jinja::{Message, Scope};

/// A seed's file as a table: names, types and the number of rows are known, the values are made when a
/// template looks at them.
struct SeedTable {
    seed: Seed,
    table: OnceLock<Table>,
}

/// The seed's rows as a table like any other.
pub(super) fn as_table(value: &Value) -> Option<Table> {
    value.downcast_object_ref::<SeedTable>().map(|table| table.table().clone())
}

impl StoredResult {
    /// Of a seed the first rows alone: the others stay in their file.
    pub(crate) fn table(&self) -> Option<Table> {
        Table::from_value(&self.table).or_else(|| as_table(&self.table)).or_else(|| sample(&self.table))
    }
}

pub(super) fn function(database: &Database) -> Value {
    let database = Arc::clone(database);
    Value::from_function(move |state: &State<'_, '_>, _: Rest<Value>| -> Result<Value, Error> {
        let Some(file) = database.seed_file() else {
            let message = "can only load_agate_table for seeds";
            return Err(raise(Diagnostic::compilation("not-a-seed", message)));
        };
        let seed = Seed::read(&file.path, &file.shown_path, &file.options).map_err(raise)?;
        for (event, text) in &seed.remarks {
            let message = Message::Warning { event, text: text.clone() };
            Scope::of(state)?.context().emit(message);
        }
        Ok(Value::from_object(SeedTable { seed, table: OnceLock::new() }))
    })
}

pub(super) fn call(
    database: &Database,
    _: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    (method == "load_seed").then(|| load_seed(database, args))
}

/// Fills a table by COPY and returns the statement; its answer is the result `rsdbt_copied`.
fn load_seed(database: &Database, args: &[Value]) -> Result<Value, Error> {
    let names = ["relation", "agate_table", "columns"];
    let [relation, table, columns] = bind_required("load_seed", args, names, 2)?;
    let relation = expect_relation("load_seed", "relation", &relation)?.render();
    let table = table
        .downcast_object::<SeedTable>()
        .ok_or_else(|| type_error("`load_seed` expects the table of `load_agate_table`"))?;
    let columns = if given(&columns) {
        to_str(&columns)
    } else {
        let names = table.seed.columns.iter().map(|column| quote_identifier(&column.name));
        names.collect::<Vec<_>>().join(", ")
    };
    let sql = format!("copy {relation} ({columns}) from stdin");
    let session = database.session().map_err(raise)?;
    let copy = session.watched(
        &sql,
        |connection| table.seed.copy_into(connection, &relation, &columns),
        Clone::clone,
    );
    let response = ResponseObject(copy.map_err(raise)?).to_value();
    database.store("rsdbt_copied", StoredResult { response, table: Table::empty().to_value() });
    Ok(Value::from(sql))
}

/// The SQL type of a table's column.
pub(super) fn convert_type(args: &[Value]) -> Result<Value, Error> {
    let [table, index] = bind_required("convert_type", args, ["agate_table", "col_idx"], 2)?;
    let index = usize::try_from(expect_int("convert_type", &index)?).unwrap_or(usize::MAX);
    if let Some(seed) = table.downcast_object_ref::<SeedTable>() {
        let column = seed.seed.columns.get(index);
        return Ok(column.map_or(Value::from(()), |column| Value::from(column.data_type.sql())));
    }
    let table = Table::from_value(&table).ok_or_else(|| type_error("`convert_type` expects a table"))?;
    Ok(match table.column_types().get(index) {
        Some(CellType::Number) if table.max_precision(index) > 0 => Value::from("float8"),
        Some(CellType::Integer | CellType::Number) => Value::from("integer"),
        Some(CellType::Boolean) => Value::from("boolean"),
        Some(CellType::DateTime) => Value::from("timestamp without time zone"),
        Some(CellType::Date) => Value::from("date"),
        Some(_) => Value::from("text"),
        None => Value::from(()),
    })
}

/// The first rows of a seed, as `seed --show` prints them.
pub(super) fn sample(table: &Value) -> Option<Table> {
    const ROWS: usize = 10;
    table.downcast_object_ref::<SeedTable>().map(|seed| seed.table_of(ROWS))
}

impl SeedTable {
    /// The whole table, for templates that want more than names and counts.
    fn table(&self) -> &Table {
        self.table.get_or_init(|| self.table_of(usize::MAX))
    }

    fn table_of(&self, most: usize) -> Table {
        let column =
            |column: &SeedColumn| ResultColumn { name: column.name.clone(), type_oid: 0, type_modifier: -1 };
        let columns = self.seed.columns.iter().map(column).collect();
        Table::from_result_set(&ResultSet { columns, rows: self.seed.rows(most) })
    }
}

impl fmt::Debug for SeedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeedTable({} rows)", self.seed.row_count)
    }
}

impl Object for SeedTable {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some("column_names") => Some(tuple(
                self.seed.columns.iter().map(|column| Value::from(column.name.as_str())).collect(),
            )),
            Some("rows") => Some(Value::from_object(SeedRows(Arc::clone(self)))),
            _ => self.table().to_value().get_item(key).ok().filter(|value| !value.is_undefined()),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.seed.row_count)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        self.table().to_value().call_method(state, method, args)
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.table().to_value())
    }
}

/// `rows`: their number costs nothing.
#[derive(Debug)]
struct SeedRows(Arc<SeedTable>);

impl SeedRows {
    fn rows(&self) -> Value {
        self.0.table().to_value().get_item(&Value::from("rows")).unwrap_or_default()
    }
}

impl Object for SeedRows {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.rows().get_item(key).ok().filter(|value| !value.is_undefined())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.seed.row_count)
    }

    fn call_method(
        self: &Arc<Self>,
        state: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        self.rows().call_method(state, method, args)
    }
}
