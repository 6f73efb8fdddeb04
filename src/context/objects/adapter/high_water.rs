//! `high_water`: up to where a model's own table has the rows, as a literal for a query that cannot read that table.

use minijinja::{Error, State, Value};

use super::{Database, runtime};
use crate::adapter::{Cell, WorkerSession, quote_identifier, quote_literal};
use crate::context::objects::Relation;
use crate::diagnostic::Diagnostic;
use crate::jinja::python::{bind_required, raise, to_str};

pub(super) fn call(
    database: &Database,
    _: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<Result<Value, Error>> {
    (method == "high_water").then(|| {
        let [relation, column] = bind_required(method, args, ["relation", "column"], 2)?;
        let column = quote_identifier(&to_str(&column));
        match Relation::from_value(&relation) {
            Some(relation) => highest(database, &relation, &column),
            // the rows of a unit test
            None => Ok(Value::from(format!("(select max({column}) from {})", to_str(&relation)))),
        }
    })
}

fn highest(database: &Database, relation: &Relation, column: &str) -> Result<Value, Error> {
    let is_there = crate::context::runtime::Database::has_relation(database, relation);
    if !is_there {
        let message = format!("high_water: {} does not exist", relation.render());
        let help = "put the condition into `{% if is_incremental() %} .. {% endif %}`";
        return Err(raise(Diagnostic::compilation("high-water", message).help(help)));
    }
    // not every type that has an order has a `max`
    let sql = format!(
        "select (select pg_catalog.pg_typeof(null_of.{column})::pg_catalog.text from (select {column} from {0} where false) as nothing \
         right join (values (1)) as one(n) on true cross join lateral (select nothing.{column}) as null_of), \
         (select pg_catalog.to_json({column}) operator(pg_catalog.#>>) '{{}}' from {0} where {column} is not null \
         order by {column} desc limit 1)",
        relation.render()
    );
    let session = database.session().map_err(raise)?;
    let (_, rows) = session.introspect(&sql).map_err(raise)?;
    let mut cells = rows.and_then(|rows| rows.rows.into_iter().next()).unwrap_or_default().into_iter();
    let text = |cell: Option<Cell>| match cell {
        Some(Cell::Text(text)) => Some(text),
        _ => None,
    };
    let data_type = text(cells.next()).unwrap_or_default();
    let value = text(cells.next());
    let Some(least) = least(&data_type) else {
        let message = format!("high_water: {column} is of type {data_type}, which has no order of its own");
        return Err(runtime("high-water", message));
    };
    let value = match (value, data_type.as_str()) {
        (Some(_), "real" | "double precision") => float(session, relation, column)?,
        (value, _) => value.unwrap_or_else(|| least.to_owned()),
    };
    Ok(Value::from(format!("{}::{data_type}", quote_literal(&value))))
}

/// All digits of it, however few the server's settings would show.
fn float(session: &WorkerSession, relation: &Relation, column: &str) -> Result<String, Error> {
    let sql = format!(
        "select pg_catalog.encode(pg_catalog.float8send(pg_catalog.max({column})::pg_catalog.float8), 'hex') from {}",
        relation.render()
    );
    let (_, rows) = session.introspect(&sql).map_err(raise)?;
    let cell = rows.and_then(|rows| rows.rows.into_iter().next()?.into_iter().next());
    let bits = match cell {
        Some(Cell::Text(hex)) => u64::from_str_radix(&hex, 16).ok(),
        _ => None,
    };
    let bits = bits.ok_or_else(|| runtime("high-water", format!("high_water: {column} has no value")))?;
    // a `real` is the same as a `double precision`
    Ok(match f64::from_bits(bits) {
        value if value.is_nan() => "NaN".to_owned(),
        value if value.is_infinite() => if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        value => format!("{value:?}"),
    })
}

/// What comes before all values of a type, where that does not depend on a collation.
fn least(data_type: &str) -> Option<&'static str> {
    Some(match data_type {
        "date" | "timestamp without time zone" | "timestamp with time zone" => "-infinity",
        "smallint" => "-32768",
        "integer" => "-2147483648",
        "bigint" => "-9223372036854775808",
        "numeric" => "-1e1000",
        "real" | "double precision" => "-infinity",
        "oid" => "0",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        _ => return None,
    })
}
