//! Results as JUnit's XML, which CI systems read: a suite per type of node, a case per node.

use std::fmt::Write as _;

use super::{NodeResult, Status};
use crate::hashed::IndexMap;
use crate::manifest::Manifest;

/// The whole file.
pub(crate) fn junit(manifest: &Manifest, results: &[NodeResult]) -> String {
    let mut suites: IndexMap<&str, Vec<&NodeResult>> = IndexMap::default();
    for result in results {
        suites.entry(result.unique_id.split('.').next().unwrap_or_default()).or_default().push(result);
    }
    let all: Vec<&NodeResult> = results.iter().collect();
    let mut text =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"rsdbt\"{}>\n", counts(&all));
    for (name, results) in suites {
        let _ = writeln!(text, "  <testsuite name=\"{}\"{}>", escaped(name), counts(&results));
        for result in results {
            case(&mut text, manifest, result);
        }
        text.push_str("  </testsuite>\n");
    }
    text + "</testsuites>\n"
}

fn counts(results: &[&NodeResult]) -> String {
    let count = |is: fn(Status) -> bool| results.iter().filter(|result| is(result.status)).count();
    let seconds: f64 = results.iter().map(|result| result.execution_time).sum();
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{seconds:.3}\"",
        results.len(),
        count(|status| status == Status::Fail),
        count(|status| status.is_failure() && status != Status::Fail),
        count(|status| status == Status::Skipped),
    )
}

fn case(text: &mut String, manifest: &Manifest, result: &NodeResult) {
    let resource = manifest.resource(&result.unique_id);
    let name = resource.map_or(result.unique_id.as_str(), |resource| resource.name());
    let file = resource.map_or("", |resource| resource.original_file_path());
    let folders = file.rsplit_once('.').map_or(file, |(stem, _)| stem).replace('/', ".");
    let _ = write!(
        text,
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.3}\"",
        escaped(&folders),
        escaped(name),
        escaped(file),
        result.execution_time
    );
    let message = result.message.as_deref().unwrap_or_default();
    let kind = match result.status {
        Status::Fail => "failure",
        Status::Skipped => "skipped",
        Status::Warn => "system-out",
        status if status.is_failure() => "error",
        _ => {
            text.push_str("/>\n");
            return;
        }
    };
    let first = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let _ = match kind {
        "system-out" => write!(text, ">\n      <system-out>{}</system-out>", escaped(message)),
        "skipped" => write!(text, ">\n      <skipped message=\"{}\"/>", escaped(first)),
        kind => write!(
            text,
            ">\n      <{kind} message=\"{}\" type=\"{}\">{}</{kind}>",
            escaped(first),
            result.status.name(),
            escaped(message)
        ),
    };
    text.push_str("\n    </testcase>\n");
}

/// XML has no form at all for most control characters.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\n' => shown.push_str("&#10;"),
            '\t' => shown.push_str("&#9;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(shown, "\\x{:02x}", u32::from(letter));
            }
            letter => shown.push(letter),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_element() {
        let result = |id: &str, status| NodeResult::new(id, status);
        let results = [
            result("model.shop.a", Status::Success),
            result("model.shop.b", Status::Error).with_message("\n  no \u{1b}\"<b>\" & c\nmore"),
            result("test.shop.t.0", Status::Fail).with_message("Got 2 results"),
            result("test.shop.w.0", Status::Warn).with_message("Got 1 result"),
            result("test.shop.s.0", Status::Skipped),
        ];
        let text = junit(&Manifest::default(), &results);
        for expected in [
            "<testsuites name=\"rsdbt\" tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"1\" time=\"0.000\">",
            "<testsuite name=\"model\" tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"0\" time=\"0.000\">",
            "<error message=\"no \\x1b&quot;&lt;b&gt;&quot; &amp; c\" type=\"error\">",
            "<failure message=\"Got 2 results\" type=\"fail\">Got 2 results</failure>",
            "<system-out>Got 1 result</system-out>",
            "<skipped message=\"\"/>",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }
}
