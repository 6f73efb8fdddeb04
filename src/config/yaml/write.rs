//! JSON values written as YAML: `toyaml`, the lock file, `init`.

use serde_json::Value as Json;

/// Block style, as PyYAML's `safe_dump(sort_keys=False)` writes it.
pub(crate) fn to_yaml_text(value: &Json) -> String {
    let mut text = String::new();
    match value {
        Json::Object(object) if !object.is_empty() => block(&mut text, value, 0),
        Json::Array(items) if !items.is_empty() => block(&mut text, value, 0),
        scalar => {
            text.push_str(&scalar_text(scalar));
            text.push('\n');
        }
    }
    text
}

fn block(text: &mut String, value: &Json, indent: usize) {
    match value {
        Json::Object(object) => {
            for (key, value) in object {
                text.push_str(&" ".repeat(indent));
                text.push_str(&string_text(key));
                text.push(':');
                nested(text, value, indent);
            }
        }
        Json::Array(items) => {
            for item in items {
                text.push_str(&" ".repeat(indent));
                text.push('-');
                item_text(text, item, indent);
            }
        }
        scalar => text.push_str(&scalar_text(scalar)),
    }
}

fn nested(text: &mut String, value: &Json, indent: usize) {
    match value {
        Json::Object(object) if !object.is_empty() => {
            text.push('\n');
            block(text, value, indent + 2);
        }
        // PyYAML does not indent a list under its key.
        Json::Array(items) if !items.is_empty() => {
            text.push('\n');
            block(text, value, indent);
        }
        scalar => {
            text.push(' ');
            text.push_str(&scalar_text(scalar));
            text.push('\n');
        }
    }
}

fn item_text(text: &mut String, item: &Json, indent: usize) {
    match item {
        Json::Object(object) if !object.is_empty() => first_line_joined(text, item, indent),
        Json::Array(items) if !items.is_empty() => first_line_joined(text, item, indent),
        scalar => {
            text.push(' ');
            text.push_str(&scalar_text(scalar));
            text.push('\n');
        }
    }
}

fn first_line_joined(text: &mut String, item: &Json, indent: usize) {
    let mut inner = String::new();
    block(&mut inner, item, indent + 2);
    text.push(' ');
    text.push_str(inner.trim_start());
}

fn scalar_text(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::String(text) => string_text(text),
        Json::Array(_) => "[]".to_owned(),
        Json::Object(_) => "{}".to_owned(),
        other => other.to_string(),
    }
}

fn string_text(text: &str) -> String {
    let plain = matches!(super::resolve::plain(text), super::Kind::String(_))
        && !text.is_empty()
        && !text.starts_with([
            '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`',
            ' ', '=', '<',
        ])
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.chars().any(char::is_control);
    if plain {
        text.to_owned()
    } else if text.chars().any(char::is_control) {
        Json::String(text.to_owned()).to_string()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_as_pyyaml_writes() {
        let value = serde_json::json!({"packages": [{"name": "a", "version": "1.0", "list": [1, null]}], "e": {}, "yes": "no"});
        assert_eq!(
            to_yaml_text(&value),
            "packages:\n- name: a\n  version: '1.0'\n  list:\n  - 1\n  - null\ne: {}\n'yes': 'no'\n"
        );
        assert_eq!(to_yaml_text(&serde_json::json!([])), "[]\n");
        assert_eq!(to_yaml_text(&serde_json::json!({})), "{}\n");
    }
}
