//! Which strings of a properties entry are Jinja now, and which later: dbt's own list of exceptions.

use std::borrow::Cow;

use crate::config::{Renderer, Yaml, holds_jinja, render_tree};
use crate::diagnostic::{Diagnostic, Result};

use super::PropertyKind;

/// The entry with its Jinja rendered; borrowed when there is none to render.
///
/// Left as written: `description` and tests everywhere, `loaded_at_query`, hooks, filters of metrics and
/// saved queries. They are rendered with another context when nodes and docs are made.
pub(crate) fn render_entry<'a>(
    kind: PropertyKind,
    entry: &'a Yaml,
    renderer: &dyn Renderer,
) -> Result<Cow<'a, Yaml>> {
    let span = entry.span();
    // An alias can bring in Jinja from elsewhere in the file; a block text ends in a line break that goes.
    if !holds_jinja(span.text()) && !span.text().contains(['*', '|', '>']) {
        return Ok(Cow::Borrowed(entry));
    }
    let rendered = render_tree(entry, renderer, &|path| stays(kind, path)).map_err(|problem| {
        let path = &entry.source().path;
        Box::new(Diagnostic { message: format!("Failed to render {path}: {}", problem.message), ..*problem })
    })?;
    Ok(Cow::Owned(rendered))
}

fn stays(kind: PropertyKind, path: &[String]) -> bool {
    let key = |at: usize| path.get(at).map_or("", String::as_str);
    let last = path.last().map_or("", String::as_str);
    match kind {
        PropertyKind::Sources => {
            matches!(key(0), "description" | "loaded_at_query")
                || (key(0) == "config" && key(1) == "loaded_at_query")
                || (key(0) == "tables" && path.len() > 2 && stays_in_node(&path[2..]))
        }
        PropertyKind::Macros if key(0) == "arguments" => stays_in_node(&path[1..]),
        PropertyKind::Metrics => {
            last == "filter" || (path.len() > 1 && path[path.len() - 2] == "filter") || stays_in_node(path)
        }
        PropertyKind::SavedQueries if key(0) == "query_params" && key(1) == "where" => true,
        _ => stays_in_node(path),
    }
}

fn stays_in_node(path: &[String]) -> bool {
    const LATER: [&str; 4] = ["tests", "data_tests", "description", "loaded_at_query"];
    let key = |at: usize| path.get(at).map_or("", String::as_str);
    LATER.contains(&key(0))
        || (path.len() == 2 && LATER.contains(&key(1)))
        || (key(0) == "config" && matches!(key(1), "pre_hook" | "post_hook" | "loaded_at_query"))
        || (path.len() == 5 && key(4) == "description")
        || (matches!(key(0), "columns" | "dimensions" | "measures" | "entities")
            && matches!(key(2), "tests" | "data_tests" | "description"))
        // dbt renders the tests of versions early, which no project can want: they hold `ref`s.
        || (key(0) == "versions" && path.iter().any(|part| part == "tests" || part == "data_tests"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::config::yaml::load_text;
    use crate::diagnostic::Span;

    struct Upper;

    impl Renderer for Upper {
        fn render(&self, text: &str, _: Span) -> Result<Json> {
            Ok(Json::String(text.replace("{{ x }}", "X")))
        }
    }

    #[test]
    fn descriptions_and_tests_stay_for_later() {
        let text = "name: '{{ x }}'\ndescription: '{{ x }}'\nconfig: {schema: '{{ x }}', pre_hook: '{{ x }}'}\n\
                    data_tests: [{t: {a: '{{ x }}'}}]\ncolumns:\n  - {name: '{{ x }}', description: '{{ x }}', tests: ['{{ x }}']}\n";
        let yaml = load_text("x.yml", text).unwrap();
        let rendered = render_entry(PropertyKind::Models, &yaml, &Upper).unwrap().to_json().to_string();
        assert_eq!(
            rendered,
            "{\"name\":\"X\",\"description\":\"{{ x }}\",\"config\":{\"schema\":\"X\",\"pre_hook\":\"{{ x }}\"},\
             \"data_tests\":[{\"t\":{\"a\":\"{{ x }}\"}}],\
             \"columns\":[{\"name\":\"X\",\"description\":\"{{ x }}\",\"tests\":[\"{{ x }}\"]}]}"
        );
    }
}
