//! Exposures and groups.

use serde_json::{Map, Value as Json};

use super::{PropertyKind, known_keys};
use crate::config::semver::python_list;
use crate::config::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, Result, Span, did_you_mean};

const TYPES: [&str; 5] = ["dashboard", "notebook", "analysis", "ml", "application"];
const MATURITIES: [&str; 3] = ["low", "medium", "high"];

/// Who answers for a group or an exposure; further keys are kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owner {
    pub email: Json,
    pub name: Option<String>,
    pub extra: Map<String, Json>,
}

impl Owner {
    fn read(owner: &Fields<'_>) -> Result<Self> {
        let yaml = owner.nested("owner")?.ok_or_else(|| {
            Diagnostic::parsing("owner-missing", format!("'owner' is a required property of {owner}"))
                .label(owner.yaml.span(), "")
                .help("add `owner: {name: ..., email: ...}`")
        })?;
        let fields = Fields::new(yaml, "owner", "")?;
        let email = fields.get("email").map_or(Json::Null, Yaml::to_json);
        let name = fields.string("name")?;
        if email.is_null() && name.is_none() {
            let kind = owner.to_string();
            let kind = if kind.starts_with("group") { "Group" } else { "Exposure" };
            return Err(Diagnostic::parsing(
                "owner-unnamed",
                format!("{kind} owner must have at least one of 'name' or 'email'."),
            )
            .label(yaml.span(), "")
            .help("write `owner: {name: ..}` or `owner: {email: ..}`")
            .boxed());
        }
        let extra = fields.mapping().iter().filter(|entry| entry.key != "email" && entry.key != "name");
        let extra = extra.map(|entry| (entry.key.clone(), entry.value.to_json())).collect();
        Ok(Self { email, name, extra })
    }

    /// As the manifest writes it.
    pub(crate) fn to_json(&self) -> Json {
        let mut object = Map::new();
        object.insert("email".into(), self.email.clone());
        object.insert("name".into(), self.name.clone().map_or(Json::Null, Json::String));
        object.extend(self.extra.clone());
        Json::Object(object)
    }
}

/// One entry of `exposures:`; the description is raw.
#[derive(Debug, Clone)]
pub(crate) struct ExposureProperties {
    pub name: String,
    pub kind: String,
    pub owner: Owner,
    pub description: String,
    pub label: Option<String>,
    pub maturity: Option<String>,
    pub meta: Map<String, Json>,
    pub tags: Vec<String>,
    pub url: Option<String>,
    /// `ref('x')`, `source('a', 'b')`, `metric('m')`, each with its place.
    pub depends_on: Vec<(String, Span)>,
    pub config: Map<String, Json>,
}

impl ExposureProperties {
    pub(crate) fn read(yaml: &Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        Self::read_entry(yaml, warnings).map_err(|problem| PropertyKind::Exposures.invalid(yaml, problem))
    }

    fn read_entry(yaml: &Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let exposure = Fields::named(yaml, "exposure")?;
        exposure.warn_unknown(known_keys::EXPOSURE, warnings);
        warn_name(&exposure, warnings);
        let kind = one_of(&exposure, "type", &TYPES)?.ok_or_else(|| {
            Diagnostic::parsing("exposure-type", format!("'type' is a required property of {exposure}"))
                .label(yaml.span(), "")
                .help(format!("add `type:` with one of {}", TYPES.join(", ")))
        })?;
        let mut depends_on = Vec::new();
        for item in exposure.list("depends_on")? {
            let text = item.expect_str(&format!("each item of `depends_on` of {exposure}"))?;
            depends_on.push((text.to_owned(), item.span()));
        }
        Ok(Self {
            name: exposure.name().to_owned(),
            kind,
            owner: Owner::read(&exposure)?,
            description: exposure.string_or_empty("description")?,
            label: exposure.string("label")?,
            maturity: one_of(&exposure, "maturity", &MATURITIES)?,
            meta: exposure.object("meta")?.unwrap_or_default(),
            tags: exposure.strings("tags")?.unwrap_or_default(),
            url: exposure.string("url")?,
            depends_on,
            config: exposure.object("config")?.unwrap_or_default(),
        })
    }
}

/// dbt's rule for names that are read by programs.
fn warn_name(exposure: &Fields<'_>, warnings: &mut Vec<Diagnostic>) {
    let name = exposure.name();
    if name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-')) {
        return;
    }
    let message = format!(
        "Starting in v1.3, the 'name' of an exposure should contain only letters, numbers, and underscores. Exposures support \
         a new property, 'label', which may contain spaces, capital letters, and special characters. {name} does not follow \
         this pattern. Please update the 'name', and use the 'label' property for a human-friendly title. This will raise an \
         error in a future version of dbt-core."
    );
    let place = exposure.get("name").unwrap_or(exposure.yaml).span();
    warnings.push(
        Diagnostic::warning("ExposureNameDeprecation", message).label(place, "").fact("exposure", name),
    );
}

fn one_of(owner: &Fields<'_>, key: &str, allowed: &[&str]) -> Result<Option<String>> {
    let Some(text) = owner.string(key)? else { return Ok(None) };
    if allowed.contains(&text.as_str()) {
        return Ok(Some(text));
    }
    let place = owner.get(key).unwrap_or(owner.yaml).span();
    Err(Diagnostic::parsing(
        "unknown-value",
        format!("'{text}' is not one of {} for `{key}` of {owner}", python_list(allowed)),
    )
    .label(place, "")
    .help("write one of them")
    .maybe_help(did_you_mean(&text, allowed.iter().copied()))
    .boxed())
}

/// One entry of `groups:`.
#[derive(Debug, Clone)]
pub(crate) struct GroupProperties {
    pub name: String,
    pub owner: Owner,
    pub description: Option<String>,
    pub config: Map<String, Json>,
}

impl GroupProperties {
    pub(crate) fn read(yaml: &Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        Self::read_entry(yaml, warnings).map_err(|problem| PropertyKind::Groups.invalid(yaml, problem))
    }

    fn read_entry(yaml: &Yaml, warnings: &mut Vec<Diagnostic>) -> Result<Self> {
        let group = Fields::named(yaml, "group")?;
        group.warn_unknown(known_keys::GROUP, warnings);
        Ok(Self {
            name: group.name().to_owned(),
            owner: Owner::read(&group)?,
            description: group.string("description")?,
            config: group.object("config")?.unwrap_or_default(),
        })
    }
}
