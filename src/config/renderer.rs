//! How YAML values with Jinja become values: a trait, so that the engine can stay a higher layer.

use serde_json::Value as Json;

use crate::diagnostic::{Result, Span};

use super::yaml::Yaml;

/// Renders one string of a YAML file, keeping native types (`{{ 1 | as_number }}` is a number).
pub(crate) trait Renderer {
    fn render(&self, text: &str, span: Span) -> Result<Json>;
}

/// Whether a text can hold Jinja at all; the others are never handed to a renderer.
pub(crate) fn holds_jinja(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// The value with its Jinja rendered; `skips` names the paths (of keys) that stay as they are.
pub(crate) fn render_tree(
    yaml: &Yaml,
    renderer: &dyn Renderer,
    skips: &dyn Fn(&[String]) -> bool,
) -> Result<Yaml> {
    yaml.map_strings(&mut Vec::new(), &mut |text, path, span| {
        if skips(path) {
            return Ok(None);
        }
        if !holds_jinja(text) {
            // Jinja drops the line break at a template's end, and dbt renders every text
            return Ok(text.strip_suffix('\n').map(Json::from));
        }
        renderer.render(text, span).map(Some)
    })
}
