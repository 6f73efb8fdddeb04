//! The line of a place: masked where its file holds secrets, and a window of it where it is long.

use super::Span;

/// So many characters of a line are shown at most.
const WINDOW: usize = 160;
/// So many of them stand before the mark.
const BEFORE: usize = 60;

/// A line as it is shown, and where the mark stands below it, in characters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) line: String,
    pub(super) column: usize,
    pub(super) width: usize,
}

impl Excerpt {
    pub(super) fn of(span: &Span) -> Option<Self> {
        let source = &span.source;
        let (line, column) = source.position(span.range.start);
        let end = span.range.end.min(source.text.len());
        let marked = source.text.get(span.range.start..end).unwrap_or_default();
        let width = marked.lines().next().unwrap_or_default().chars().take(WINDOW).count();
        if let Some(masked) = source.masked_line(line) {
            return Self::masked(masked, column - 1, width);
        }
        let start = source.text[..source.offset(line, 1)].len();
        let content = source.text[start..].lines().next()?;
        Some(Self::window(content, column - 1, width))
    }

    /// The mark is under the key, or under what is shown for the value.
    fn masked(line: &str, column: usize, width: usize) -> Option<Self> {
        let shown = line.chars().count();
        if shown == 0 {
            return None;
        }
        let value = shown - line.len().min(MASK.len());
        let is_value = column >= value || column + width > value;
        let (column, width) = if is_value { (value, MASK.len()) } else { (column, width.max(1)) };
        Some(Self { line: line.to_owned(), column, width })
    }

    fn window(content: &str, column: usize, width: usize) -> Self {
        let length = content.chars().count();
        let rest = length.saturating_sub(column).max(1);
        if length <= WINDOW {
            return Self { line: content.replace('\t', " "), column, width: width.clamp(1, rest) };
        }
        let first = if column + width.min(BEFORE) <= WINDOW { 0 } else { column - BEFORE };
        let mut line: String =
            content.chars().skip(first).take(WINDOW).collect::<String>().replace('\t', " ");
        let mut column = column - first;
        let width = width.clamp(1, rest.min(WINDOW - column));
        if first > 0 {
            line.insert_str(0, MASK);
            column += MASK.len();
        }
        if first + WINDOW < length {
            line.push_str(MASK);
        }
        Self { line, column, width }
    }
}

/// What is shown for what is left out.
pub(crate) const MASK: &str = "...";

#[cfg(test)]
mod tests {
    use super::super::SourceText;
    use super::*;

    fn excerpt(text: &str, what: &str) -> Excerpt {
        let at = text.find(what).unwrap();
        Excerpt::of(&Span::new(&SourceText::new("a.sql", text), at..at + what.len())).unwrap()
    }

    #[test]
    fn a_long_line_is_shown_around_the_mark() {
        let long = format!("select 1\n{}é HERE {}\nselect 2", "a, ".repeat(100_000), "b, ".repeat(100_000));
        let shown = excerpt(&long, "HERE");
        assert!(shown.line.starts_with("...") && shown.line.ends_with("..."), "{shown:?}");
        assert_eq!(shown.line.chars().skip(shown.column).take(shown.width).collect::<String>(), "HERE");
        assert_eq!(shown.line.chars().count(), WINDOW + 2 * MASK.len());
        let start = format!("HERE {}", "b, ".repeat(100));
        assert_eq!(excerpt(&start, "HERE").column, 0);
        let end = format!("{}HERE", "a, ".repeat(100));
        assert!(excerpt(&end, "HERE").line.ends_with("HERE"));
    }

    #[test]
    fn a_mark_stays_inside_its_line() {
        for text in ["", "x", "a\tb\n"] {
            let source = SourceText::new("a.sql", text);
            for at in 0..=text.len() {
                let shown = Excerpt::of(&Span::new(&source, at..text.len() + 5));
                assert!(shown.is_none_or(|shown| shown.width >= 1));
            }
        }
    }

    #[test]
    fn a_masked_line_marks_the_key_or_the_mask() {
        let source = SourceText::secret("p.yml", "pass: [hunter2]\n", "pass: ...\n".to_owned());
        let shown = |range| Excerpt::of(&Span::new(&source, range)).unwrap();
        assert_eq!(shown(0..4), Excerpt { line: "pass: ...".into(), column: 0, width: 4 });
        for range in [6..15, 9..10, 0..15] {
            assert_eq!(shown(range), Excerpt { line: "pass: ...".into(), column: 6, width: 3 });
        }
    }
}
