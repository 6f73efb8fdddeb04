//! `split`, `rsplit`, `splitlines`, `partition` and `rpartition`.

use minijinja::Error;
use minijinja::value::Value;

use super::pieces::texts;
use crate::jinja::python::{bind, bind_required, expect_int, expect_str, given, tuple, value_error};

pub(super) fn call(text: &str, method: &str, args: &[Value]) -> Option<Result<Value, Error>> {
    match method {
        "split" | "rsplit" => Some(split(text, method, args)),
        "splitlines" => Some(split_lines(text, args)),
        "partition" | "rpartition" => Some(partition(text, method, args)),
        _ => None,
    }
}

fn split(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let [separator, limit] = bind(method, args, ["sep", "maxsplit"])?.map(Option::unwrap_or_default);
    let limit = if given(&limit) { expect_int(method, &limit)? } else { -1 };
    let limit = usize::try_from(limit).ok();
    let from_right = method == "rsplit";
    if !given(&separator) {
        return Ok(texts(split_whitespace(text, limit, from_right)));
    }
    let separator = expect_str(method, &separator)?;
    if separator.is_empty() {
        return Err(value_error("empty separator"));
    }
    let Some(limit) = limit else { return Ok(texts(text.split(separator))) };
    if from_right {
        let mut pieces: Vec<&str> = text.rsplitn(limit + 1, separator).collect();
        pieces.reverse();
        return Ok(texts(pieces));
    }
    Ok(texts(text.splitn(limit + 1, separator)))
}

/// Runs of whitespace separate; what the limit leaves over keeps its inner whitespace.
fn split_whitespace(text: &str, limit: Option<usize>, from_right: bool) -> Vec<&str> {
    let Some(limit) = limit else { return text.split_whitespace().collect() };
    let mut pieces = Vec::new();
    let mut rest = if from_right { text.trim_end() } else { text.trim_start() };
    while !rest.is_empty() {
        if pieces.len() == limit {
            pieces.push(rest);
            break;
        }
        let (piece, after) = if from_right {
            let at = rest.char_indices().rev().find(|(_, letter)| letter.is_whitespace());
            let start = at.map_or(0, |(at, letter)| at + letter.len_utf8());
            (&rest[start..], rest[..start].trim_end())
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            (&rest[..end], rest[end..].trim_start())
        };
        pieces.push(piece);
        rest = after;
    }
    if from_right {
        pieces.reverse();
    }
    pieces
}

fn split_lines(text: &str, args: &[Value]) -> Result<Value, Error> {
    let [keep] = bind("splitlines", args, ["keepends"])?;
    Ok(texts(lines_with(text, keep.is_some_and(|keep| keep.is_true()))))
}

/// `splitlines()`
pub(crate) fn lines(text: &str) -> Vec<&str> {
    lines_with(text, false)
}

fn lines_with(text: &str, keep: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = rest.char_indices().find(|(_, letter)| is_line_break(*letter));
        let (end, mut next) =
            at.map_or((rest.len(), rest.len()), |(at, letter)| (at, at + letter.len_utf8()));
        if rest[end..].starts_with("\r\n") {
            next += 1;
        }
        lines.push(&rest[..if keep { next } else { end }]);
        rest = &rest[next..];
    }
    lines
}

pub(crate) fn is_line_break(letter: char) -> bool {
    matches!(letter, '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn partition(text: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let [separator] = bind_required(method, args, ["sep"], 1)?;
    let separator = expect_str(method, &separator)?;
    if separator.is_empty() {
        return Err(value_error("empty separator"));
    }
    let (found, missing) = match method {
        "partition" => (text.split_once(separator), (text, "", "")),
        _ => (text.rsplit_once(separator), ("", "", text)),
    };
    let (before, middle, after) = found.map_or(missing, |(before, after)| (before, separator, after));
    Ok(tuple([before, middle, after].map(Value::from).to_vec()))
}
