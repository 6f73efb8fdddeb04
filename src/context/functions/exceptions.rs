//! `exceptions.*`: templates fail with dbt's categories and wording.

mod attribute;
mod contract;

use minijinja::{Error, State, Value};

use super::messages;
use crate::diagnostic::{Category, Diagnostic};
use crate::jinja::python::function::function;
use crate::jinja::python::namespace::namespace;
use crate::jinja::python::{bind_required, raise, to_str};
use attribute::attribute;

type ValueResult = Result<Value, Error>;

/// `exceptions`
pub(super) fn module() -> Value {
    namespace(
        "exceptions",
        vec![
            ("warn", function("warn", messages::warn)),
            (
                "warn_snapshot_timestamp_data_types",
                function("warn_snapshot_timestamp_data_types", messages::warn_snapshot_types),
            ),
            ("raise_compiler_error", function("raise_compiler_error", compiler_error)),
            ("raise_database_error", function("raise_database_error", database_error)),
            ("raise_not_implemented", function("raise_not_implemented", not_implemented)),
            ("raise_dependency_error", function("raise_dependency_error", dependency_error)),
            ("raise_fail_fast_error", function("raise_fail_fast_error", fail_fast_error)),
            ("raise_cache_inconsistent", function("raise_cache_inconsistent", cache_inconsistent)),
            ("raise_dataclass_not_dict", function("raise_dataclass_not_dict", dataclass_not_dict)),
            ("raise_contract_error", function("raise_contract_error", contract::contract_error)),
            ("raise_ambiguous_alias", function("raise_ambiguous_alias", ambiguous_alias)),
            (
                "raise_ambiguous_catalog_match",
                function("raise_ambiguous_catalog_match", ambiguous_catalog_match),
            ),
            ("raise_dep_not_found", function("raise_dep_not_found", dependency_not_found)),
            ("raise_duplicate_patch_name", function("raise_duplicate_patch_name", duplicate_patch)),
            ("raise_duplicate_resource_name", function("raise_duplicate_resource_name", duplicate_resource)),
            (
                "raise_invalid_property_yml_version",
                function("raise_invalid_property_yml_version", invalid_property_file),
            ),
            ("missing_config", function("missing_config", missing_config)),
            ("missing_materialization", function("missing_materialization", missing_materialization)),
            ("missing_relation", function("missing_relation", missing_relation)),
            ("relation_wrong_type", function("relation_wrong_type", relation_wrong_type)),
            ("column_type_missing", function("column_type_missing", column_type_missing)),
        ],
    )
}

fn fail(category: Category, code: &'static str, message: impl Into<String>) -> ValueResult {
    Err(raise(Diagnostic::new(code, category, message)))
}

fn message(function: &str, args: &[Value]) -> Result<String, Error> {
    let [message, _] = bind_required(function, args, ["msg", "node"], 1)?;
    Ok(to_str(&message))
}

fn compiler_error(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    fail(Category::Compilation, "raised-by-macro", message("raise_compiler_error", args)?)
}

fn database_error(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    fail(Category::Database, "raised-by-macro", message("raise_database_error", args)?)
}

fn not_implemented(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let message = message("raise_not_implemented", args)?;
    fail(Category::Runtime, "not-implemented", format!("ERROR: {message}"))
}

fn dependency_error(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    fail(Category::Dependency, "raised-by-macro", message("raise_dependency_error", args)?)
}

fn fail_fast_error(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    fail(Category::Runtime, "fail-fast", message("raise_fail_fast_error", args)?)
}

fn cache_inconsistent(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let message = message("raise_cache_inconsistent", args)?;
    fail(Category::Internal, "cache-inconsistent", format!("Cache inconsistency detected: {message}"))
}

fn dataclass_not_dict(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let object = message("raise_dataclass_not_dict", args)?;
    fail(
        Category::Compilation,
        "not-a-dictionary",
        format!(
            "The object (\"{object}\") was used as a dictionary. It is not one, and cannot be iterated over."
        ),
    )
}

fn missing_config(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [model, name] = bind_required("missing_config", args, ["model", "name"], 2)?;
    let (model, name) = (attribute(&model, "unique_id"), to_str(&name));
    fail(
        Category::Compilation,
        "missing-config",
        format!("Model '{model}' does not define a required config parameter '{name}'."),
    )
}

fn missing_materialization(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [model, adapter] = bind_required("missing_materialization", args, ["model", "adapter_type"], 2)?;
    let name = attribute(&model.get_attr("config").unwrap_or_default(), "materialized");
    let adapter = to_str(&adapter);
    let searched =
        if adapter == "default" { "'default'".to_owned() } else { format!("'default' and '{adapter}'") };
    fail(
        Category::Compilation,
        "missing-materialization",
        format!("No materialization '{name}' was found for adapter {adapter}! (searched types {searched})"),
    )
}

