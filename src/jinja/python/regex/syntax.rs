//! Python's pattern syntax in fancy-regex's, where the two differ.

use minijinja::Value;

/// `re.IGNORECASE` and its kin, as the numbers that Python gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Flags(pub(super) i64);

const IGNORE_CASE: i64 = 2;
const MULTI_LINE: i64 = 8;
const DOT_ALL: i64 = 16;
const VERBOSE: i64 = 64;
const ASCII: i64 = 256;

impl Flags {
    pub(super) const NAMES: [(&'static str, i64); 12] = [
        ("IGNORECASE", IGNORE_CASE),
        ("I", IGNORE_CASE),
        ("MULTILINE", MULTI_LINE),
        ("M", MULTI_LINE),
        ("DOTALL", DOT_ALL),
        ("S", DOT_ALL),
        ("VERBOSE", VERBOSE),
        ("X", VERBOSE),
        ("ASCII", ASCII),
        ("A", ASCII),
        ("UNICODE", 32),
        ("U", 32),
    ];

    pub(super) fn of_value(value: Option<&Value>) -> Self {
        Self(value.and_then(Value::as_i64).unwrap_or_default())
    }

    fn has(self, flag: i64) -> bool {
        self.0 & flag != 0
    }

    /// `(?ims)` for those that are set.
    fn prefix(self) -> String {
        let letters: String = [(IGNORE_CASE, 'i'), (MULTI_LINE, 'm'), (DOT_ALL, 's'), (VERBOSE, 'x')]
            .into_iter()
            .filter(|(flag, _)| self.has(*flag))
            .map(|(_, letter)| letter)
            .collect();
        if letters.is_empty() { letters } else { format!("(?{letters})") }
    }
}

/// The pattern in fancy-regex's syntax; `anchors` stand around it.
pub(super) fn translate(pattern: &str, flags: Flags, anchors: [&str; 2]) -> String {
    let body = Translation { letters: pattern.chars().collect(), at: 0, flags, out: String::new() }.run();
    let [before, after] = anchors;
    if before.is_empty() && after.is_empty() {
        return flags.prefix() + &body;
    }
    // A comment of the verbose form may not swallow the parenthesis.
    let line_break = if flags.has(VERBOSE) { "\n" } else { "" };
    format!("{}{before}(?:{body}{line_break}){after}", flags.prefix())
}

struct Translation {
    letters: Vec<char>,
    at: usize,
    flags: Flags,
    out: String,
}

impl Translation {
    fn run(mut self) -> String {
        // Global flags may stand at the start of a pattern only.
        let multi_line = self.flags.has(MULTI_LINE) || self.starts_with_flag('m');
        while let Some(&letter) = self.letters.get(self.at) {
            self.at += 1;
            match letter {
                '\\' => self.escape(false),
                '[' => self.class(),
                // Python: before a last line break, too.
                '$' if !multi_line => self.out.push_str(r"(?=\n?\z)"),
                '{' if !self.is_quantifier() => self.out.push_str(r"\{"),
                '{' if self.letters.get(self.at) == Some(&',') => self.out.push_str("{0"),
                '}' => self.out.push(if self.closes_quantifier() { '}' } else { '\u{0}' }),
                _ => self.out.push(letter),
            }
        }
        self.out.replace('\u{0}', r"\}")
    }

    fn starts_with_flag(&self, flag: char) -> bool {
        let text: String = self.letters.iter().take(12).collect();
        text.strip_prefix("(?").and_then(|rest| rest.split_once(')')).is_some_and(|(flags, _)| {
            flags.chars().all(|letter| letter.is_ascii_lowercase()) && flags.contains(flag)
        })
    }

    /// After a `{`: whether `2}`, `2,}`, `,3}` or `2,3}` follows.
    fn is_quantifier(&self) -> bool {
        let rest: String = self.letters[self.at..].iter().take_while(|letter| **letter != '}').collect();
        let closed = self.letters[self.at..].contains(&'}');
        let valid = rest.chars().all(|letter| letter.is_ascii_digit() || letter == ',');
        closed
            && valid
            && rest.matches(',').count() <= 1
            && rest.chars().any(|letter| letter.is_ascii_digit())
    }

    fn closes_quantifier(&self) -> bool {
        let Some(open) = self.out.rfind('{') else { return false };
        let inside = &self.out[open + 1..];
        let escaped = self.out[..open].ends_with('\\');
        let braced_escape =
            ["\\x", "\\u", "\\p", "\\P"].iter().any(|prefix| self.out[..open].ends_with(prefix));
        braced_escape
            || (!escaped
                && !inside.is_empty()
                && inside.chars().all(|letter| letter.is_ascii_digit() || letter == ','))
    }

    fn escape(&mut self, in_class: bool) {
        let Some(&letter) = self.letters.get(self.at) else {
            self.out.push('\\');
            return;
        };
        self.at += 1;
        let ascii = self.flags.has(ASCII);
        match letter {
            'Z' if !in_class => self.out.push_str(r"\z"),
            '<' | '>' | '\'' | '"' | '/' | ' ' | '`' | '!' | '%' | ',' | ':' | ';' | '=' | '@' | '_' => {
                if letter == ' ' && self.flags.has(VERBOSE) {
                    self.out.push_str("[ ]");
                } else {
                    self.out.push(letter);
                }
            }
            'd' if ascii => self.out.push_str(if in_class { "0-9" } else { "[0-9]" }),
            'w' if ascii => self.out.push_str(if in_class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
            _ => {
                self.out.push('\\');
                self.out.push(letter);
            }
        }
    }

    /// A `[..]`: only there are `[`, `&&`, `--` and `~~` special to fancy-regex.
    fn class(&mut self) {
        self.out.push('[');
        if self.letters.get(self.at) == Some(&'^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        while let Some(&letter) = self.letters.get(self.at) {
            self.at += 1;
            match letter {
                ']' if !first => {
                    self.out.push(']');
                    return;
                }
                ']' | '[' | '&' | '~' => {
                    self.out.push('\\');
                    self.out.push(letter);
                }
                '#' | ' ' if self.flags.has(VERBOSE) => {
                    self.out.push('\\');
                    self.out.push(letter);
                }
                '\\' => self.escape(true),
                _ => self.out.push(letter),
            }
            first = false;
        }
    }
}

/// `re.escape`
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}
