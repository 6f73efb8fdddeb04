//! Results as Markdown, for a pull request or the summary of a CI job: the counts, what failed and why, what took longest.

use std::fmt::Write as _;

use super::{NodeResult, Status};
use crate::manifest::Manifest;

const SLOWEST: usize = 5;

/// The whole text; `command` is its heading.
pub(crate) fn markdown(command: &str, manifest: &Manifest, results: &[NodeResult], seconds: f64) -> String {
    let count = |is: &dyn Fn(Status) -> bool| results.iter().filter(|result| is(result.status)).count();
    let failed = count(&Status::is_failure);
    let parts: Vec<String> = [
        (failed, "failed"),
        (count(&|status| status == Status::Warn), "with warnings"),
        (count(&|status| status == Status::Skipped), "skipped"),
        (count(&|status| matches!(status, Status::Success | Status::Pass)), "passed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    let parts = if parts.is_empty() { "nothing ran".to_owned() } else { parts.join(", ") };
    let mut text = format!("## `{command}`: {parts}\n\n{} nodes in {seconds:.1} s\n", results.len());
    for (title, is) in [
        ("Failed", &Status::is_failure as &dyn Fn(Status) -> bool),
        ("Warnings", &|status| status == Status::Warn),
    ] {
        let found: Vec<&NodeResult> = results.iter().filter(|result| is(result.status)).collect();
        if found.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n### {title}");
        for result in found {
            let message = result.message.as_deref().unwrap_or_default().trim_matches('\n');
            let fence = fence(message);
            let _ = write!(
                text,
                "\n**{}** ({})\n\n{fence}text\n{message}\n{fence}\n",
                name(manifest, result),
                path(manifest, result)
            );
        }
    }
    let skipped: Vec<String> = results
        .iter()
        .filter(|result| result.status == Status::Skipped)
        .map(|result| format!("`{}`", name(manifest, result)))
        .collect();
    if !skipped.is_empty() {
        let _ = writeln!(text, "\n### Skipped\n\n{}", skipped.join(", "));
    }
    slowest(&mut text, manifest, results);
    text
}

fn slowest(text: &mut String, manifest: &Manifest, results: &[NodeResult]) {
    let mut slow: Vec<&NodeResult> = results.iter().filter(|result| result.execution_time > 0.0).collect();
    slow.sort_by(|left, right| right.execution_time.total_cmp(&left.execution_time));
    if slow.is_empty() {
        return;
    }
    text.push_str("\n### Slowest\n\n| node | seconds |\n|---|---:|\n");
    for result in slow.into_iter().take(SLOWEST) {
        let _ = writeln!(text, "| `{}` | {:.2} |", name(manifest, result), result.execution_time);
    }
}

/// A name has no Markdown in it.
fn name(manifest: &Manifest, result: &NodeResult) -> String {
    let name = manifest.resource(&result.unique_id).map_or(result.unique_id.as_str(), |it| it.name());
    name.replace(['`', '|', '\n', '<', '*'], "_")
}

fn path(manifest: &Manifest, result: &NodeResult) -> String {
    let path = manifest.resource(&result.unique_id).map_or("", |it| it.original_file_path());
    format!("`{}`", path.replace(['`', '\n'], "_"))
}

/// Longer than any in the text.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat((longest + 1).max(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_begins_with_the_counts() {
        let results = [
            NodeResult::new("model.shop.a", Status::Success),
            NodeResult::new("model.shop.b`|x", Status::Error).with_message("```\nno"),
            NodeResult::new("model.shop.c", Status::Skipped),
        ];
        let text = markdown("rsdbt build", &Manifest::default(), &results, 1.25);
        assert!(
            text.starts_with("## `rsdbt build`: 1 failed, 1 skipped, 1 passed\n\n3 nodes in 1.2 s\n"),
            "{text}"
        );
        assert!(text.contains("**model.shop.b__x** (``)\n\n````text\n```\nno\n````\n"), "{text}");
        assert!(text.contains("### Skipped\n\n`model.shop.c`\n"), "{text}");
    }
}
