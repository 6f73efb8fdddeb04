//! Rust text as words and signs, without comments, literals and what is compiled for tests alone. A path in a text of an
//! attribute counts: `#[serde(with = "x::y")]`.

/// The tokens of a file that count: names and single signs; `::` is one.
pub(super) fn of(text: &str) -> Vec<String> {
    without_tests(read(text))
}

fn read(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut tokens: Vec<String> = Vec::new();
    // brackets of an attribute that are open
    let mut attribute = 0;
    let mut at = 0;
    while at < letters.len() {
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        match letters[at] {
            '/' if next == '/' => {
                while at < letters.len() && letters[at] != '\n' {
                    at += 1;
                }
            }
            '/' if next == '*' => {
                let mut depth = 0;
                while at < letters.len() {
                    match (letters[at], letters.get(at + 1)) {
                        ('/', Some('*')) => (depth, at) = (depth + 1, at + 1),
                        ('*', Some('/')) => (depth, at) = (depth - 1, at + 1),
                        _ => {}
                    }
                    at += 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
            '"' => {
                let end = after_string(&letters, at);
                let text: String = letters[at + 1..(end - 1).min(letters.len())].iter().collect();
                if attribute > 0 && text.contains("::") && text.chars().all(|c| is_name(c) || c == ':') {
                    tokens.extend(read(&text));
                }
                at = end;
            }
            'r' if next == '#' && letters.get(at + 2).is_some_and(|letter| is_name(*letter)) => at += 2,
            'r' | 'b' | 'c' if after_raw_string(&letters, at).is_some() => {
                at = after_raw_string(&letters, at).unwrap();
            }
            '\'' => at = after_quote(&letters, at),
            ':' if next == ':' => {
                tokens.push("::".to_owned());
                at += 2;
            }
            letter if is_name(letter) => {
                let start = at;
                while at < letters.len() && is_name(letters[at]) {
                    at += 1;
                }
                tokens.push(letters[start..at].iter().collect());
            }
            letter => {
                match letter {
                    '[' if attribute > 0 || opens_attribute(&tokens) => attribute += 1,
                    ']' if attribute > 0 => attribute -= 1,
                    _ => {}
                }
                if !letter.is_whitespace() {
                    tokens.push(letter.to_string());
                }
                at += 1;
            }
        }
    }
    tokens
}

/// After `#` or `#!`.
fn opens_attribute(tokens: &[String]) -> bool {
    let mut last = tokens.iter().rev().map(String::as_str);
    match last.next() {
        Some("!") => last.next() == Some("#"),
        last => last == Some("#"),
    }
}

fn after_string(letters: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < letters.len() && letters[at] != '"' {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// `r"..."`, `br#"..."#`; the prefix alone is a name.
fn after_raw_string(letters: &[char], start: usize) -> Option<usize> {
    if start > 0 && (letters[start - 1].is_alphanumeric() || letters[start - 1] == '_') {
        return None;
    }
    let mut at = start + usize::from(letters[start] != 'r');
    if letters.get(at) != Some(&'r') {
        return None;
    }
    at += 1;
    let marks = letters[at..].iter().take_while(|letter| **letter == '#').count();
    at += marks;
    if letters.get(at) != Some(&'"') {
        return None;
    }
    at += 1;
    while at < letters.len() {
        let closes = letters[at] == '"' && letters[at + 1..].iter().take(marks).all(|letter| *letter == '#');
        at += 1;
        if closes {
            return Some(at + marks);
        }
    }
    Some(at)
}

/// A character, or a lifetime.
fn after_quote(letters: &[char], start: usize) -> usize {
    match (letters.get(start + 1), letters.get(start + 2)) {
        (Some('\\'), _) => {
            let mut at = start + 3;
            while at < letters.len() && letters[at] != '\'' {
                at += 1;
            }
            at + 1
        }
        (_, Some('\'')) => start + 3,
        _ => start + 1,
    }
}

/// Drops each item under `#[cfg(test)]`.
fn without_tests(tokens: Vec<String>) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].iter().take(MARK.len()).eq(MARK.iter()) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let mut depth = 0;
        while at < tokens.len() {
            match tokens[at].as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 && matches!(tokens[at - 1].as_str(), "}" | ";") {
                break;
            }
        }
    }
    kept
}
