//! `str.maketrans` and `str.translate`.

use minijinja::{Error, Value};

use crate::jinja::python::{bind_required, dict, expect_str, integer, pairs_of, to_str, type_error};

/// A table maps code points, as Python's `str.maketrans` makes them, or single letters.
pub(super) fn translate(text: &str, table: &Value) -> Result<Value, Error> {
    let mut out = String::new();
    for letter in text.chars() {
        let mut to = table.get_item(&Value::from(u32::from(letter)))?;
        if to.is_undefined() {
            to = table.get_item(&Value::from(letter.to_string()))?;
        }
        if to.is_undefined() {
            out.push(letter);
        } else if let Some(code) = integer::as_int(&to) {
            out.extend(u32::try_from(code).ok().and_then(char::from_u32));
        } else if !to.is_none() {
            out.push_str(&to_str(&to));
        }
    }
    Ok(Value::from(out))
}

/// Of a mapping; of two texts of one length; and of what is left out.
pub(super) fn table(args: &[Value]) -> Result<Value, Error> {
    let [from, to, without] = bind_required("maketrans", args, ["x", "y", "z"], 1)?;
    let code = |letter: char| Value::from(u32::from(letter));
    if to.is_undefined() {
        let pairs = pairs_of(&from)?.into_iter().map(|(key, value)| {
            let letter = key.as_str().and_then(|text| text.chars().next());
            (letter.map_or(key, code), value)
        });
        return Ok(dict(pairs));
    }
    let letters = |value: &Value| Ok::<Vec<char>, Error>(expect_str("maketrans", value)?.chars().collect());
    let (from, to) = (letters(&from)?, letters(&to)?);
    if from.len() != to.len() {
        return Err(type_error("the first two maketrans arguments must have equal length"));
    }
    let without = if without.is_undefined() { Vec::new() } else { letters(&without)? };
    let pairs = from.into_iter().zip(to).map(|(from, to)| (code(from), code(to)));
    Ok(dict(pairs.chain(without.into_iter().map(|letter| (code(letter), Value::from(()))))))
}
