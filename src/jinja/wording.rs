//! minijinja's complaints in the words of Jinja2 and Python, which users of dbt search for.

use crate::diagnostic::{Diagnostic, did_you_mean};

/// The filters of Jinja2 and dbt, for "did you mean".
const FILTERS: [&str; 56] = [
    "abs",
    "as_bool",
    "as_native",
    "as_number",
    "as_text",
    "attr",
    "batch",
    "capitalize",
    "center",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "filesizeformat",
    "first",
    "float",
    "forceescape",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "random",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "striptags",
    "sum",
    "title",
    "tojson",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "wordcount",
    "wordwrap",
];

const TESTS: [&str; 39] = [
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "boolean",
    "callable",
    "defined",
    "divisibleby",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// Whether there is such a filter or test.
pub(super) fn is_known(what: &str, name: &str) -> bool {
    if what == "test" {
        return TESTS.contains(&name);
    }
    // those that lowering writes are no identifiers
    FILTERS.contains(&name)
        || name == "is_list"
        || name == "xmlattr"
        || !name.starts_with(char::is_alphabetic)
}

/// `No filter named 'uper'.`
pub(super) fn unknown(what: &str, name: &str) -> Diagnostic {
    Diagnostic::compilation("unknown-filter", format!("No {what} named '{name}'."))
        .help(format!("a {what} is one of Jinja2's; a macro is called as a function: `{name}(..)`"))
        .maybe_help(if what == "filter" { did_you_mean(name, FILTERS) } else { None })
}

/// What the virtual machine complains about.
pub(super) fn of_run(detail: &str) -> String {
    let translated = (|| {
        if let Some((kind, method)) = method_of(detail) {
            return Some(missing_attribute(kind, method));
        }
        if let Some(kind) = detail.strip_suffix(" is not iterable").filter(|kind| !kind.ends_with("object")) {
            return Some(format!("'{}' object is not iterable", type_name(kind)));
        }
        if let Some(rest) = detail.strip_prefix("value of type ") {
            let kind = rest.strip_suffix(" is not callable")?;
            return Some(format!("'{}' object is not callable", type_name(kind)));
        }
        let lengths = detail.strip_prefix("sequence of wrong length (expected ")?.strip_suffix(')')?;
        let (expected, got) = lengths.split_once(", got ")?;
        let too_many = got.parse::<usize>().ok()? > expected.parse::<usize>().ok()?;
        Some(if too_many {
            format!("too many values to unpack (expected {expected})")
        } else {
            format!("not enough values to unpack (expected {expected}, got {got})")
        })
    })();
    translated.unwrap_or_else(|| detail.to_owned())
}

fn method_of(detail: &str) -> Option<(&str, &str)> {
    if let Some(found) = detail.split_once(" has no method named ") {
        return Some(found);
    }
    detail.strip_prefix('`')?.strip_suffix('`')?.split_once("` has no method `")
}

/// `'dict object' has no attribute 'x'`
pub(super) fn missing_attribute(kind: &str, attribute: &str) -> String {
    match type_name(kind) {
        "NoneType" | "none" => format!("'None' has no attribute '{attribute}'"),
        kind => format!("'{kind} object' has no attribute '{attribute}'"),
    }
}

/// minijinja's kinds under Python's names.
fn type_name(kind: &str) -> &str {
    match kind {
        "number" => "int",
        "string" => "str",
        "none" => "NoneType",
        "sequence" | "iterable" => "list",
        "map" => "dict",
        "plain object" => "object",
        other => other,
    }
}

/// Of `a + b`, where one side is undefined, the text of that side.
pub(super) fn undefined_operand<'a>(detail: &str, text: &'a str) -> Option<&'a str> {
    let rest = detail.strip_prefix("unsupported operand type(s) for ")?;
    let (operator, types) = rest.split_once(": ")?;
    let (left, right) = text.split_once(operator)?;
    let side = if types.starts_with("'Undefined'") { left } else { right };
    let side = side.trim();
    side.chars().all(|one| one.is_alphanumeric() || matches!(one, '_' | '.')).then_some(side)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_jinja2_s() {
        for (detail, expected) in [
            ("`dict` has no method `x`", "'dict object' has no attribute 'x'"),
            ("none has no method named x", "'None' has no attribute 'x'"),
            ("number is not iterable", "'int' object is not iterable"),
            ("'NoneType' object is not iterable", "'NoneType' object is not iterable"),
            ("value of type string is not callable", "'str' object is not callable"),
            ("sequence of wrong length (expected 2, got 3)", "too many values to unpack (expected 2)"),
            ("division by zero", "division by zero"),
        ] {
            assert_eq!(of_run(detail), expected);
        }
    }

    #[test]
    fn the_undefined_side_of_an_operator_is_found() {
        let detail = "unsupported operand type(s) for +: 'int' and 'Undefined'";
        assert_eq!(undefined_operand(detail, "1 + a.b"), Some("a.b"));
        assert_eq!(undefined_operand(detail, "1 + (a or b)"), None);
    }
}
