//! The keys that `config(..)` of a file is called with, and where they stand.

use std::ops::Range;

/// `key=value` of a call, or `'key': value` of a dict that is its argument.
pub(super) struct Given {
    pub(super) key: Range<usize>,
    /// From behind the `=` or the `:`.
    pub(super) value: usize,
}

/// Of all calls of a text, in the order in which they stand. Those in comments of Jinja are none.
pub(super) fn keys(text: &str) -> Vec<Given> {
    let mut found = Vec::new();
    for (at, word) in text.match_indices("config") {
        let before = text[..at].chars().next_back();
        let after = at + word.len();
        let space = text[after..].len() - text[after..].trim_start().len();
        let is_call = text[after + space..].starts_with('(');
        if is_call && !before.is_some_and(is_of_name) && !is_comment(&text[..at]) {
            Call { text, at: after + space + 1 }.keys(&mut found);
        }
    }
    found
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_comment(before: &str) -> bool {
    before.rfind("{#").is_some_and(|open| !before[open..].contains("#}"))
}

struct Call<'t> {
    text: &'t str,
    at: usize,
}

impl Call<'_> {
    /// Up to the parenthesis that closes the call.
    fn keys(mut self, found: &mut Vec<Given>) {
        // the brackets that are open, the call's own left out
        let mut open: Vec<char> = Vec::new();
        // whether nothing stands between the last comma, or the bracket, and here
        let mut is_start = true;
        while let Some(letter) = self.text[self.at..].chars().next() {
            let begin = self.at;
            self.at += letter.len_utf8();
            match letter {
                ')' if open.is_empty() => return,
                '(' | '[' | '{' => {
                    open.push(if is_start && open.is_empty() { letter } else { '(' });
                    is_start = true;
                }
                ')' | ']' | '}' => {
                    open.pop();
                    is_start = false;
                }
                ',' => is_start = true,
                '\'' | '"' => {
                    let inner = self.quoted(letter);
                    if is_start && open == ['{'] {
                        self.note(inner, ':', found);
                    }
                    is_start = false;
                }
                _ if letter.is_whitespace() => {}
                _ if is_of_name(letter) => {
                    let length =
                        self.text[begin..].chars().take_while(|&c| is_of_name(c)).map(char::len_utf8);
                    self.at = begin + length.sum::<usize>();
                    if is_start && open.is_empty() {
                        self.note(begin..self.at, '=', found);
                    }
                    is_start = false;
                }
                _ => is_start = false,
            }
        }
    }

    /// What stands between the quotes, of which the first has been read.
    fn quoted(&mut self, quote: char) -> Range<usize> {
        let begin = self.at;
        let mut is_escaped = false;
        while let Some(letter) = self.text[self.at..].chars().next() {
            let end = self.at;
            self.at += letter.len_utf8();
            match letter {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                _ if letter == quote => return begin..end,
                _ => {}
            }
        }
        begin..self.at
    }

    fn note(&self, key: Range<usize>, sign: char, found: &mut Vec<Given>) {
        let rest = self.text[self.at..].trim_start();
        if rest.starts_with(sign) && !rest.starts_with("==") {
            found.push(Given { key, value: self.text.len() - rest.len() + sign.len_utf8() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        keys(text).into_iter().map(|given| &text[given.key]).collect()
    }

    #[test]
    fn keys_are_those_of_the_call_itself() {
        for (text, expected) in [
            ("{{ config(a=1, b = 'x, c=2', d=f(e=1)) }} where g = 1", &["a", "b", "d"][..]),
            (
                "{{ config(meta={'tag': 1}, pre_hook=[\"x(y=1)\", 'it''s'],\n  tags=['a']) }}",
                &["meta", "pre_hook", "tags"],
            ),
            ("{{ config({'a': 1, \"b\": {'c': 2}, 'd' : (1, 2)}) }}", &["a", "b", "d"]),
            ("{# {{ config(a=1) }} #}{{ config(b='\\'c=1') }}", &["b"]),
            ("{{ my_config(a=1) }}{{ config.get('a') }}{{ config (\n  a=b == c) }}", &["a"]),
            ("dbt.config(materialised='table', a=[{'b': 1}])", &["materialised", "a"]),
            ("{{ config(**{'a': 1}) }}{{ config(x if y == 1 else z) }}", &[]),
            ("{{ config(a='", &["a"]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
