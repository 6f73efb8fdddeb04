//! From the raw project file to the typed one: Jinja rendered, every key read, unknown keys warned about.

use serde_json::Value as Json;

use crate::config::yaml::Kind;
use crate::config::{Configurable, DBT_VERSION, Fields, Renderer, Yaml, render_tree, semver};
use crate::diagnostic::{Category, Diagnostic, Result, did_you_mean};
use crate::hashed::IndexMap;

use super::{Dispatch, ProjectFile, QueryComment, Quoting, RawProjectFile, SourcePaths};

pub(crate) const KNOWN_KEYS: &[&str] = &[
    "name",
    "config-version",
    "version",
    "project-root",
    "source-paths",
    "model-paths",
    "macro-paths",
    "data-paths",
    "seed-paths",
    "test-paths",
    "analysis-paths",
    "docs-paths",
    "asset-paths",
    "function-paths",
    "osi-paths",
    "target-path",
    "snapshot-paths",
    "clean-targets",
    "profile",
    "log-path",
    "packages-install-path",
    "quoting",
    "on-run-start",
    "on-run-end",
    "require-dbt-version",
    "dispatch",
    "models",
    "seeds",
    "snapshots",
    "analyses",
    "sources",
    "tests",
    "data_tests",
    "unit_tests",
    "metrics",
    "semantic-models",
    "saved-queries",
    "exposures",
    "functions",
    "vars",
    "packages",
    "query-comment",
    "restrict-access",
    "dbt-cloud",
    "flags",
];

/// Names that Jinja's context already has.
const BANNED_NAMES: &[&str] = &[
    "_sql_results",
    "adapter",
    "api",
    "column",
    "config",
    "context",
    "database",
    "env",
    "env_var",
    "exceptions",
    "execute",
    "flags",
    "fromjson",
    "fromyaml",
    "graph",
    "invocation_id",
    "load_agate_table",
    "load_result",
    "log",
    "model",
    "modules",
    "post_hooks",
    "pre_hooks",
    "ref",
    "render",
    "return",
    "run_started_at",
    "schema",
    "source",
    "sql",
    "sql_now",
    "store_result",
    "store_raw_result",
    "target",
    "this",
    "tojson",
    "toyaml",
    "try_or_compiler_error",
    "var",
    "write",
];

/// Whether `require-dbt-version` is enforced (`--no-version-check`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionCheck {
    Enforced,
    Skipped,
}

