//! `str.encode`: UTF-8, and the encodings in which not every letter has a place.

use minijinja::{Error, Value};

use crate::jinja::python::{bind, expect_str, type_error};

pub(super) fn encode(text: &str, args: &[Value]) -> Result<Value, Error> {
    let [encoding, errors] = bind("encode", args, ["encoding", "errors"])?;
    let named = |value: &Option<Value>, default: &str| match value {
        Some(value) => expect_str("encode", value).map(str::to_lowercase),
        None => Ok(default.to_owned()),
    };
    let (encoding, errors) = (named(&encoding, "utf-8")?.replace('_', "-"), named(&errors, "strict")?);
    let last = match encoding.as_str() {
        "utf-8" | "utf8" => return Ok(Value::from_bytes(text.as_bytes().to_vec())),
        "ascii" | "us-ascii" => 0x7f,
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => 0xff,
        _ => return Err(type_error(format!("unknown encoding: {encoding}"))),
    };
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        let code = u32::from(letter);
        match (u8::try_from(code), errors.as_str()) {
            (Ok(byte), _) if code <= last => bytes.push(byte),
            (_, "ignore") => {}
            (_, "replace") => bytes.push(b'?'),
            (_, "xmlcharrefreplace") => bytes.extend(format!("&#{code};").bytes()),
            (_, "backslashreplace") => bytes.extend(escaped(code).bytes()),
            _ => {
                return Err(type_error(format!(
                    "'{encoding}' codec can't encode character '{}': ordinal not in range({})",
                    escaped(code),
                    last + 1
                )));
            }
        }
    }
    Ok(Value::from_bytes(bytes))
}

fn escaped(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}
