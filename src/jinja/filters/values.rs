//! Filters that must know Python's numbers and give mutable lists: `list`, `sort`, `int`, `round`, `tojson`..

use std::cmp::Ordering;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, State, Value};

use super::filter::{add, add_looking};
use super::path::below;
use crate::jinja::python::{
    Decimal, as_float, as_int, bind, bind_required, expect_int, given, int_value, items_of,
    json_dumps_indented, list, operators, to_str, type_error, type_name, value_error, whole,
};

type Filter = fn(&Value, &[Value]) -> Result<Value, Error>;
type Looking = fn(&State<'_, '_>, &Value, &[Value]) -> Result<Value, Error>;

const FILTERS: [(&str, Filter); 8] = [
    ("default", default),
    ("d", default),
    ("list", to_list),
    ("int", int),
    ("float", float),
    ("round", round),
    ("abs", abs),
    ("tojson", to_json),
];

const LOOKING: [(&str, Looking); 4] = [
    ("sort", sort),
    ("sum", sum),
    ("min", |state, value, args| extreme(state, "min", value, args)),
    ("max", |state, value, args| extreme(state, "max", value, args)),
];

pub(super) fn install(environment: &mut Environment<'static>) {
    for (name, filter) in FILTERS {
        add(environment, name, filter);
    }
    for (name, filter) in LOOKING {
        add_looking(environment, name, filter);
    }
    environment.add_test("number", |value: &Value| number(value).is_some());
}

/// What Jinja2 iterates over; undefined has no items.
fn items(value: &Value) -> Result<Vec<Value>, Error> {
    if value.is_undefined() { Ok(Vec::new()) } else { items_of(value) }
}

fn default(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [default, boolean] = bind("default", args, ["default_value", "boolean"])?;
    let missing = value.is_undefined() || boolean.is_some_and(|flag| flag.is_true()) && !value.is_true();
    Ok(if missing { default.unwrap_or_else(|| Value::from("")) } else { value.clone() })
}

fn to_list(value: &Value, args: &[Value]) -> Result<Value, Error> {
    bind::<0>("list", args, [])?;
    items(value).map(list)
}

/// `a.b` or `0`, several separated by commas; nothing is the value itself.
fn attributes(state: &State<'_, '_>, value: &Value, path: Option<&Value>) -> Result<Vec<Value>, Error> {
    let Some(path) = path.filter(|path| given(path)) else { return Ok(vec![value.clone()]) };
    to_str(path).split(',').map(|path| below(state, value, &Value::from(path.trim()), None)).collect()
}

/// Jinja2 sorts and compares texts without case unless told otherwise.
fn ranks(
    state: &State<'_, '_>,
    value: &Value,
    path: Option<&Value>,
    case_sensitive: bool,
) -> Result<Vec<Value>, Error> {
    let fold = |value: Value| match value.as_str() {
        Some(text) if !case_sensitive => Value::from(text.to_lowercase()),
        _ => value,
    };
    Ok(attributes(state, value, path)?.into_iter().map(fold).collect())
}

/// Ranks are compared as Python compares lists: what equals needs no order.
fn compare_ranks(left: &[Value], right: &[Value], failed: &mut Option<Error>) -> Ordering {
    let different = left.iter().zip(right).find(|(left, right)| !operators::equals(left, right));
    let Some((left, right)) = different else { return Ordering::Equal };
    operators::order("<", left, right).unwrap_or_else(|error| {
        failed.get_or_insert(error);
        Ordering::Equal
    })
}

fn sort(state: &State<'_, '_>, value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [reverse, case_sensitive, attribute] =
        bind("sort", args, ["reverse", "case_sensitive", "attribute"])?;
    let case_sensitive = case_sensitive.is_some_and(|flag| flag.is_true());
    let reverse = reverse.map(|flag| expect_int("sort", &flag)).transpose()?.is_some_and(|flag| flag != 0);
    let mut ranked = Vec::new();
    for item in items(value)? {
        ranked.push((ranks(state, &item, attribute.as_ref(), case_sensitive)?, item));
    }
    let mut failed = None;
    ranked.sort_by(|(left, _), (right, _)| {
        let order = compare_ranks(left, right, &mut failed);
        if reverse { order.reverse() } else { order }
    });
    failed.map_or(Ok(()), Err)?;
    Ok(list(ranked.into_iter().map(|(_, item)| item).collect()))
}