impl RawProjectFile {
    /// Renders and types the file. Warnings that the raw file had are passed on.
    pub(crate) fn render(
        &self,
        renderer: &dyn Renderer,
        version_check: VersionCheck,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<ProjectFile> {
        self.render_typed(renderer, version_check, warnings).map_err(|problem| match problem.code {
            // dbt calls whatever is wrong in this file a runtime error
            "wrong-type" => Box::new(Diagnostic { category: Category::Runtime, ..*problem }),
            _ => problem,
        })
    }

    fn render_typed(
        &self,
        renderer: &dyn Renderer,
        version_check: VersionCheck,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<ProjectFile> {
        warnings.extend(self.warnings.iter().cloned());
        let yaml = render_tree(&self.yaml, renderer, &stays_unrendered)?;
        let file = Fields::new(&yaml, "project file", "")?;
        warn_unknown_keys(&file, warnings);
        let name = read_name(&file)?;
        check_required_version(&file, &name, version_check)?;
        refuse_old_layout(&file)?;
        check_shapes(&file)?;
        let target_path = file.text("target-path")?.unwrap_or_else(|| "target".to_owned());
        let trees = read_trees(&file)?;
        let unrendered = Fields::new(&self.yaml, "project file", "")?;
        Ok(ProjectFile {
            directory: self.directory.clone(),
            version: read_version(&file)?,
            paths: {
                let paths = read_paths(&file, warnings)?;
                warn_paths(&file, warnings);
                paths
            },
            clean_targets: paths_of(&file, "clean-targets")?.unwrap_or_else(|| vec![target_path.clone()]),
            packages_install_path: file
                .text("packages-install-path")?
                .unwrap_or_else(|| "dbt_packages".to_owned()),
            quoting: match file.nested("quoting")? {
                Some(quoting) => Quoting::read(quoting, "")?,
                None => Quoting::default(),
            },
            on_run_start: hooks(&file, "on-run-start")?,
            on_run_end: hooks(&file, "on-run-end")?,
            dispatch: file.list("dispatch")?.iter().map(Dispatch::read).collect::<Result<_>>()?,
            unrendered_trees: read_trees(&unrendered)?,
            trees,
            vars: self.vars().cloned(),
            query_comment: QueryComment::read(file.mapping().get("query-comment"))?,
            restrict_access: file.boolean("restrict-access")?.unwrap_or(false),
            target_path,
            name,
            yaml,
        })
    }
}

/// dbt renders hooks, vars and the query comment only when they are used.
fn stays_unrendered(path: &[String]) -> bool {
    let Some(first) = path.first() else { return false };
    match first.as_str() {
        "on-run-start" | "on-run-end" | "query-comment" | "vars" => true,
        "seeds" | "models" | "snapshots" | "tests" | "data_tests" => path.iter().any(|key| {
            let key = key.trim_start_matches(['+', ' ']);
            matches!(key, "pre-hook" | "post-hook" | "pre_hook" | "post_hook")
        }),
        _ => false,
    }
}

fn warn_unknown_keys(file: &Fields<'_>, warnings: &mut Vec<Diagnostic>) {
    for entry in file.mapping() {
        let underscored = entry.key.replace('_', "-");
        if KNOWN_KEYS.contains(&entry.key.as_str())
            || matches!(entry.key.as_str(), "semantic_models" | "saved_queries")
        {
            continue;
        }
        let hint = if KNOWN_KEYS.contains(&underscored.as_str()) {
            Some(format!("did you mean `{underscored}`?"))
        } else {
            did_you_mean(&entry.key, KNOWN_KEYS.iter().copied())
        };
        // one that is like none of them is dbt's to speak of
        let message = format!("unknown key `{}` in {}", entry.key, super::PROJECT_FILE);
        let warning = match hint {
            Some(hint) => Diagnostic::warning("UnknownKey", message).help(hint),
            None => Diagnostic::warning("CustomTopLevelKeyDeprecation", message),
        };
        warnings.push(warning.label(entry.key_span(), ""));
    }
}

fn read_name(file: &Fields<'_>) -> Result<String> {
    let Some(value) = file.get("name") else {
        return Err(Diagnostic::runtime("project-name", "Required \"name\" field not present in project")
            .label(file.yaml.span(), "")
            .help("add `name: <project>`")
            .boxed());
    };
    let name = value.expect_str("`name` of the project")?;
    let mut letters = name.chars();
    let starts_well = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if !starts_well || !letters.all(|c| c.is_alphanumeric() || c == '_') {
        return Err(Diagnostic::runtime(
            "project-name",
            format!("invalid project name `{name}`: '{name}' does not match the identifier pattern"),
        )
        .label(value.span(), "")
        .help("use letters, digits and underscores, and start with a letter")
        .boxed());
    }
    if BANNED_NAMES.contains(&name) {
        return Err(Diagnostic::runtime(
            "project-name",
            format!("Invalid project name: {name} is a reserved word"),
        )
        .label(value.span(), "")
        .help("choose another name, and use it below `models:` and the like too")
        .boxed());
    }
    Ok(name.to_owned())
}

/// Files of dbt before 0.17 mean other things by the same keys.
fn refuse_old_layout(file: &Fields<'_>) -> Result<()> {
    let Some(value) = file.get("config-version") else { return Ok(()) };
    match value.kind {
        Kind::Integer(version) if version != 2 => {
            let message = format!("Got an unexpected project version={version}, expected 2");
            Err(Diagnostic::runtime("config-version", message)
                .label(value.span(), "")
                .help("write `config-version: 2`, and the keys as dbt has them since then")
                .boxed())
        }
        _ => Ok(()),
    }
}

fn read_version(file: &Fields<'_>) -> Result<Json> {
    match file.get("version") {
        None => Ok(Json::Null),
        Some(value) => match value.kind {
            Kind::Integer(_) | Kind::Float(_) => Ok(value.to_json()),
            Kind::String(_) if value.as_str().is_some_and(is_version) => Ok(value.to_json()),
            _ => Err(unfit(value, "version", "write two or three numbers: `version: 1.0.0`")),
        },
    }
}

/// Two or three numbers; three may have a suffix, as semantic versions do.
fn is_version(text: &str) -> bool {
    let (numbers, suffix) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let numbers: Vec<&str> = numbers.split('.').collect();
    let is_number = |text: &&str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (*text == "0" || !text.starts_with('0'))
    };
    let is_suffix =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte));
    numbers.iter().all(is_number)
        && match numbers.len() {
            2 => suffix.is_empty(),
            3 => is_suffix(suffix) && suffix.len() != 1,
            _ => false,
        }
}

