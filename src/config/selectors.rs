//! selectors.yml: read and rendered; `graph` turns the definitions into selections.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Result, SourceText};

use super::{Renderer, Yaml, optional_text, render_tree, yaml};

/// The rendered file of a project, `None` if it has none. `default:` may be Jinja and is a boolean then.
pub(crate) fn read(
    project: &Path,
    renderer: &dyn Renderer,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Option<Yaml>> {
    let Some(text) = optional_text(project, "", "selectors.yml")? else { return Ok(None) };
    let loaded = yaml::load(&SourceText::new("selectors.yml", text))?;
    warnings.extend(loaded.warnings);
    if loaded.yaml.is_null() {
        return Ok(None);
    }
    let selectors = loaded.yaml.get("selectors").filter(|list| list.as_sequence().is_some());
    if selectors.is_none() {
        return Err(Diagnostic::runtime(
            "selectors-file",
            "The selectors.yml file in this project is malformed. Please double check the contents of this file \
             and fix any errors before retrying.",
        )
        .label(loaded.yaml.get("selectors").unwrap_or(&loaded.yaml).span(), "expected a list `selectors:`")
        .help("write `selectors:` and below it `  - name: ...` with a `definition:`")
        .boxed());
    }
    render_tree(&loaded.yaml, renderer, &|_| false).map(Some)
}