fn missing_relation(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [relation, _] = bind_required("missing_relation", args, ["relation", "model"], 1)?;
    fail(Category::Compilation, "missing-relation", format!("Relation {} not found!", to_str(&relation)))
}

fn relation_wrong_type(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let names = ["relation", "expected_type", "model"];
    let [relation, expected, _] = bind_required("relation_wrong_type", args, names, 2)?;
    let (name, expected, kind) = (to_str(&relation), to_str(&expected), attribute(&relation, "type"));
    Err(raise(
        Diagnostic::compilation(
            "relation-wrong-type",
            format!("Trying to create {expected} {name}, but it currently exists as a {kind}"),
        )
        .help(format!("drop {name} yourself, or run with `--full-refresh` to have it dropped")),
    ))
}

fn column_type_missing(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [columns] = bind_required("column_type_missing", args, ["column_names"], 1)?;
    Err(raise(
        Diagnostic::compilation(
            "column-type-missing",
            format!(
                "Contracted models require data_type to be defined for each column.  Please ensure that the column name and \
                 data_type are defined within the YAML configuration for the {} column(s).",
                to_str(&columns)
            ),
        )
        .help("add a `data_type` to these columns in the model's YAML file"),
    ))
}

fn ambiguous_alias(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let names = ["node_1", "node_2", "duped_name"];
    let [first, second, name] = bind_required("raise_ambiguous_alias", args, names, 2)?;
    let name = if name.is_none() || name.is_undefined() {
        ["database", "schema", "alias"].map(|part| attribute(&first, part)).join(".")
    } else {
        to_str(&name)
    };
    let line = |node: &Value| {
        format!("- {} ({})", attribute(node, "unique_id"), attribute(node, "original_file_path"))
    };
    let (first, second) = (line(&first), line(&second));
    Err(raise(
        Diagnostic::compilation(
            "ambiguous-alias",
            format!(
                "dbt found two resources with the database representation \"{name}\".\n{first}\n{second}"
            ),
        )
        .help("give one of them another alias or schema"),
    ))
}

fn ambiguous_catalog_match(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let names = ["unique_id", "match_1", "match_2"];
    let [model, first, second] = bind_required("raise_ambiguous_catalog_match", args, names, 3)?;
    let line = |found: &Value| {
        let metadata = found.get_attr("metadata").unwrap_or_default();
        format!(" - {}.{}", attribute(&metadata, "schema"), attribute(&metadata, "name"))
    };
    let (model, first, second) = (to_str(&model), line(&first), line(&second));
    Err(raise(
        Diagnostic::compilation(
            "ambiguous-catalog-match",
            format!(
                "dbt found two relations in your warehouse with similar database identifiers \
                 for the model \"{model}\":\n{first}\n{second}"
            ),
        )
        .help("drop or rename one of them"),
    ))
}

fn dependency_not_found(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let names = ["node", "node_description", "required_pkg"];
    let [_, description, package] = bind_required("raise_dep_not_found", args, names, 3)?;
    let (description, package) = (to_str(&description), to_str(&package));
    Err(raise(
        Diagnostic::compilation(
            "package-not-found",
            format!("Error while parsing {description}.\nThe required package \"{package}\" was not found"),
        )
        .help("is it in packages.yml? then run `rsdbt deps`"),
    ))
}

fn duplicate_patch(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [patch, existing] = bind_required("raise_duplicate_patch_name", args, ["patch_1", "existing"], 2)?;
    let (name, file, existing) =
        (attribute(&patch, "name"), attribute(&patch, "original_file_path"), to_str(&existing));
    Err(raise(
        Diagnostic::compilation(
            "duplicate-patch",
            format!("dbt found two schema.yml entries for the same resource named {name}: in {file} and {existing}"),
        )
        .help("describe it in one place"),
    ))
}

fn duplicate_resource(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [first, second] = bind_required("raise_duplicate_resource_name", args, ["node_1", "node_2"], 2)?;
    let name = attribute(&first, "name");
    let line = |node: &Value| {
        format!("- {} ({})", attribute(node, "unique_id"), attribute(node, "original_file_path"))
    };
    let (first, second) = (line(&first), line(&second));
    Err(raise(
        Diagnostic::compilation(
            "duplicate-resource-name",
            format!("dbt found two resources with the name \"{name}\".\n{first}\n{second}"),
        )
        .help("rename one of them"),
    ))
}

fn invalid_property_file(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [path, issue] = bind_required("raise_invalid_property_yml_version", args, ["path", "issue"], 2)?;
    let (path, issue) = (to_str(&path), to_str(&issue));
    fail(
        Category::Compilation,
        "invalid-property-file",
        format!("The yml property file at {path} is invalid because {issue}"),
    )
}