/// dbt's words for a value that its schema does not take.
fn unfit(value: &Yaml, key: &str, help: &str) -> Box<Diagnostic> {
    let shown = match value.to_json() {
        Json::String(text) => format!("'{text}'"),
        other => other.to_string(),
    };
    Diagnostic::runtime(
        "project-value",
        format!("at path ['{key}']: {shown} is not valid under any of the given schemas"),
    )
    .label(value.span(), "")
    .help(help)
    .boxed()
}

fn check_required_version(file: &Fields<'_>, name: &str, version_check: VersionCheck) -> Result<()> {
    let Some(value) = file.get("require-dbt-version") else { return Ok(()) };
    let texts = file.strings("require-dbt-version")?.unwrap_or_default();
    let specifiers = semver::Specifier::parse_all(&texts).map_err(|text| {
        Diagnostic::runtime("version-syntax", format!("\"{text}\" is not a valid semantic version."))
            .label(value.span(), "")
            .help("write conditions on three numbers: `[\">=1.3.0\", \"<2.0.0\"]`")
    })?;
    if version_check == VersionCheck::Skipped {
        return Ok(());
    }
    let shown = semver::python_list(&specifiers);
    let problem = if !semver::satisfiable(&specifiers) {
        format!(
            "The package version requirement can never be satisfied for the '{name}' package.\n\
             Required versions of dbt for '{name}': {shown}"
        )
    } else if semver::Version::parse(DBT_VERSION)
        .is_some_and(|installed| !specifiers.iter().all(|specifier| specifier.allows(&installed)))
    {
        format!(
            "This version of dbt is not supported with the '{name}' package.\n\
             Installed version of dbt: ={DBT_VERSION}\n\
             Required version of dbt for '{name}': {shown}"
        )
    } else {
        return Ok(());
    };
    Err(Diagnostic::runtime("dbt-version", problem)
        .label(value.span(), "")
        .help(format!(
            "Check for a different version of the '{name}' package, or run dbt again with --no-version-check"
        ))
        .boxed())
}

fn read_paths(file: &Fields<'_>, warnings: &mut Vec<Diagnostic>) -> Result<SourcePaths> {
    let list = |key: &str, default: &str| -> Result<Vec<String>> {
        Ok(paths_of(file, key)?.unwrap_or_else(|| vec![default.to_owned()]))
    };
    let renamed = |old: &str, new: &str, default: &str, warnings: &mut Vec<Diagnostic>| {
        let Some(entry) = file.mapping().entry(old) else { return list(new, default) };
        if file.get(new).is_some() {
            return Err(Diagnostic::runtime(
                "renamed-key",
                format!("{old} and {new} cannot both be defined. The `{old}` config has been deprecated in favor of `{new}`."),
            )
            .label(entry.key_span(), "")
            .help(format!("remove `{old}`"))
            .boxed());
        }
        warnings.push(
            Diagnostic::warning(
                if old == "source-paths" {
                    "ConfigSourcePathDeprecation"
                } else {
                    "ConfigDataPathDeprecation"
                },
                format!(
                    "The `{old}` config has been renamed to `{new}`. Please update your `dbt_project.yml` configuration to \
                     reflect this change."
                ),
            )
            .fact("deprecated_path", old)
            .fact("exp_path", new)
            .label(entry.key_span(), ""),
        );
        list(old, default)
    };
    let mut paths = SourcePaths {
        models: renamed("source-paths", "model-paths", "models", warnings)?,
        seeds: renamed("data-paths", "seed-paths", "seeds", warnings)?,
        snapshots: list("snapshot-paths", "snapshots")?,
        tests: list("test-paths", "tests")?,
        macros: list("macro-paths", "macros")?,
        analyses: list("analysis-paths", "analyses")?,
        functions: list("function-paths", "functions")?,
        docs: Vec::new(),
        assets: paths_of(file, "asset-paths")?.unwrap_or_default(),
    };
    paths.docs = paths_of(file, "docs-paths")?.unwrap_or_else(|| paths.all_sources());
    Ok(paths)
}

