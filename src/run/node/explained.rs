//! Why a node failed: the error with the node's name, the place in its file, and what to do.

use super::super::describe;
use super::super::ephemeral::Cte;
use super::NodeRun;
use super::place;
use super::slips;
use crate::diagnostic::{Category, Diagnostic, Label, SourceText, Span, render};
use crate::manifest::Resource;

/// `syntax_error`
const SYNTAX: &str = "42601";
/// `duplicate_table`
const NAME_TAKEN: &str = "42P07";
/// `invalid_parameter_value`
const INVALID_VALUE: &str = "22023";

/// Without libpq's `LINE 6: ..` and the caret below: the lines of what was sent are not those of the file.
fn without_statement_line(message: &str) -> String {
    let mut lines = message.split('\n').peekable();
    let mut kept = Vec::new();
    let mut is_gone = false;
    while let Some(line) = lines.next() {
        let number = line.strip_prefix("LINE ").and_then(|rest| rest.split_once(':'));
        let is_place = number.is_some_and(|(digits, _)| digits.bytes().all(|byte| byte.is_ascii_digit()));
        if is_place && !is_gone && lines.peek().is_some_and(|next| next.trim() == "^") {
            lines.next();
            is_gone = true;
        } else {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// The time zone of the node's periods, where the server does not know it.
fn unknown_zone<'a>(error: &Diagnostic, resource: Resource<'a>) -> Option<&'a str> {
    let Resource::Node(node) = resource else { return None };
    let zone = node.config.get("partition_by")?.get("time_zone")?.as_str()?;
    let is_value = error.server.as_ref()?.sqlstate == INVALID_VALUE;
    (is_value && error.help.is_none() && error.message.contains(&format!("\"{zone}\""))).then_some(zone)
}

impl NodeRun<'_, '_> {
    /// The error with dbt's locator, and what is known besides.
    pub(super) fn explained(&self, mut error: Diagnostic, resource: Resource<'_>) -> Diagnostic {
        if error.subject.is_none() {
            error.subject = Some(describe::locator(resource));
        }
        self.run.explain_key(&self.step.unique_id, &mut error);
        self.run.explain_absent(&self.step.unique_id, &mut error);
        if let Some(span) = self.place_of(&error, resource) {
            // one line number: the user's
            error.message = without_statement_line(&error.message);
            if error.help.is_none() && error.server.as_ref().is_some_and(|server| server.sqlstate == SYNTAX) {
                error.help = slips::hint(&span.source.text, span.range.start);
            }
            error.labels = vec![Label { span, note: String::new() }];
        }
        if error.help.is_none() && error.server.as_ref().is_some_and(|server| server.sqlstate == NAME_TAKEN) {
            let help = "something else has this name: rename or drop it, or attach it to the table that it was a partition of";
            error.help = Some(help.to_owned());
        }
        if let Some(zone) = unknown_zone(&error, resource) {
            error.help = Some(format!(
                "`partition_by.time_zone` is `{zone}`: write a name of the IANA database, as `Asia/Seoul`"
            ));
        }
        if error.server.as_ref().is_some_and(|server| server.sqlstate == SYNTAX) && self.is_empty() {
            let kind = resource.resource_type();
            error.help =
                Some(format!("the {kind} is empty: it has only comments, or Jinja that renders nothing"));
        }
        error
    }

    /// dbt's text of a failure, with where the SQL is that failed.
    pub(super) fn error_text(&self, error: &Diagnostic) -> String {
        let mut text = render(error);
        if let (Category::Database, Some(path)) = (error.category, &self.build_path) {
            text.push_str(&format!("\n  compiled code at {path}"));
        }
        text
    }

    /// Where in the model's file, or in that of an ephemeral model before its SQL, the server found the error.
    fn place_of(&self, error: &Diagnostic, resource: Resource<'_>) -> Option<Span> {
        let server = error.server.as_ref()?;
        let (statement, offset): (&str, usize) = (&server.statement, server.offset?);
        let compiled = self.run.compiled(&self.step.unique_id)?;
        let code = compiled.node.compiled.as_ref()?.code.clone()?;
        let own = self.span_in(resource.original_file_path(), &code, statement, offset);
        own.or_else(|| compiled.ctes.iter().find_map(|cte| self.place_in_cte(cte, statement, offset)))
    }

    fn place_in_cte(&self, cte: &Cte, statement: &str, offset: usize) -> Option<Span> {
        let begin = statement.find(&cte.sql)?;
        let within = offset.checked_sub(begin).filter(|within| *within < cte.sql.len())?;
        let node = self.run.manifest().nodes.get(&cte.unique_id)?;
        self.span_in(&node.original_file_path, cte.query(), &cte.sql, within)
    }

    fn span_in(&self, path: &str, code: &str, statement: &str, offset: usize) -> Option<Span> {
        let file = crate::regular::read_to_string(&self.run.inputs.shared.project.root.join(path)).ok()?;
        let file = file.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(file);
        let range = place::in_file(&file, code, statement, offset)?;
        Some(Span::new(&SourceText::new(path, file), range))
    }

    fn is_empty(&self) -> bool {
        let compiled = self.run.compiled(&self.step.unique_id);
        let code = compiled.and_then(|compiled| compiled.node.compiled.as_ref()?.code.clone());
        code.is_some_and(|code| place::holds_nothing(&code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_place_in_the_statement_goes() {
        let message = "column \"x\" does not exist\nLINE 6: select x\n               ^\nHINT:  LINE 1: y";
        assert_eq!(without_statement_line(message), "column \"x\" does not exist\nHINT:  LINE 1: y");
        assert_eq!(without_statement_line("a\nLINE 1: b\nc"), "a\nLINE 1: b\nc");
    }
}
