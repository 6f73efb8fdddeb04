//! Colours, the fixed width and the dotted result line that dbt prints.

/// How text is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub color: bool,
    pub width: usize,
}

impl Style {
    pub(crate) fn red(self, text: &str) -> String {
        self.paint("\x1b[31m", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.paint("\x1b[32m", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.paint("\x1b[33m", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.color { format!("{code}{text}\x1b[0m") } else { text.to_owned() }
    }

    /// `1 of 3 OK created sql table model s.x ........ [SELECT 5 in 0.12s]`.
    pub(crate) fn line(
        self,
        text: &str,
        status: &str,
        place: Option<(usize, usize)>,
        seconds: Option<f64>,
    ) -> String {
        let justified = self.justified(text, place);
        Self::close(&justified, status, seconds)
    }

    /// As [`Style::line`], cut to the width: hooks have long names.
    pub(crate) fn cut_line(
        self,
        text: &str,
        status: &str,
        place: Option<(usize, usize)>,
        seconds: Option<f64>,
    ) -> String {
        let mut justified = self.justified(text, place);
        let limit = self.width.saturating_sub(3);
        if justified.chars().count() > limit {
            justified = justified.chars().take(limit).chain("...".chars()).collect();
        }
        Self::close(&justified, status, seconds)
    }

    fn justified(self, text: &str, place: Option<(usize, usize)>) -> String {
        // one event, one line: names may have line breaks
        let text = &text.replace('\n', "\\x0a");
        let mut line = match place {
            Some((index, total)) => format!("{index} of {total} {text} "),
            None => format!("{text} "),
        };
        let missing = self.width.saturating_sub(line.chars().count());
        line.extend(std::iter::repeat_n('.', missing));
        line
    }

    fn close(justified: &str, status: &str, seconds: Option<f64>) -> String {
        match seconds {
            Some(seconds) => format!("{justified} [{status} in {seconds:.2}s]"),
            None => format!("{justified} [{status}]"),
        }
    }

    /// Wraps a long message at the width; an empty line in it stays a line break.
    pub(crate) fn wrap(self, text: &str) -> String {
        text.split("\n\n").map(|chunk| self.fill(chunk)).collect::<Vec<_>>().join("\n")
    }

    fn fill(self, text: &str) -> String {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let Some(line) = lines.last_mut() else { break };
            if line.is_empty() {
                line.push_str(word);
            } else if line.chars().count() + 1 + word.chars().count() <= self.width {
                line.push(' ');
                line.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { color: false, width: 80 };

    #[test]
    fn a_result_line_is_padded_with_dots() {
        assert_eq!(
            PLAIN.line("START sql table model s.x", "RUN", Some((1, 3)), None),
            "1 of 3 START sql table model s.x ............................................... [RUN]"
        );
        assert_eq!(
            PLAIN.line("OK", "SELECT 5", None, Some(0.123)),
            format!("OK {} [SELECT 5 in 0.12s]", ".".repeat(77))
        );
    }

    #[test]
    fn a_long_hook_is_cut() {
        let line = PLAIN.cut_line(&"x".repeat(100), "OK", None, None);
        assert_eq!(line, format!("{}... [OK]", "x".repeat(77)));
    }
}
