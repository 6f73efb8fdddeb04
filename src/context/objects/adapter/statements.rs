//! `statement` and the results it leaves: `load_result`, `store_result`, `store_raw_result`.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::methods::begin;
use super::response::ResponseObject;
use super::stored_result::StoredResult;
use super::{Database, none};
use crate::adapter::{Fetch, Response};
use crate::context::objects::Table;
use crate::diagnostic::Diagnostic;
use crate::jinja::Scope;
use crate::jinja::python::{Arguments, bind, bind_required, dict, given, list, raise, to_str};

#[derive(Debug, Clone, Copy)]
enum Function {
    Statement,
    LoadResult,
    StoreResult,
    StoreRawResult,
    SubmitPythonJob,
}

struct Callable {
    function: Function,
    database: Database,
}

impl fmt::Debug for Callable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.function.fmt(f)
    }
}

pub(super) fn function(name: &str, database: &Database) -> Option<Value> {
    let function = match name {
        "statement" => Function::Statement,
        "load_result" => Function::LoadResult,
        "store_result" => Function::StoreResult,
        "store_raw_result" => Function::StoreRawResult,
        "submit_python_job" => Function::SubmitPythonJob,
        _ => return None,
    };
    Some(Value::from_object(Callable { function, database: Arc::clone(database) }))
}

impl Object for Callable {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        match self.function {
            Function::Statement => self.statement(state, args),
            Function::LoadResult => self.load_result(args),
            Function::StoreResult => self.store_result(args),
            Function::StoreRawResult => self.store_raw_result(args),
            Function::SubmitPythonJob => Err(python_models()),
        }
    }
}

impl Callable {
    /// The body of `{% call statement(..) %}` is rendered only now, when it will be sent.
    fn statement(&self, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let mut arguments = Arguments::new("statement", args);
        let Some(caller) = arguments.take_keyword("caller") else {
            let message = "`statement` is to be used as `{% call statement(..) %} .. {% endcall %}`";
            return Err(raise(Diagnostic::compilation("statement-without-body", message)));
        };
        let [name, fetch_result, auto_begin, language] =
            arguments.bind(["name", "fetch_result", "auto_begin", "language"])?;
        let sql = to_str(&caller.call(state, &[])?);
        let name = name.filter(given).map(|name| to_str(&name));
        if name.as_deref() == Some("main") {
            write(state, &sql)?;
        }
        if language.filter(given).is_some_and(|language| to_str(&language) != "sql") {
            return Err(python_models());
        }
        let fetch =
            if fetch_result.is_some_and(|fetch| fetch.is_true()) { Fetch::All } else { Fetch::Nothing };
        let auto_begin = auto_begin.is_none_or(|flag| flag.is_true());
        let database = self.database.current();
        let known = if name.as_deref() == Some("main") { database.known_answer(&sql) } else { None };
        let (response, rows) = match known {
            Some(answer) => answer,
            None => {
                let session = database.session().map_err(raise)?;
                session.execute(&sql, begin(auto_begin), fetch).map_err(raise)?
            }
        };
        if let Some(name) = name {
            let table = rows.map_or_else(Table::empty, |rows| Table::from_result_set(&rows));
            let result =
                StoredResult { response: ResponseObject(response).to_value(), table: table.to_value() };
            self.database.store(&name, result);
        }
        Ok(Value::from(""))
    }

    fn load_result(&self, args: &[Value]) -> Result<Value, Error> {
        let [name] = bind_required("load_result", args, ["name"], 1)?;
        let Some(result) = self.database.load(&to_str(&name)).map_err(raise)? else { return Ok(none()) };
        let mut data = Vec::new();
        if given(&result.table) {
            for row in result.table.get_item(&Value::from("rows"))?.try_iter()? {
                data.push(list(row.try_iter()?.collect()));
            }
        }
        Ok(dict([
            ("response".into(), result.response),
            ("data".into(), list(data)),
            ("table".into(), result.table),
        ]))
    }

    fn store_result(&self, args: &[Value]) -> Result<Value, Error> {
        let names = ["name", "response", "agate_table"];
        let [name, response, table] = bind_required("store_result", args, names, 2)?;
        let table = if given(&table) { table } else { Table::empty().to_value() };
        self.database.store(&to_str(&name), StoredResult { response, table });
        Ok(Value::from(""))
    }

    fn store_raw_result(&self, args: &[Value]) -> Result<Value, Error> {
        let names = ["name", "message", "code", "rows_affected", "agate_table"];
        let [name, message, code, rows_affected, table] = bind("store_raw_result", args, names)?;
        let text = |part: Option<Value>| part.filter(given).map(|part| to_str(&part)).unwrap_or_default();
        let rows_affected = rows_affected.filter(given).map(|rows| to_str(&rows));
        let response = Response {
            message: text(message),
            code: text(code),
            rows_affected: rows_affected.and_then(|rows| rows.parse().ok()).unwrap_or(-1),
            counts: Vec::new(),
        };
        let table = table.filter(given).unwrap_or_else(|| Table::empty().to_value());
        let result = StoredResult { response: ResponseObject(response).to_value(), table };
        self.database.store(&text(name), result);
        Ok(Value::from(""))
    }
}

/// The node's own SQL is written below `target/run`.
fn write(state: &mut State<'_, '_>, sql: &str) -> Result<(), Error> {
    let write = Scope::of(state)?.context().get("write");
    match write {
        Some(write) => write.call(state, &[Value::from(sql)]).map(drop),
        None => Ok(()),
    }
}

fn python_models() -> Error {
    raise(
        Diagnostic::runtime("python-model", "Python models are not supported on Postgres")
            .help("write the model in SQL"),
    )
}
