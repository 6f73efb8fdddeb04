//! Filters on texts. Values that are no text are printed first, an undefined one is empty.

use std::fmt::Write as _;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, State, Value};

use super::super::python::{self, bind, escaped, markup_of, percent_format, to_str, type_error};
use super::filter::add_looking;
use super::path::is_tolerant;
use super::{add, flag, or};

pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_filter("upper", |value: &Value| to_str(value).to_uppercase());
    environment.add_filter("lower", |value: &Value| to_str(value).to_lowercase());
    environment.add_filter("string", |value: &Value| to_str(value));
    environment.add_filter("capitalize", |value: &Value| capitalize(&to_str(value)));
    environment.add_filter("title", |value: &Value| title(&to_str(value)));
    add(environment, "center", center);
    add(environment, "truncate", truncate);
    environment.add_filter("wordcount", |value: &Value| words(&to_str(value)));
    add_looking(environment, "wordwrap", word_wrap);
    add(environment, "indent", indent);
    add(environment, "trim", trim);
    add(environment, "replace", replace);
    environment.add_filter("escape", |value: &Value| markup_of(value));
    environment.add_filter("e", |value: &Value| markup_of(value));
    environment.add_filter("forceescape", |value: &Value| Value::from_safe_string(escaped(&to_str(value))));
    environment.add_filter("safe", |value: &Value| Value::from_safe_string(to_str(value)));
    add_looking(environment, "xmlattr", attributes);
    environment.add_filter("striptags", |value: &Value| strip_tags(&to_str(value)));
    environment.add_filter("urlencode", url_encode);
    add(environment, "format", format);
    add(environment, "tojson", to_json);
    environment.add_filter("pprint", |value: &Value| python::repr(value));
    add(environment, "filesizeformat", file_size);
}

fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters.flat_map(char::to_lowercase)).collect()
}

/// Jinja2 starts a word after white space, hyphens and opening brackets.
fn title(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut starts = true;
    for character in text.chars() {
        if starts {
            result.extend(character.to_uppercase());
        } else {
            result.extend(character.to_lowercase());
        }
        starts = python::is_space(character) || "-({[<".contains(character);
    }
    result
}

fn center(value: &Value, args: &[Value]) -> Result<String, Error> {
    let [width] = bind("center", args, ["width"])?;
    let text = to_str(value);
    let room = or(width.as_ref(), 80, Value::as_usize).saturating_sub(text.chars().count());
    let width = or(width.as_ref(), 80, Value::as_usize);
    // As CPython places the odd space.
    let left = room / 2 + (room & width & 1);
    Ok(format!("{}{text}{}", " ".repeat(left), " ".repeat(room - left)))
}

fn truncate(value: &Value, args: &[Value]) -> Result<Value, Error> {
    let [length, kill_words, end, leeway] = bind("truncate", args, ["length", "killwords", "end", "leeway"])?;
    if let Some(wrong) =
        length.as_ref().filter(|length| !matches!(length.kind(), ValueKind::Number | ValueKind::Bool))
    {
        let kind = python::type_name(wrong);
        return Err(type_error(format!("'>=' not supported between instances of '{kind}' and 'int'")));
    }
    let length = or(length.as_ref(), 255, Value::as_usize);
    let end = end.as_ref().map_or_else(|| "...".to_owned(), to_str);
    if length < end.chars().count() {
        let (expected, got) = (end.chars().count(), length);
        return Err(type_error(format!("expected length >= {expected}, got {got}")));
    }
    let size = if value.is_undefined() { Some(0) } else { value.len() };
    let size = size
        .ok_or_else(|| type_error(format!("object of type '{}' has no len()", python::type_name(value))))?;
    if size <= length + or(leeway.as_ref(), 5, Value::as_usize) {
        return Ok(value.clone());
    }
    let text = only_text("truncate", value)?;
    let kept: String = text.chars().take(length.saturating_sub(end.chars().count())).collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !flag(kill_words.as_ref()) => words,
        _ => &kept,
    };
    Ok(Value::from(format!("{kept}{end}")))
}

