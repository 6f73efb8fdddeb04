//! catalogs.yml: where warehouses other than Postgres write tables. It is checked as dbt checks it, and means nothing here.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Result, SourceText, did_you_mean};

use super::{Fields, Renderer, optional_text, render_tree, yaml};

const FILE: &str = "catalogs.yml";

/// Refuses what dbt refuses.
pub(crate) fn check(project: &Path, renderer: &dyn Renderer) -> Result<()> {
    let Some(text) = optional_text(project, "", FILE)? else { return Ok(()) };
    let file = yaml::load(&SourceText::new(FILE, text))?.yaml;
    if file.is_null() {
        return Err(Diagnostic::runtime("catalogs-file", format!("The file at {FILE} is empty"))
            .help("remove it, or list `catalogs:`")
            .boxed());
    }
    let file = render_tree(&file, renderer, &|_| false)?;
    for catalog in Fields::new(&file, "catalogs file", FILE)?.list("catalogs")? {
        check_catalog(&Fields::named(catalog, "catalog")?)?;
    }
    Ok(())
}

fn check_catalog(catalog: &Fields<'_>) -> Result<()> {
    let name = catalog.name();
    let refused = |place: &super::Yaml, what: String| {
        Diagnostic::runtime("catalogs-file", format!("Catalog '{name}' {what}")).label(place.span(), "")
    };
    let mut known: Vec<&str> = Vec::new();
    for integration in catalog.list("write_integrations")? {
        let integration_name = Fields::named(integration, "write integration")?.name();
        if known.contains(&integration_name) {
            let what = format!(
                "cannot have multiple 'write_integrations' with the same name: '{integration_name}'."
            );
            return Err(refused(integration, what).help("rename one of the two").boxed());
        }
        known.push(integration_name);
    }
    let Some(active) = catalog.string("active_write_integration")? else {
        if known.len() == 1 {
            return Ok(());
        }
        let what =
            "must specify an 'active_write_integration' when multiple 'write_integrations' are provided.";
        let help = "name one of them: `active_write_integration: ...`";
        return Err(refused(catalog.yaml, what.to_owned()).help(help).boxed());
    };
    if known.contains(&active.as_str()) {
        return Ok(());
    }
    let listed = known.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let what = format!(
        "must specify an 'active_write_integration' from its set of defined 'write_integrations': [{listed}]. \
         Got: '{active}'."
    );
    let place = catalog.get("active_write_integration").unwrap_or(catalog.yaml);
    Err(refused(place, what).maybe_help(did_you_mean(&active, known.iter().copied())).boxed())
}
