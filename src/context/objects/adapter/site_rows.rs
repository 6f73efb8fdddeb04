//! The rows of a query that runs in another output than its relation lives in: their columns, and the copy.

use minijinja::{Error, State, Value};

use super::response::ResponseObject;
use super::{Database, expect_site};
use crate::adapter::{
    Misfit, SNAPSHOT_OUTLIVED, SiteColumn, columns_of_query, misfits, outlived_tables, quote_identifier,
    transfer,
};
use crate::diagnostic::{Diagnostic, Result};
use crate::jinja::python::{bind_required, dict, list, raise, to_str};

pub(super) fn call(
    database: &Database,
    _: &mut State<'_, '_>,
    method: &str,
    args: &[Value],
) -> Option<std::result::Result<Value, Error>> {
    Some(match method {
        "rsdbt_rows_elsewhere" => Ok(Value::from(database.elsewhere.query().is_some())),
        "rsdbt_columns_elsewhere" => columns(database).map_err(raise),
        "rsdbt_copy_rows" => bind_required(method, args, ["copy"], 1)
            .and_then(|[copy]| copied(database, &to_str(&copy)).map_err(raise)),
        _ => return None,
    })
}

/// `[{name, data_type}]`, once all types are known here.
fn columns(database: &Database) -> Result<Value> {
    let (site, query) = expect_site(database)?;
    let columns = columns_of_query(site.session()?, &query)?;
    let misfits = misfits(database.session()?, &columns)?;
    if !misfits.is_empty() {
        return Err(unfit(database, &site, &misfits).boxed());
    }
    let columns = columns.into_iter().map(|column| {
        dict([("name".into(), column.name.into()), ("data_type".into(), column.data_type.into())])
    });
    Ok(list(columns.collect()))
}

fn unfit(home: &Database, site: &Database, misfits: &[(SiteColumn, Misfit)]) -> Diagnostic {
    let (home, site) = (&home.settings.output_name, &site.settings.output_name);
    let column = |(column, misfit): &(SiteColumn, Misfit)| {
        let why = match misfit {
            Misfit::Missing => String::new(),
            Misfit::Different => format!(": the type of that name in `{home}` has other fields"),
            Misfit::Reference => format!(": the number of an object of `{site}`"),
        };
        format!("`{}` ({}{why})", column.name, column.data_type)
    };
    let columns: Vec<String> = misfits.iter().map(column).collect();
    let casts: Vec<String> = misfits
        .iter()
        .map(|(column, _)| {
            let array = if column.data_type.ends_with("[]") { "[]" } else { "" };
            let is_plain = column.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let name = if is_plain { column.name.clone() } else { quote_identifier(&column.name) };
            format!("`{name}::text{array} as {name}`")
        })
        .collect();
    let mut help = format!("select {}", casts.join(", "));
    let is_missing = misfits.iter().all(|(_, misfit)| *misfit == Misfit::Missing);
    if is_missing {
        help = format!("{help}, or create the type in `{home}` under the same name");
    }
    let message = if is_missing {
        format!("the output `{home}` lacks types of columns that come from `{site}`: {}", columns.join(", "))
    } else {
        format!("columns cannot go from `{site}` to `{home}` as they are: {}", columns.join(", "))
    };
    Diagnostic::compilation("types-elsewhere", message).help(help)
}

fn copied(database: &Database, copy: &str) -> Result<Value> {
    let (site, query) = expect_site(database)?;
    let response = transfer(site.session()?, &query, database.session()?, copy, |error| error)?;
    let rewritten = outlived_tables(site.session()?)?;
    if !rewritten.is_empty() {
        let message = format!(
            "{} of `{}` was truncated, rewritten or replaced after the snapshot of the query was taken, in which its rows are not to be seen",
            rewritten.join(", "),
            site.settings.output_name
        );
        return Err(Diagnostic::database(SNAPSHOT_OUTLIVED, message).help("run `rsdbt retry`").boxed());
    }
    Ok(ResponseObject(response).to_value())
}