/// A list of paths; one path alone must be a list too.
fn paths_of(file: &Fields<'_>, key: &str) -> Result<Option<Vec<String>>> {
    if file.get(key).is_none() {
        return Ok(None);
    }
    let paths = file
        .list(key)?
        .iter()
        .map(|path| path.expect_str(&format!("each path of `{key}`")).map(str::to_owned));
    paths.collect::<Result<_>>().map(Some)
}

fn hooks(file: &Fields<'_>, key: &str) -> Result<Vec<Yaml>> {
    let Some(value) = file.get(key) else { return Ok(Vec::new()) };
    let items = match &value.kind {
        Kind::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(value),
    };
    for item in items {
        item.expect_str(&format!("each hook of `{key}`"))?;
    }
    Ok(items.to_vec())
}

fn read_trees(file: &Fields<'_>) -> Result<IndexMap<Configurable, Yaml>> {
    let mut trees = IndexMap::default();
    for resource in Configurable::WITH_TREE {
        let key = resource.tree_key();
        let older = match resource {
            Configurable::Test => "tests",
            Configurable::SemanticModel => "semantic_models",
            Configurable::SavedQuery => "saved_queries",
            _ => key,
        };
        if resource == Configurable::Test
            && let (Some(_), Some(both)) = (file.get(key), file.mapping().entry(older))
            && !both.value.is_null()
        {
            return Err(Diagnostic::runtime(
                "renamed-key",
                "Invalid project config: cannot have both 'tests' and 'data_tests' defined",
            )
            .label(both.key_span(), "")
            .help("keep `data_tests`")
            .boxed());
        }
        if let Some(tree) = file.nested(key)?.map_or_else(|| file.nested(older), |tree| Ok(Some(tree)))? {
            trees.insert(resource, tree.clone());
        }
    }
    Ok(trees)
}

/// dbt: those with the default value are in many old projects, and do no harm.
fn warn_paths(file: &Fields<'_>, warnings: &mut Vec<Diagnostic>) {
    for (key, default, event, what, option, variable) in [
        ("log-path", "logs", "ConfigLogPathDeprecation", "logs", "--log-path", "DBT_LOG_PATH"),
        (
            "target-path",
            "target",
            "ConfigTargetPathDeprecation",
            "artifacts",
            "--target-path",
            "DBT_TARGET_PATH",
        ),
    ] {
        let Some(value) = file.get(key).filter(|value| value.as_str() != Some(default)) else { continue };
        let message = format!(
            "The `{key}` config in `dbt_project.yml` has been deprecated, and will no longer be supported in a future \
             version of dbt-core. If you wish to write dbt {what} to a custom directory, please use the {option} CLI flag or \
             {variable} env var instead."
        );
        warnings
            .push(Diagnostic::warning(event, message).label(value.span(), "").fact("deprecated_path", key));
    }
}

/// The keys that are read from the raw file, or by dbt's hosted service alone.
fn check_shapes(file: &Fields<'_>) -> Result<()> {
    file.text("profile")?;
    file.text("log-path")?;
    file.object("flags")?;
    match file.get("dbt-cloud") {
        Some(value) if value.as_mapping().is_none() => {
            Err(unfit(value, "dbt-cloud", "this key has a mapping"))
        }
        _ => Ok(()),
    }
}