fn words(text: &str) -> usize {
    text.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .filter(|word| !word.is_empty())
        .count()
}

fn word_wrap(state: &State<'_, '_>, value: &Value, args: &[Value]) -> Result<String, Error> {
    if value.is_undefined() && is_tolerant(state) {
        return Ok(String::new());
    }
    let [width, break_long, separator, _] =
        bind("wordwrap", args, ["width", "break_long_words", "wrapstring", "break_on_hyphens"])?;
    let width = or(width.as_ref(), 79, Value::as_usize).max(1);
    let break_long = break_long.is_none_or(|given| given.is_true());
    let separator = separator.as_ref().filter(|text| !text.is_none()).map_or_else(|| "\n".to_owned(), to_str);
    let mut lines: Vec<String> = Vec::new();
    for paragraph in only_text("wordwrap", value)?.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let mut word = word;
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            while break_long && word.chars().count() > width {
                let at = word.char_indices().nth(width).map_or(word.len(), |(at, _)| at);
                lines.push(word[..at].to_owned());
                word = &word[at..];
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    Ok(lines.join(&separator))
}

/// Filters that ask a text for its lines take nothing else.
fn only_text(filter: &str, value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None if value.is_undefined() => Err(Error::from(minijinja::ErrorKind::UndefinedError)),
        None => Err(type_error(format!("{filter}() needs a text, not {}", python::type_name(value)))),
    }
}

fn indent(value: &Value, args: &[Value]) -> Result<String, Error> {
    let [width, first, blank] = bind("indent", args, ["width", "first", "blank"])?;
    let text = only_text("indent", value)?;
    let indention = match width.as_ref() {
        Some(width) if width.kind() == ValueKind::String => to_str(width),
        width => " ".repeat(or(width, 4, Value::as_usize)),
    };
    let mut result = String::with_capacity(text.len() + 16);
    let mut lines = python::lines(&text);
    if lines.is_empty() || text.ends_with(python::is_line_break) {
        lines.push("");
    }
    for (index, line) in lines.into_iter().enumerate() {
        if index > 0 {
            result.push('\n');
        }
        let indented =
            if index == 0 { flag(first.as_ref()) } else { flag(blank.as_ref()) || !line.is_empty() };
        if indented {
            result.push_str(&indention);
        }
        result.push_str(line);
    }
    Ok(result)
}

fn trim(value: &Value, args: &[Value]) -> Result<String, Error> {
    let [characters] = bind("trim", args, ["chars"])?;
    let text = to_str(value);
    Ok(match characters.as_ref().and_then(Value::as_str) {
        Some(characters) => text.trim_matches(|one| characters.contains(one)).to_owned(),
        None => text.trim_matches(python::is_space).to_owned(),
    })
}

fn replace(value: &Value, args: &[Value]) -> Result<String, Error> {
    let [old, new, count] = bind("replace", args, ["old", "new", "count"])?;
    let (Some(old), Some(new)) = (old, new) else {
        return Err(type_error("replace() needs an old and a new text"));
    };
    let (text, old, new) = (to_str(value), to_str(&old), to_str(&new));
    Ok(match count.as_ref().and_then(Value::as_usize) {
        Some(count) => text.replacen(&old, &new, count),
        None => text.replace(&old, &new),
    })
}

fn strip_tags(text: &str) -> String {
    let mut inside = false;
    let plain: String = text
        .chars()
        .filter(|&character| {
            let kept = !inside && character != '<';
            inside = character == '<' || inside && character != '>';
            kept
        })
        .collect();
    plain.split(python::is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A text, or the pairs of a mapping or a list, as the query of an address.
fn url_encode(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable | ValueKind::Undefined => {
            let pairs = python::pairs_of(value)?;
            let pairs =
                pairs.iter().map(|(key, value)| format!("{}={}", quoted_plus(key), quoted_plus(value)));
            Ok(pairs.collect::<Vec<_>>().join("&"))
        }
        _ => Ok(quoted(&to_str(value), b"/")),
    }
}

fn quoted_plus(value: &Value) -> String {
    quoted(&to_str(value), b" ").replace(' ', "+")
}

fn quoted(text: &str, safe: &[u8]) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) || safe.contains(&byte) {
            result.push(char::from(byte));
        } else {
            let _ = write!(result, "%{byte:02X}");
        }
    }
    result
}

