//! What a syntax error is likely about: a comma, and of which line, or a semicolon.

/// What to look for, by the place of the error in the user's file.
pub(super) fn hint(file: &str, at: usize) -> Option<String> {
    let before = file.get(..at)?;
    if let Some(after) = file[at..].strip_prefix(';') {
        return Some(semicolon(after).to_owned());
    }
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let word = first_word(&file[at..]);
    let (number, line) = line_before(file, start)?;
    let last = last_word(line);
    if line.ends_with(',') && CLAUSES.contains(&word.as_str()) {
        return Some(format!("is there a comma too many at the end of line {number}?"));
    }
    // the server complains of what follows the name that begins the line, where that name can be an alias
    let begins = file[start..at].trim();
    let is_at_start =
        begins.is_empty() || begins.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let ends_an_item =
        line.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '\'' | ')' | '}'));
    let is_item = is_at_start && ends_an_item && !KEYWORDS.contains(&last.as_str());
    let in_list = in_select_list(&file[..start]);
    let starts_a_clause =
        [first_word(&file[start..]), word].iter().any(|word| KEYWORDS.contains(&word.as_str()));
    (is_item && in_list && !starts_a_clause)
        .then(|| format!("is a comma missing at the end of line {number}?"))
}

/// A query becomes a part of the statement that builds the model.
fn semicolon(after: &str) -> &'static str {
    if after.lines().all(|line| matches!(without_comment(line).trim(), "" | ";")) {
        "remove the `;` at the end of the query"
    } else {
        "a file is one query: remove the `;`, and put other statements into hooks or files of their own"
    }
}

const CLAUSES: [&str; 9] =
    ["from", "where", "group", "having", "order", "limit", "union", "window", "offset"];
/// After these a line goes on without a comma.
const KEYWORDS: [&str; 36] = [
    "select",
    "distinct",
    "from",
    "where",
    "group",
    "having",
    "order",
    "limit",
    "union",
    "window",
    "offset",
    "by",
    "as",
    "and",
    "or",
    "not",
    "on",
    "join",
    "left",
    "right",
    "inner",
    "outer",
    "full",
    "cross",
    "lateral",
    "case",
    "when",
    "then",
    "else",
    "end",
    "over",
    "partition",
    "in",
    "is",
    "between",
    "like",
];

/// The last line with text before this one, without its comment, and its number.
fn line_before(file: &str, start: usize) -> Option<(usize, &str)> {
    let lines =
        file[..start].lines().enumerate().map(|(at, line)| (at + 1, without_comment(line).trim_end()));
    lines.filter(|(_, line)| !line.trim().is_empty()).last()
}

fn without_comment(line: &str) -> &str {
    line.find("--").map_or(line, |at| &line[..at])
}

/// Whether the nearest word that begins a clause is `select`.
fn in_select_list(before: &str) -> bool {
    let mut in_list = false;
    for word in before.lines().flat_map(|line| without_comment(line).split(|c: char| !is_part(c))) {
        match word.to_ascii_lowercase().as_str() {
            "select" => in_list = true,
            clause if CLAUSES.contains(&clause) => in_list = false,
            _ => {}
        }
    }
    in_list
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| is_part(*c)).collect::<String>().to_ascii_lowercase()
}

fn last_word(line: &str) -> String {
    let word = line.rsplit(|c: char| !is_part(c)).next().unwrap_or_default();
    word.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, error: &str) -> Option<String> {
        hint(file, file.find(error).unwrap())
    }

    #[test]
    fn a_comma_is_missed_where_an_item_ends_before() {
        let missing = |line: usize| Some(format!("is a comma missing at the end of line {line}?"));
        assert_eq!(at("select\n  a,\n  b -- the key\n  c.d\nfrom t", ".d"), missing(3));
        assert_eq!(at("select\n  a\n  b\n  c\nfrom t", "c\n"), missing(3));
        assert_eq!(at("select {{ x }}\n  count(*)\nfrom t", "(*"), missing(1));
        assert_eq!(at("select a,\n  case when x then y end\n  z + 1\nfrom t", "+ 1"), None);
        for (file, error) in [
            ("select a,\n  b\nfrom t\nwhere x\n  y z", "z"),
            ("select a +\n  * b\nfrom t", "* b"),
            ("selec a\nfrom t", "selec"),
            ("select a\nfrom t\ngroup a", "a"),
            ("select a\nfrm t", "frm"),
        ] {
            assert_eq!(at(file, error).filter(|hint| hint.contains("too many")), None, "{file}");
        }
    }

    #[test]
    fn a_semicolon_ends_no_query() {
        assert_eq!(at("select 1;\n-- end\n", ";"), Some("remove the `;` at the end of the query".to_owned()));
        let several = at("select 1; select 2", ";").unwrap();
        assert!(several.starts_with("a file is one query"), "{several}");
    }

    #[test]
    fn a_comma_before_a_clause_is_too_many() {
        let said = at("select\n  a,\n  b,\nfrom t", "from");
        assert_eq!(said, Some("is there a comma too many at the end of line 3?".to_owned()));
    }
}
