//! Replacement texts: `\1`, `\g<name>` and escapes.

use minijinja::Error;

use crate::jinja::python::value_error;

/// The text that a replacement stands for, with the match's groups by number or name.
pub(super) fn expand<'f>(
    template: &str,
    group: impl Fn(&str) -> Result<&'f str, Error>,
) -> Result<String, Error> {
    let mut out = String::with_capacity(template.len());
    let mut letters = template.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('g') => {
                if letters.next() != Some('<') {
                    return Err(value_error("missing <"));
                }
                let name: String = letters.by_ref().take_while(|&letter| letter != '>').collect();
                out.push_str(group(&name)?);
            }
            Some('0') => {
                let mut code = 0;
                while let Some(digit) =
                    letters.peek().and_then(|digit| digit.to_digit(8)).filter(|_| code < 8)
                {
                    code = code * 8 + digit;
                    letters.next();
                }
                out.extend(char::from_u32(code));
            }
            Some(digit @ '1'..='9') => {
                let mut number = digit.to_string();
                if let Some(second) = letters.peek().filter(|letter| letter.is_ascii_digit()) {
                    number.push(*second);
                    letters.next();
                }
                out.push_str(group(&number)?);
            }
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('v') => out.push('\u{b}'),
            Some('\\') => out.push('\\'),
            Some(other) if other.is_ascii_alphabetic() => {
                return Err(value_error(format!("bad escape \\{other}")));
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => return Err(value_error("bad escape (end of pattern)")),
        }
    }
    Ok(out)
}
