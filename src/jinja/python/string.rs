//! The methods of Python's `str`.

use minijinja::Error;
use minijinja::value::Value;

use super::items::items_of;
use super::{bind, bind_required, expect_int, expect_str, given, no_arguments, type_error, unknown_method};

mod case;
mod encoded;
mod pieces;
mod search;
mod split;
mod translation;

pub(crate) use split::{is_line_break, lines};

use case::{capitalize, swap_case, title};

pub(super) fn call_str_method(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    if let Some(result) = search::call(text, method, args).or_else(|| split::call(text, method, args)) {
        return result;
    }
    if let Some(answer) = predicate(text, method) {
        no_arguments(method, args)?;
        return Ok(Value::from(answer));
    }
    let plain = |result: String| no_arguments(method, args).map(|()| Value::from(result));
    match method {
        "upper" => plain(text.to_uppercase()),
        "lower" | "casefold" => plain(text.to_lowercase()),
        "title" => plain(title(text)),
        "capitalize" => plain(capitalize(text)),
        "swapcase" => plain(swap_case(text)),
        "strip" | "lstrip" | "rstrip" => strip(text, method, args),
        "removeprefix" => {
            let [prefix] = bind_required(method, args, ["prefix"], 1)?;
            Ok(Value::from(text.strip_prefix(expect_str(method, &prefix)?).unwrap_or(text)))
        }
        "removesuffix" => {
            let [suffix] = bind_required(method, args, ["suffix"], 1)?;
            Ok(Value::from(text.strip_suffix(expect_str(method, &suffix)?).unwrap_or(text)))
        }
        "replace" => replace(text, args),
        "join" => join(text, args),
        "format" => super::format::str_format(text, args).map(Value::from),
        "format_map" => {
            let [mapping] = bind_required(method, args, ["mapping"], 1)?;
            let keywords: minijinja::value::Kwargs =
                super::pairs_of(&mapping)?.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
            super::format::str_format(text, &[Value::from(keywords)]).map(Value::from)
        }
        "zfill" => zfill(text, args),
        "center" | "ljust" | "rjust" => justify(text, method, args),
        "expandtabs" => {
            let [size] = bind(method, args, ["tabsize"])?;
            let size = size.map_or(Ok(8), |size| expect_int(method, &size))?;
            Ok(Value::from(expand_tabs(text, usize::try_from(size).unwrap_or_default())))
        }
        "encode" => encoded::encode(text, args),
        "maketrans" => translation::table(args),
        "translate" => {
            let [table] = bind_required(method, args, ["table"], 1)?;
            translation::translate(text, &table)
        }
        _ => Err(unknown_method("str", method)),
    }
}

fn predicate(text: &str, method: &str) -> Option<bool> {
    let all = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    let cased = || text.chars().any(|letter| letter.is_lowercase() || letter.is_uppercase());
    Some(match method {
        "isdigit" => all(|letter| letter.is_ascii_digit() || (!letter.is_ascii() && letter.is_numeric())),
        "isdecimal" => all(|letter| letter.is_ascii_digit()),
        "isnumeric" => all(char::is_numeric),
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isspace" => all(char::is_whitespace),
        "islower" => cased() && !text.chars().any(char::is_uppercase),
        "isupper" => cased() && !text.chars().any(char::is_lowercase),
        "istitle" => cased() && title(text) == text,
        "isascii" => text.is_ascii(),
        "isprintable" => text.chars().all(|letter| letter == ' ' || super::repr::is_printable(letter)),
        "isidentifier" => {
            let mut letters = text.chars();
            letters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
                && letters.all(|letter| letter == '_' || letter.is_alphanumeric())
        }
        _ => return None,
    })
}

fn strip(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let [characters] = bind(method, args, ["chars"])?;
    let set: Option<Vec<char>> = match characters.filter(|characters| !characters.is_none()) {
        Some(characters) => Some(expect_str(method, &characters)?.chars().collect()),
        None => None,
    };
    let strips = |letter: char| match &set {
        Some(set) => set.contains(&letter),
        None => letter.is_whitespace(),
    };
    let mut stripped = text;
    if method != "rstrip" {
        stripped = stripped.trim_start_matches(strips);
    }
    if method != "lstrip" {
        stripped = stripped.trim_end_matches(strips);
    }
    Ok(Value::from(stripped))
}

fn replace(text: &str, args: &[Value]) -> Result<Value, Error> {
    let [old, new, count] = bind_required("replace", args, ["old", "new", "count"], 2)?;
    let (old, new) = (expect_str("replace", &old)?, expect_str("replace", &new)?);
    let count = if given(&count) { expect_int("replace", &count)? } else { -1 };
    Ok(Value::from(match usize::try_from(count) {
        Ok(count) => text.replacen(old, new, count),
        Err(_) => text.replace(old, new),
    }))
}

fn join(separator: &str, args: &[Value]) -> Result<Value, Error> {
    let [values] = bind_required("join", args, ["iterable"], 1)?;
    let mut joined = String::new();
    for (index, item) in items_of(&values)?.iter().enumerate() {
        let item = item.as_str().ok_or_else(|| {
            let kind = super::type_name(item);
            type_error(format!("sequence item {index}: expected str instance, {kind} found"))
        })?;
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(item);
    }
    Ok(Value::from(joined))
}

fn zfill(text: &str, args: &[Value]) -> Result<Value, Error> {
    let [width] = bind_required("zfill", args, ["width"], 1)?;
    let width = usize::try_from(expect_int("zfill", &width)?).unwrap_or_default().min(1_000_000);
    let missing = "0".repeat(width.saturating_sub(text.chars().count()));
    Ok(Value::from(match text.strip_prefix(['+', '-']) {
        Some(digits) => format!("{}{missing}{digits}", &text[..1]),
        None => format!("{missing}{text}"),
    }))
}

fn justify(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let [width, fill] = bind_required(method, args, ["width", "fillchar"], 1)?;
    let width = usize::try_from(expect_int(method, &width)?).unwrap_or_default().min(1_000_000);
    let fill = if given(&fill) { expect_str(method, &fill)?.to_owned() } else { " ".into() };
    let missing = width.saturating_sub(text.chars().count());
    let left = match method {
        "ljust" => 0,
        "rjust" => missing,
        // Python puts the odd one to the left when the width is odd.
        _ => missing / 2 + (missing & width & 1),
    };
    Ok(Value::from(format!("{}{text}{}", fill.repeat(left), fill.repeat(missing - left))))
}

fn expand_tabs(text: &str, size: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for letter in text.chars() {
        if letter == '\t' {
            let spaces = if size == 0 { 0 } else { size - column % size };
            out.extend(std::iter::repeat_n(' ', spaces));
            column += spaces;
        } else {
            out.push(letter);
            column = if matches!(letter, '\n' | '\r') { 0 } else { column + 1 };
        }
    }
    out
}
