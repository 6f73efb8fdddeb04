//! Jinja2's `Markup`: a text that is safe inside of HTML, and escapes what is put to it.

use minijinja::Value;

use super::to_str;

/// Jinja2's escaping, as markupsafe writes it.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// `escape(value)`: what is safe stays as it is.
pub(crate) fn markup_of(value: &Value) -> Value {
    if value.is_safe() {
        return value.clone();
    }
    Value::from_safe_string(escaped(&to_str(value)))
}

/// `left + right` of texts.
pub(super) fn concat(left: &Value, right: &Value) -> Value {
    let plain = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if !left.is_safe() && !right.is_safe() {
        return Value::from(plain(left) + &plain(right));
    }
    let safe = |value: &Value| to_str(&markup_of(value));
    Value::from_safe_string(safe(left) + &safe(right))
}
