//! Log lines for GitHub Actions: as text, and below a failure or a warning the annotation that shows it at the line of its file.

use std::sync::{Mutex, PoisonError};

use crate::run::{Event, Level};

/// The node that the end of a run tells of, until it is annotated.
#[derive(Debug, Default)]
pub(super) struct Annotations {
    subject: Mutex<Option<(String, String)>>,
}

/// What is annotated, where.
struct Annotation<'a> {
    kind: &'static str,
    title: String,
    file: Option<&'a str>,
    line: Option<&'a str>,
    text: &'a str,
}

impl Annotations {
    /// The lines, with the annotation of the event below. `folder` leads from the repository to the project, with its slash.
    pub(super) fn added(&self, lines: &str, event: &Event, level: Level, folder: &str) -> String {
        let mut shown = harmless(lines);
        if let Some(annotation) = self.annotation(event, level, folder) {
            shown.push('\n');
            shown.push_str(&annotation);
        }
        shown
    }

    fn annotation(&self, event: &Event, level: Level, folder: &str) -> Option<String> {
        let mut subject = self.subject.lock().unwrap_or_else(PoisonError::into_inner);
        let (kind, text) = match event {
            Event::RunResultFailure { node_name, path, .. }
            | Event::RunResultWarning { node_name, path, .. } => {
                *subject = Some((node_name.clone(), path.clone()));
                return None;
            }
            Event::RunResultError { msg, .. } if level >= Level::Error => ("error", msg.clone()),
            Event::RunResultWarningMessage { msg } => ("warning", msg.clone()),
            Event::MainEncounteredError { exc, .. } | Event::RunningOperationCaughtError { exc, .. } => {
                ("error", exc.clone())
            }
            Event::Warning(diagnostic) => {
                let place =
                    diagnostic.labels.first().map(|label| format!("\n  --> {}", label.span.location()));
                ("warning", format!("{}{}", diagnostic.message, place.unwrap_or_default()))
            }
            _ => return None,
        };
        let (title, path) = subject.take().unwrap_or_else(|| (format!("rsdbt {kind}"), String::new()));
        let place = place(&text);
        let file = place.map(|(file, _)| file).or_else(|| (!path.is_empty()).then_some(path.as_str()));
        let line = place.map(|(_, line)| line);
        Some(written(&Annotation { kind, title, file, line, text: &text }, folder))
    }
}

/// `models/orders.sql` and `3` of the first ` --> models/orders.sql:3:5`.
fn place(text: &str) -> Option<(&str, &str)> {
    let place = text.lines().find_map(|line| line.trim_start().strip_prefix("--> "))?;
    let (before, column) = place.trim_end().rsplit_once(':')?;
    let (file, line) = before.rsplit_once(':')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(line) && is_number(column)).then_some((file, line))
}

fn written(annotation: &Annotation<'_>, folder: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut properties = vec![format!("title={}", property(&annotation.title))];
    if let Some(file) = annotation.file {
        let folder = if file.starts_with('/') { "" } else { folder };
        properties.push(format!("file={}", property(&format!("{folder}{file}"))));
    }
    properties.extend(annotation.line.map(|line| format!("line={line}")));
    format!("::{} {}::{}", annotation.kind, properties.join(","), data(annotation.text.trim()))
}

/// No line of a name or a message is taken for a command to the runner.
fn harmless(lines: &str) -> String {
    let line = |line: &str| {
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        let text = text.strip_prefix("::").map_or_else(|| text.to_owned(), |rest| format!(": :{rest}"));
        format!("{indent}{}", text.replace("##[", "# #["))
    };
    lines.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_annotated_at_its_line() {
        let annotations = Annotations::default();
        let added = |event: &Event| annotations.added("x", event, Level::Error, "dbt/");
        let failure = Event::RunResultFailure {
            resource_type: "model".into(),
            node_name: "orders".into(),
            path: "models/orders.sql".into(),
        };
        assert_eq!(added(&failure), "x");
        let error = |msg: &str| Event::RunResultError { msg: msg.into(), error_codes: Vec::new() };
        assert_eq!(
            added(&error("Database Error\n  50% wrong\n   --> models/a,b.sql:3:5\n")),
            "x\n::error title=orders,file=dbt/models/a%2Cb.sql,line=3::Database Error%0A  50%25 wrong%0A   --> models/a,b.sql:3:5"
        );
        added(&failure);
        let test = added(&error("Got 2 results"));
        assert_eq!(test, "x\n::error title=orders,file=dbt/models/orders.sql::Got 2 results");
        assert_eq!(added(&error("no node")), "x\n::error title=rsdbt error::no node");
    }

    #[test]
    fn a_text_is_no_command() {
        assert_eq!(
            harmless("a\n  ::stop-commands::x\n##[add-path]x"),
            "a\n  : :stop-commands::x\n# #[add-path]x"
        );
    }
}