fn extreme(state: &State<'_, '_>, name: &str, value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [case_sensitive, attribute] = bind(name, args, ["case_sensitive", "attribute"])?;
    let case_sensitive = case_sensitive.is_some_and(|flag| flag.is_true());
    let wanted = if name == "min" { Ordering::Less } else { Ordering::Greater };
    let mut best: Option<(Value, Value)> = None;
    for item in items(value)? {
        let rank =
            ranks(state, &item, attribute.as_ref(), case_sensitive)?.into_iter().next().unwrap_or_default();
        let better = match &best {
            None => true,
            Some((best, _)) => {
                operators::order(if name == "min" { "<" } else { ">" }, &rank, best)? == wanted
            }
        };
        if better {
            best = Some((rank, item));
        }
    }
    Ok(best.map(|(_, item)| item).unwrap_or_default())
}

fn sum(state: &State<'_, '_>, value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [attribute, start] = bind("sum", args, ["attribute", "start"])?;
    let start = start.unwrap_or_else(|| Value::from(0));
    items(value)?.iter().try_fold(start, |total, item| {
        let parts = attributes(state, item, attribute.as_ref())?;
        operators::add(&total, parts.first().unwrap_or(&Value::UNDEFINED))
    })
}

fn int(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [default, base] = bind("int", args, ["default", "base"])?;
    if value.is_undefined() {
        return Err(Error::from(minijinja::ErrorKind::UndefinedError));
    }
    let parsed = match value.as_str().filter(|_| value.kind() == ValueKind::String) {
        // with a base that is none, the text may still be a float
        Some(text) => parse_int(text, base.map_or(Some(10), |base| as_int(&base)?.try_into().ok())),
        None => truncated(value),
    };
    Ok(parsed.unwrap_or_else(|| default.unwrap_or_else(|| Value::from(0))))
}

fn truncated(value: &Value) -> Option<Value> {
    if let Some(decimal) = value.downcast_object_ref::<Decimal>() {
        return Some(decimal.to_whole());
    }
    let float = || as_float(value).filter(|float| float.is_finite()).map(whole);
    as_int(value).map(int_value).or_else(float)
}

fn parse_int(text: &str, base: Option<u32>) -> Option<Value> {
    let trimmed = text.trim().replace('_', "");
    let digits = match base {
        Some(16) => trimmed.trim_start_matches("0x").trim_start_matches("0X"),
        Some(8) => trimmed.trim_start_matches("0o").trim_start_matches("0O"),
        Some(2) => trimmed.trim_start_matches("0b").trim_start_matches("0B"),
        _ => trimmed.as_str(),
    };
    let base = base.filter(|base| (2..=36).contains(base));
    let parsed = base.and_then(|base| i128::from_str_radix(digits, base).ok()).map(int_value);
    parsed.or_else(|| parse_float(&trimmed).filter(|float| float.is_finite()).map(whole))
}

/// Python reads `nan` and `inf` too, but no hexadecimal floats.
fn parse_float(text: &str) -> Option<f64> {
    text.trim().replace('_', "").parse().ok()
}

fn float(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [default] = bind("float", args, ["default"])?;
    if value.is_undefined() {
        return Err(Error::from(minijinja::ErrorKind::UndefinedError));
    }
    let parsed = match value.as_str().filter(|_| value.kind() == ValueKind::String) {
        Some(text) => parse_float(text),
        None => number(value),
    };
    Ok(parsed.map_or_else(|| default.unwrap_or_else(|| Value::from(0.0)), Value::from))
}

fn number(value: &Value) -> Option<f64> {
    as_float(value).or_else(|| as_int(value).map(|int| if int == 0 { 0.0 } else { 1.0 }))
}

fn round(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [precision, method] = bind("round", args, ["precision", "method"])?;
    let precision = precision.map_or(Ok(0), |precision| expect_int("round", &precision))?;
    let precision = i32::try_from(precision.clamp(-300, 300)).unwrap_or_default();
    let method = method.map_or_else(|| "common".to_owned(), |method| to_str(&method));
    let not_a_number = || type_error(format!("type {} cannot be rounded", type_name(value)));
    if method == "common" {
        if let (true, Some(int)) = (precision >= 0, as_int(value)) {
            return Ok(int_value(int));
        }
        if let Some(decimal) = value.downcast_object_ref::<Decimal>() {
            return decimal.quantize(-precision).map(Value::from_object).ok_or_else(|| {
                value_error("InvalidOperation: the result of `round` has more than 28 digits")
            });
        }
        let float = number(value).ok_or_else(not_a_number)?;
        let rounded = round_float(float, precision);
        return Ok(if as_int(value).is_some() { whole(rounded) } else { Value::from(rounded) });
    }
    let float = number(value).ok_or_else(not_a_number)?;
    let scale = 10_f64.powi(precision);
    match method.as_str() {
        "ceil" => Ok(Value::from((float * scale).ceil() / scale)),
        "floor" => Ok(Value::from((float * scale).floor() / scale)),
        _ => Err(type_error("method must be common, ceil or floor")),
    }
}

