//! `rsdbt schema`: the JSON schema of a kind of file, for editors.

use serde_json::Value as Json;

use crate::cli::Arguments;
use crate::config::json_schema::json_schema;
use crate::options::table::FILE;
use crate::report;

pub(super) fn print(arguments: &Arguments) -> std::io::Result<()> {
    let name = arguments.given.get(FILE.0.key).and_then(Json::as_str).unwrap_or_default();
    let schema = json_schema(name).unwrap_or_default();
    report::say(&serde_json::to_string_pretty(&schema).unwrap_or_default())
}
