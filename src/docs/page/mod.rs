//! The HTML text: markup, style and script from `site/`, the data as JSON that cannot end its element.

mod edges;
mod nodes;
mod results;

use super::Artifacts;
use super::column_graph::ColumnGraph;
use crate::sql::lineage::project::ProjectLineage;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const SHELL: &str = include_str!("../site/page.html");
const STYLE: &str = include_str!("../site/style.css");
/// In this order they are one script.
const SCRIPTS: [&str; 17] = [
    include_str!("../site/elements.js"),
    include_str!("../site/data.js"),
    include_str!("../site/markdown.js"),
    include_str!("../site/highlight.js"),
    include_str!("../site/selector.js"),
    include_str!("../site/search.js"),
    include_str!("../site/columns.js"),
    include_str!("../site/layout.js"),
    include_str!("../site/graph.js"),
    include_str!("../site/stored.js"),
    include_str!("../site/node.js"),
    include_str!("../site/side.js"),
    include_str!("../site/nodes.js"),
    include_str!("../site/tests.js"),
    include_str!("../site/runs.js"),
    include_str!("../site/overview.js"),
    include_str!("../site/app.js"),
];

pub(super) fn html(artifacts: Artifacts<'_>, lineage: &ProjectLineage) -> String {
    let graph = ColumnGraph::new(lineage);
    let listed = nodes::list(artifacts, lineage);
    let observed =
        |what: &str| artifacts.observed.and_then(|all| all.pointer(what).cloned()).unwrap_or_default();
    let index = json!({
        "meta": nodes::meta(artifacts),
        "nodes": listed.entries,
        "tests": listed.tests,
        "runs": observed("/history/runs"),
        "failures": observed("/history/failures"),
    });
    let script = format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPTS.concat());
    let parts = [
        ("{{title}}", text(nodes::project_name(artifacts.manifest))),
        ("{{policy}}", policy(&script)),
        ("{{style}}", STYLE.to_owned()),
        ("{{index}}", inline(&index)),
        ("{{script}}", script),
        ("{{columns}}", inline(&edges::encode(&graph, &listed.ids))),
        ("{{code}}", inline(&Value::Array(listed.code))),
    ];
    assemble(SHELL, &parts)
}

/// Fills each placeholder once, from the front: data that looks like a placeholder stays as it is.
fn assemble(shell: &str, parts: &[(&str, String)]) -> String {
    let mut page =
        String::with_capacity(parts.iter().map(|(_, part)| part.len()).sum::<usize>() + shell.len());
    let mut rest = shell;
    for (placeholder, part) in parts {
        if let Some((before, after)) = rest.split_once(placeholder) {
            page.push_str(before);
            page.push_str(part);
            rest = after;
        }
    }
    page.push_str(rest);
    page
}

/// JSON in which nothing can end or open an element, whatever users write.
fn inline(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Only the page's own script may run, and nothing may be loaded.
fn policy(script: &str) -> String {
    let digest = Sha256::digest(script.as_bytes());
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
        base64(&digest)
    )
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            if at <= chunk.len() {
                let index = (bits >> (18 - 6 * at)) & 63;
                let _ = write!(text, "{}", char::from(ALPHABET[index as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads() {
        for (bytes, expected) in
            [("", ""), ("M", "TQ=="), ("Ma", "TWE="), ("Man", "TWFu"), ("light w", "bGlnaHQgdw==")]
        {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn data_can_neither_end_its_element_nor_be_a_placeholder() {
        let hostile = json!({"a": "</script><script>alert(1)</script><!-- {{code}} &amp;"});
        let page = assemble(
            "<s>{{index}}</s><s>{{code}}</s>",
            &[("{{index}}", inline(&hostile)), ("{{code}}", "1".into())],
        );
        assert_eq!(page.matches("</").count(), 2);
        assert!(page.ends_with("<s>1</s>"));
        assert!(page.contains("{{code}}"));
        let back: Value = serde_json::from_str(&inline(&hostile)).unwrap();
        assert_eq!(back, hostile);
    }
}