/// `'%s of %s' | format(1, 2)`, `'%(a)s' | format(a=1)`.
fn format(value: &Value, args: &[Value]) -> Result<String, Error> {
    let given = match args {
        [only] if only.is_kwargs() => {
            let pairs = only.as_object().and_then(minijinja::value::DynObject::try_iter_pairs);
            python::dict(pairs.into_iter().flatten())
        }
        all => python::tuple(all.to_vec()),
    };
    percent_format(&to_str(value), &given)
}

/// Jinja2's filter sorts keys and is safe inside of HTML; dbt's function `tojson` is another.
fn to_json(value: &Value, args: &[Value]) -> Result<String, Error> {
    let [indent] = bind("tojson", args, ["indent"])?;
    let json = match indent.and_then(|width| width.as_usize()) {
        Some(width) => {
            let indent = " ".repeat(width);
            let formatter = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
            let mut bytes = Vec::new();
            let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
            let mut json = python::to_json(value);
            json.sort_all_objects();
            serde::Serialize::serialize(&json, &mut serializer)
                .map_err(|error| type_error(error.to_string()))?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        None => python::json_dumps(value, true)?,
    };
    Ok(json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").replace('\'', "\\u0027"))
}

/// `{'id': 1} | xmlattr`: attributes of an element, with a space before the first.
fn attributes(state: &State<'_, '_>, value: &Value, args: &[Value]) -> Result<String, Error> {
    let [space] = bind("xmlattr", args, ["autospace"])?;
    if value.is_undefined() && is_tolerant(state) {
        return Ok(String::new());
    }
    if value.kind() != ValueKind::Map {
        return Err(type_error("xmlattr() needs a mapping"));
    }
    let mut text = String::new();
    for (name, value) in python::pairs_of(value)? {
        if value.is_none() || value.is_undefined() {
            continue;
        }
        let Some(plain) = name.as_str() else {
            return Err(type_error("expected string or bytes-like object"));
        };
        if plain.contains(|letter: char| python::is_space(letter) || matches!(letter, '/' | '>' | '=')) {
            return Err(type_error(format!("Invalid character in attribute name: {}", python::repr(&name))));
        }
        let separator = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{separator}{}=\"{}\"", to_str(&markup_of(&name)), to_str(&markup_of(&value)));
    }
    let spaced = space.is_none_or(|given| given.is_true()) && !text.is_empty();
    Ok(if spaced { format!(" {text}") } else { text })
}

fn file_size(value: &Value, args: &[Value]) -> Result<String, Error> {
    let [binary] = bind("filesizeformat", args, ["binary"])?;
    let binary = flag(binary.as_ref());
    let bytes = f64::try_from(value.clone()).map_err(|_| type_error("filesizeformat() needs a number"))?;
    let base = if binary { 1024.0 } else { 1000.0 };
    if (bytes - 1.0).abs() < f64::EPSILON {
        return Ok("1 Byte".to_owned());
    }
    if bytes < base {
        return Ok(format!("{bytes:.0} Bytes"));
    }
    let units = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
    let mut size = bytes / base;
    let mut unit = 0;
    while size >= base && unit + 1 < units.len() {
        size /= base;
        unit += 1;
    }
    let suffix = if binary { "iB" } else { "B" };
    let letter = if binary { units[unit].to_uppercase() } else { units[unit].to_owned() };
    Ok(format!("{size:.1} {letter}{suffix}"))
}