/// Python's `round`: exact on the float's digits, ties to even.
fn round_float(float: f64, precision: i32) -> f64 {
    if let Ok(places) = usize::try_from(precision) {
        return format!("{float:.places$}").parse().unwrap_or(float);
    }
    let scale = 10_f64.powi(-precision);
    (float / scale).round_ties_even() * scale
}

fn abs(value: &Value, args: &[Value]) -> Result<Value, Error> {
    bind::<0>("abs", args, [])?;
    let zero = Value::from(0);
    match operators::order("<", value, &zero)? {
        Ordering::Less => operators::negate(value),
        _ => operators::positive(value),
    }
}

/// Jinja2's filter sorts keys and escapes what HTML knows; dbt's function of this name does not.
fn to_json(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [indent] = bind_required("tojson", args, ["indent"], 0)?;
    let indent = indent.as_usize().filter(|_| given(&indent));
    let text = json_dumps_indented(value, true, indent)?;
    let escaped =
        text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").replace('\'', "\\u0027");
    Ok(Value::from_safe_string(escaped))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluate(expression: &str) -> String {
        let mut environment = Environment::new();
        install(&mut environment);
        environment.add_function("D", |text: &str| Value::from_object(text.parse::<Decimal>().unwrap()));
        let result = environment.compile_expression(expression).and_then(|compiled| compiled.eval(()));
        result.map_or_else(|error| format!("error: {error}"), |value| crate::jinja::python::repr(&value))
    }

    #[test]
    fn as_jinja2_on_python_numbers() {
        for (expression, expected) in [
            ("'42'|int", "42"),
            ("'4.9'|int", "4"),
            ("'x'|int", "0"),
            ("'x'|int(5)", "5"),
            ("'ff'|int(base=16)", "255"),
            ("3.7|int", "3"),
            ("none|int", "0"),
            ("D('150.99')|int", "150"),
            ("'1.5'|float", "1.5"),
            ("'x'|float(none)", "None"),
            ("D('1.50')|float", "1.5"),
            ("42.55|round", "43.0"),
            ("42.55|round(1)", "42.5"),
            ("42.55|round(1, 'floor')", "42.5"),
            ("42.51|round(method='ceil')", "43.0"),
            ("42|round", "42"),
            ("2.5|round", "2.0"),
            ("1234|round(-2)", "1200"),
            ("D('2.675')|round(2)", "Decimal('2.68')"),
            ("-5|abs", "5"),
            ("D('-1.5')|abs", "Decimal('1.5')"),
            ("[1, 2, 3]|sum", "6"),
            ("[D('1.5'), 2]|sum", "Decimal('3.5')"),
            ("[{'a': 1}, {'a': 2}]|sum(attribute='a')", "3"),
            ("[]|sum", "0"),
            ("['b', 'A', 'c']|sort", "['A', 'b', 'c']"),
            ("['b', 'A', 'c']|sort(case_sensitive=true)", "['A', 'b', 'c']"),
            ("['b', 'a', 'C']|sort(true)", "['C', 'b', 'a']"),
            ("[{'n': 2}, {'n': 1}]|sort(attribute='n')", "[{'n': 1}, {'n': 2}]"),
            ("[3, 1]|min", "1"),
            ("['b', 'A']|max", "'b'"),
            ("[]|max", "Undefined"),
            ("'abc'|list", "['a', 'b', 'c']"),
            ("{'b': 1, 'a': 2}|list", "['b', 'a']"),
            (
                "{'b': \"it's <b>\", 'a': 2}|tojson",
                r#"Markup('{"a": 2, "b": "it\\u0027s \\u003cb\\u003e"}')"#,
            ),
            ("{'a': [1]}|tojson(indent=2)", "Markup('{\\n  \"a\": [\\n    1\\n  ]\\n}')"),
        ] {
            assert_eq!(evaluate(expression), expected, "{expression}");
        }
        assert!(evaluate("[1, 'a']|sort").starts_with("error"));
    }
}
