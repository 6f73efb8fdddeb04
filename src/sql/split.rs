//! A script into its statements, by Postgres' lexical rules: strings, `E''`, `U&""`, dollar quotes,
//! nested comments, and the bodies of `begin atomic` functions.

/// The statements of a script, trimmed, without the semicolons; parts of only blanks and comments are left out.
pub fn statements(script: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut scan =
        Scan { bytes: script.as_bytes(), at: 0, parens: 0, atomic: 0, word_before: "", has_code: false };
    while let Some(end) = scan.next_semicolon(script) {
        if scan.has_code {
            found.push(script[start..end].trim());
        }
        start = end + 1;
        scan.has_code = false;
    }
    if scan.has_code {
        found.push(script[start..].trim());
    }
    found
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    parens: usize,
    /// Depth inside `begin atomic .. end`, counting `case .. end`.
    atomic: usize,
    word_before: &'a str,
    has_code: bool,
}

impl<'a> Scan<'a> {
    fn next_semicolon(&mut self, script: &'a str) -> Option<usize> {
        while let Some(&byte) = self.bytes.get(self.at) {
            let start = self.at;
            match byte {
                b'-' if self.peek(1) == Some(b'-') => {
                    self.skip_line_comment();
                    continue;
                }
                b'/' if self.peek(1) == Some(b'*') => {
                    self.skip_block_comment();
                    continue;
                }
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => {
                    self.at += 1;
                    continue;
                }
                b';' => {
                    self.at += 1;
                    if self.parens == 0 && self.atomic == 0 {
                        self.word_before = "";
                        return Some(start);
                    }
                    continue;
                }
                b'\'' => self.skip_quoted(b'\'', false),
                b'"' => self.skip_quoted(b'"', false),
                b'$' => self.skip_dollar(),
                b'(' | b'[' => {
                    self.parens += 1;
                    self.at += 1;
                }
                b')' | b']' => {
                    self.parens = self.parens.saturating_sub(1);
                    self.at += 1;
                }
                _ if is_word_start(byte) => self.word(script),
                _ => self.at += 1,
            }
            self.has_code = true;
        }
        None
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn skip_line_comment(&mut self) {
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    fn skip_quoted(&mut self, quote: u8, backslashes: bool) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            if byte == b'\\' && backslashes {
                self.at += 1;
            } else if byte == quote {
                if self.peek(0) != Some(quote) {
                    return;
                }
                self.at += 1;
            }
        }
    }

    /// `$tag$ .. $tag$`; `$1` is a parameter.
    fn skip_dollar(&mut self) {
        let open = self.at;
        let mut end = open + 1;
        while self
            .bytes
            .get(end)
            .is_some_and(|&byte| is_word_start(byte) || (end > open + 1 && byte.is_ascii_digit()))
        {
            end += 1;
        }
        if self.bytes.get(end) != Some(&b'$') {
            self.at += 1;
            return;
        }
        let tag = &self.bytes[open..=end];
        self.at = end + 1;
        while self.at < self.bytes.len() {
            if self.bytes[self.at..].starts_with(tag) {
                self.at += tag.len();
                return;
            }
            self.at += 1;
        }
    }

    fn word(&mut self, script: &'a str) {
        let start = self.at;
        while self.peek(0).is_some_and(|byte| is_word_start(byte) || byte.is_ascii_digit() || byte == b'$') {
            self.at += 1;
        }
        let word = &script[start..self.at];
        if self.peek(0) == Some(b'\'') && word.eq_ignore_ascii_case("e") {
            self.skip_quoted(b'\'', true);
            return;
        }
        let is = |keyword| word.eq_ignore_ascii_case(keyword);
        let begins = is("atomic") && self.word_before.eq_ignore_ascii_case("begin");
        if begins || self.atomic > 0 && is("case") {
            self.atomic += 1;
        } else if self.atomic > 0 && is("end") {
            self.atomic -= 1;
        }
        self.word_before = word;
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn semicolons_inside_quotes_comments_and_parentheses_do_not_split() {
        for (script, expected) in [
            ("select 1; select 2", vec!["select 1", "select 2"]),
            (";;  ; select 1 ;", vec!["select 1"]),
            ("-- only; a comment\n", vec![]),
            ("select ';' ; select 'it''s;'", vec!["select ';'", "select 'it''s;'"]),
            (r"select E'\';' ; select 2", vec![r"select E'\';'", "select 2"]),
            (r"select e'\\'; select 2", vec![r"select e'\\'", "select 2"]),
            (r"select '\'; select 2", vec![r"select '\'", "select 2"]),
            (r#"select ";""" from "a;b"; x"#, vec![r#"select ";""" from "a;b""#, "x"]),
            ("do $$ begin; end $$; select $1;", vec!["do $$ begin; end $$", "select $1"]),
            ("do $a$ $b$; $$ $a$; x", vec!["do $a$ $b$; $$ $a$", "x"]),
            ("select a$b; select c$d$e", vec!["select a$b", "select c$d$e"]),
            ("/* a; /* b; */ c; */ select 1; x", vec!["/* a; /* b; */ c; */ select 1", "x"]),
            ("create rule r as do (a; b); x", vec!["create rule r as do (a; b)", "x"]),
            (
                "create function f() begin atomic select case when a then 1 end; select 2; end; x",
                vec!["create function f() begin atomic select case when a then 1 end; select 2; end", "x"],
            ),
            ("begin; select 1; end; x", vec!["begin", "select 1", "end", "x"]),
            ("select 'open; ", vec!["select 'open;"]),
            ("select 'é;ü'; ö", vec!["select 'é;ü'", "ö"]),
        ] {
            assert_eq!(statements(script), expected, "{script}");
        }
    }
}
