//! What commands on a project share: settings, the project's files, the manifest and the graph.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::bare_renderer::BareRenderer;
use super::connect;
use super::invocation::{Invocation, is_unattended};
use super::parse_events;
use super::runtime_config::runtime_config;
use super::vars::{given_vars, package_vars};
use crate::adapter::Early;
use crate::config::packages::PackagesFile;
use crate::config::profiles::{Profile, ProfileChoice, ProfilesFile, Target};
use crate::config::project_file::VersionCheck;
use crate::config::{DBT_VERSION, ProjectFile, RawProjectFile};
use crate::context;
use crate::context::functions::Secrets;
use crate::context::objects::{Relation, RuntimeConfig};
use crate::context::{
    DispatchOrder, Engine, EngineSettings, Globals, MacroPackage, ParseGlobals, SharedNames,
};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::graph::{
    EmptyNodes, Graph, IndirectSelection, Selection, SelectionInputs, SelectionRequest, Selectors,
};
use crate::hashed::{HashMap, HashSet};
use crate::jinja::Value;
use crate::manifest::{
    Deferral, Favor, KeptText, Manifest, Metadata, Node, PreviousState, Quoting, ResourceType, SourceNames,
};
use crate::memory::Memory;
use crate::options::behavior;
use crate::options::table::{
    DEFER, DEFER_STATE, EXCLUDE, FAVOR_STATE, INDIRECT_SELECTION, MODELS, PROFILE, PROFILES_DIR, SELECT,
    SELECTOR, STATE, STORE_FAILURES, TARGET, TARGET_PATH, THREADS, VERSION_CHECK, WRITE_JSON,
};
use crate::options::{Subcommand, Text};
use crate::parallel;
use crate::parse::{self, ParsePlace, ParseRequest, ParseTarget, Quoted, ResolvedJob};
use crate::project::{self, FileKind, Installed, LoadRequest, Project};

/// A project that was read, with the profile that it runs under.
pub(super) struct Session<'i> {
    pub(super) invocation: &'i Invocation,
    pub(super) profile: Profile,
    pub(super) project: Project,
    pub(super) engine: Engine,
    pub(super) globals: Arc<Globals>,
    pub(super) selectors: Selectors,
    pub(super) target_directory: PathBuf,
    /// The artifacts of `--state`.
    state: Option<PreviousState>,
    /// Sessions that are on their way while the project is read.
    pub(super) early: Arc<Early>,
    pub(super) memory: Arc<Memory>,
}

/// The finished manifest with its graph.
pub(super) struct ParsedProject {
    pub(super) manifest: Arc<Manifest>,
    pub(super) graph: Arc<Graph>,
    /// Of the manifest's file.
    pub(super) kept: Arc<KeptText>,
    pub(super) jobs: Arc<[ResolvedJob]>,
    /// As the root project's nodes see them.
    pub(super) vars: Arc<Map<String, Json>>,
}

impl<'i> Session<'i> {
    /// Profile, project file, packages and macros; nothing is parsed yet.
    pub(super) fn load(invocation: &'i Invocation) -> Result<Self, Diagnostics> {
        Self::load_from(invocation, invocation.raw_project()?)
    }

    /// The same by a project file that was read later than the invocation's.
    pub(super) fn load_from(invocation: &'i Invocation, raw: &RawProjectFile) -> Result<Self, Diagnostics> {
        let flags = &invocation.flags;
        let mut warnings = Vec::new();
        let bare = BareRenderer::new(invocation, None)?;
        let profile = load_profile(invocation, &bare, &mut warnings)?;
        let memory = Arc::default();
        let early = connect::early(&profile, invocation, &memory);
        let target = Json::Object(profile.to_target_dict());
        let with_target = BareRenderer::new(invocation, Some(&target))?;
        let check = if flags.is(&VERSION_CHECK) { VersionCheck::Enforced } else { VersionCheck::Skipped };
        let file = raw.render(&with_target, check, &mut warnings)?;
        let installed = installed_packages(&file, with_target.clone())?;
        let selectors =
            match crate::config::selectors::read(&invocation.project_directory, &with_target, &mut warnings)?
            {
                Some(yaml) => Selectors::from_yaml(&yaml, indirect_selection(invocation))?,
                None => Selectors::default(),
            };
        crate::config::catalogs::check(&invocation.project_directory, &with_target)?;
        let load = LoadRequest {
            root: file,
            packages: Installed { specified: installed.0, specified_in: installed.1 },
            package_renderer: &with_target,
            version_check: check,
        };
        let ((), project) = parallel::join(context::prepare, || project::load(load, &mut warnings));
        let project = project?;
        let engine = Engine::new(engine_settings(
            &project,
            flags.follows(&behavior::REQUIRE_EXPLICIT_PACKAGE_OVERRIDES_FOR_BUILTIN_MATERIALIZATIONS),
        ))?;
        let globals = Arc::new(globals(invocation, &project, target));
        let target_directory = match flags.text(&TARGET_PATH) {
            Some(path) => invocation.project_directory.join(path),
            None => project.root.file.target_directory(),
        };
        crate::output::guard(&target_directory);
        let mut state = match state_directory(invocation, &STATE) {
            Some(directory) => {
                let mut state = PreviousState::load(&directory, &target_directory)?;
                if directory == target_directory {
                    state.warnings.push(same_directory(flags.text(&STATE).unwrap_or_default()));
                }
                Some(state)
            }
            None => None,
        };
        if let Some(state) = &mut state
            && flags.follows(&behavior::STATE_MODIFIED_COMPARE_MORE_UNRENDERED_VALUES)
        {
            state.source_names = SourceNames::Unrendered;
        }
        warnings.extend(state.iter_mut().flat_map(|state| std::mem::take(&mut state.warnings)));
        for warning in warnings {
            invocation.emitter.warn(warning)?;
        }
        Ok(Self {
            invocation,
            profile,
            project,
            engine,
            globals,
            selectors,
            target_directory,
            state,
            early,
            memory,
        })
    }

    /// The profile alone, for commands that read no models.
    pub(super) fn profile(invocation: &Invocation) -> Result<Profile, Diagnostics> {
        let bare = BareRenderer::new(invocation, None)?;
        Ok(load_profile(invocation, &bare, &mut Vec::new())?)
    }

    /// The manifest and the graph, with manifest.json written: what dbt's commands begin with.
    pub(super) fn parse(&self) -> Result<ParsedProject, Diagnostics> {
        self.parse_and(|_| Ok(())).map(|(parsed, ())| parsed)
    }

    /// The same, and what is done with them while the file is being written.
    pub(super) fn parse_and<R>(
        &self,
        work: impl FnOnce(&ParsedProject) -> Result<R, Diagnostics>,
    ) -> Result<(ParsedProject, R), Diagnostics> {
        let (manifest, jobs) = self.parse_manifest()?;
        let manifest = Arc::new(manifest);
        let kept = Arc::<KeptText>::default();
        let (written, done) = parallel::join(
            || self.write_manifest(&manifest, &kept),
            || {
                let parsed = ParsedProject {
                    graph: Arc::new(Graph::build(&manifest)?),
                    manifest: Arc::clone(&manifest),
                    kept: Arc::clone(&kept),
                    jobs,
                    vars: self.root_vars(),
                };
                let result = work(&parsed)?;
                Ok((parsed, result))
            },
        );
        written?;
        done
    }

    /// The same without manifest.json.
    pub(super) fn parse_unwritten(&self) -> Result<ParsedProject, Diagnostics> {
        let (manifest, jobs) = self.parse_manifest()?;
        Ok(ParsedProject {
            graph: Arc::new(Graph::build(&manifest)?),
            manifest: Arc::new(manifest),
            kept: Arc::default(),
            jobs,
            vars: self.root_vars(),
        })
    }

    fn root_vars(&self) -> Arc<Map<String, Json>> {
        let root = &self.project.root;
        let mut vars = package_vars(&root.file, root.name());
        vars.extend(&given_vars(&self.invocation.flags));
        Arc::new(vars.texts().clone())
    }

    /// The manifest, with `Event`s about what is odd in the project.
    fn parse_manifest(&self) -> Result<(Manifest, Arc<[ResolvedJob]>), Diagnostics> {
        let request = self.parse_request();
        parse_events::begun(self.invocation);
        let parsed = parse::manifest(&request)?;
        for warning in parsed.warnings {
            self.invocation.emitter.warn(warning)?;
        }
        parse_events::unpinned(self.invocation, &parsed.manifest);
        let mut manifest = parsed.manifest;
        manifest.selectors.clone_from(&self.selectors.expanded);
        Ok((manifest, parsed.jobs.into()))
    }

    /// The project with one more node: the SQL of `--inline`. Its unique id.
    pub(super) fn add_inline(&self, parsed: &mut ParsedProject, sql: &str) -> Result<String, Diagnostics> {
        let mut manifest = Manifest::clone(&parsed.manifest);
        let unique_id = parse::inline(&self.parse_request(), &mut manifest, sql)?;
        parsed.graph = Arc::new(Graph::build(&manifest)?);
        parsed.manifest = Arc::new(manifest);
        Ok(unique_id)
    }

    /// What `builtins.ref.config` is.
    pub(super) fn runtime_config(&self) -> Json {
        runtime_config(&self.project, &self.profile, &self.globals.target, &self.invocation.flags)
    }

    fn parse_request(&self) -> ParseRequest<'_> {
        let globals = Arc::clone(&self.globals);
        let runtime_config = RuntimeConfig(self.runtime_config()).into_value();
        let shared: Arc<dyn SharedNames> = Arc::new(ParseGlobals { globals, runtime_config });
        let quoting = self.project.root.file.quoting;
        ParseRequest {
            project: &self.project,
            engine: &self.engine,
            shared,
            relation_of: parse_relation,
            target: ParseTarget {
                name: self.profile.target_name.clone(),
                connections: self.parse_places(),
                database: self.profile.target.database.clone(),
                schema: self.profile.target.schema.clone(),
                server: server(&self.profile.target),
            },
            quoting: Quoted {
                database: quoting.database.unwrap_or(true),
                schema: quoting.schema.unwrap_or(true),
                identifier: quoting.identifier.unwrap_or(true),
            },
            store_failures: self.invocation.flags.is(&STORE_FAILURES),
            flags: &self.invocation.flags,
            metadata: self.metadata(),
            now: seconds(crate::clock::now()),
        }
    }

    /// Where the nodes of the project's connections go.
    fn parse_places(&self) -> HashMap<String, ParsePlace> {
        let place = |target: &Target| ParsePlace {
            database: target.database.clone(),
            schema: target.schema.clone(),
            server: server(target),
            shown: Json::Object(self.profile.dict_of(target)),
        };
        let connections = self.profile.connections.iter();
        connections.map(|(name, mapped)| (name.clone(), place(&mapped.target))).collect()
    }

    /// The output of the profile that a connection means; none is the target's own.
    pub(super) fn output_of(&self, connection: Option<&str>) -> &str {
        let mapped = connection.and_then(|name| self.profile.connections.get(name));
        mapped.map_or(&self.profile.target_name, |mapped| &mapped.output)
    }

    fn metadata(&self) -> Metadata {
        let name = self.project.root.name().to_owned();
        let quoting = self.project.root.file.quoting;
        Metadata {
            dbt_version: DBT_VERSION.to_owned(),
            generated_at: Some(iso(crate::clock::now())),
            invocation_id: Some(self.invocation.id.clone()),
            invocation_started_at: Some(iso(self.invocation.started_at)),
            env: self.invocation.environment.custom().collect(),
            project_id: Some(parse::project_id(&name)),
            project_name: Some(name),
            send_anonymous_usage_stats: Some(false),
            adapter_type: Some("postgres".to_owned()),
            quoting: Quoting {
                database: Some(quoting.database.unwrap_or(true)),
                schema: Some(quoting.schema.unwrap_or(true)),
                identifier: Some(quoting.identifier.unwrap_or(true)),
                column: None,
            },
            run_started_at: Some(
                self.invocation.started_at.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string(),
            ),
            ..Metadata::default()
        }
    }

    /// The nodes that the flags select.
    pub(super) fn select(
        &self,
        parsed: &ParsedProject,
        resource_types: Vec<ResourceType>,
        empty_nodes: EmptyNodes,
    ) -> Result<Selection> {
        let flags = &self.invocation.flags;
        let mut include = flags.words(&SELECT);
        include.extend(flags.words(&MODELS));
        let selection = self.select_by(
            parsed,
            &SelectionRequest {
                include,
                exclude: flags.words(&EXCLUDE),
                selector: flags.text(&SELECTOR).map(str::to_owned),
                indirect: indirect_selection(self.invocation),
                resource_types,
                empty_nodes,
            },
        )?;
        for warning in &selection.warnings {
            self.invocation.emitter.warn(warning.clone())?;
        }
        Ok(selection)
    }

    pub(super) fn select_by(&self, parsed: &ParsedProject, request: &SelectionRequest) -> Result<Selection> {
        let inputs = SelectionInputs {
            manifest: &parsed.manifest,
            project_root: &self.invocation.project_directory,
            selectors: &self.selectors,
            state: self.state.as_ref(),
        };
        parsed.graph.select(request, &inputs)
    }

    /// What `--defer` resolves unselected references to.
    pub(super) fn deferral(&self, parsed: &ParsedProject, selected: &[String]) -> Result<Option<Deferral>> {
        let flags = &self.invocation.flags;
        let clones = self.invocation.command == Subcommand::Clone;
        if !flags.is(&DEFER) && !clones {
            return Ok(None);
        }
        let directory = state_directory(self.invocation, &DEFER_STATE)
            .or_else(|| state_directory(self.invocation, &STATE))
            .ok_or_else(|| {
                Diagnostic::runtime(
                    "missing-state",
                    "Received a --defer flag, but no value was provided to --state or --defer-state.",
                )
                .help("give the directory of the manifest.json to defer to")
            })?;
        let state = PreviousState::load(&directory, &self.target_directory)?;
        let favor = if flags.is(&FAVOR_STATE) { Favor::State } else { Favor::Target };
        let manifest = state.manifest_to_defer_to(&directory)?;
        Ok(Some(Deferral::new(&parsed.manifest, manifest, selected, favor)))
    }

    /// The parsed manifest again, with other nodes.
    pub(super) fn write_again(&self, parsed: &ParsedProject, manifest: &Manifest) -> Result<()> {
        self.write_manifest(manifest, &parsed.kept)
    }

    /// Writes an artifact below the target directory, unless `--no-write-json`.
    fn write_manifest(&self, manifest: &Manifest, kept: &KeptText) -> Result<()> {
        if !self.invocation.flags.is(&WRITE_JSON) {
            return Ok(());
        }
        let path = self.target_directory.join("manifest.json");
        let failed = |error: std::io::Error| crate::output::unwritten(&path, &error);
        let output = crate::output::Output::create(&path).map_err(failed)?;
        let mut writer = std::io::BufWriter::new(output);
        manifest.write(kept, &mut writer).map_err(failed)?;
        let output = writer.into_inner().map_err(|error| failed(error.into_error()))?;
        output.finish().map_err(failed)?;
        Ok(())
    }
}

/// `--state` and `--defer-state`, relative to the working directory.
fn state_directory(invocation: &Invocation, option: &Text) -> Option<PathBuf> {
    let given = invocation.flags.text(option)?;
    let here = invocation.working_directory.join(given);
    let in_project = invocation.project_directory.join(given);
    Some(if here.exists() || !in_project.exists() { here } else { in_project })
}

fn parse_relation(node: &Node) -> Value {
    Relation::new(node.database.as_deref(), Some(&node.schema), Some(&node.alias)).to_value()
}

fn seconds(at: jiff::Timestamp) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 fit in 53 bits")]
    let micros = at.as_microsecond() as f64;
    micros / 1e6
}

fn iso(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

pub(super) fn indirect_selection(invocation: &Invocation) -> IndirectSelection {
    match invocation.flags.text(&INDIRECT_SELECTION) {
        Some("cautious") => IndirectSelection::Cautious,
        Some("buildable") => IndirectSelection::Buildable,
        Some("empty") => IndirectSelection::Empty,
        _ => IndirectSelection::Eager,
    }
}

fn same_directory(state: &str) -> Diagnostic {
    Diagnostic::warning(
        "WarnStateTargetEqual",
        format!(
            "Warning: The state and target directories are the same: '{state}'. This could lead to missing changes due to \
             overwritten state including non-idempotent retries."
        ),
    )
}

pub(super) fn load_profile(
    invocation: &Invocation,
    renderer: &BareRenderer,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Profile> {
    let raw = invocation.raw_project()?;
    let flags = &invocation.flags;
    let directory = invocation.profiles_directory();
    let threads = flags.number(&THREADS).and_then(|threads| usize::try_from(threads).ok());
    let secret = renderer.clone().with_secrets();
    let project_profile = raw.profile(&secret)?;
    let Some(file) = ProfilesFile::read(&directory)? else {
        if flags.text(&PROFILES_DIR).is_some() || flags.text(&PROFILE).is_some() {
            return Err(Diagnostic::runtime(
                "profiles-missing",
                format!(
                    "dbt looked for a profiles.yml file in {}, but did not find one",
                    flags.text(&PROFILES_DIR).map_or_else(|| directory.display().to_string(), str::to_owned)
                ),
            )
            .help(
                "leave out --profiles-dir and --profile to use the embedded server, or write a profiles.yml",
            )
            .boxed());
        }
        // a job that lost its profile must not succeed on a server that nobody will ever look at
        if is_unattended(&invocation.environment) && !invocation.command.is_of_server() {
            return Err(Diagnostic::runtime(
                "profiles-missing",
                format!("there is no profiles.yml (the last place is {}), and the variable CI is set", directory.display()),
            )
            .help(
                "pass --profiles-dir, or add a profiles.yml; one with `embedded: true` uses the embedded server on \
                 purpose, whose data ends with the job",
            )
            .boxed());
        }
        return Ok(Profile::embedded(project_profile.as_deref().unwrap_or("default"), threads));
    };
    let choice = ProfileChoice {
        profile: flags.text(&PROFILE).or(project_profile.as_deref()),
        target: flags.text(&TARGET),
        threads,
    };
    file.choose(choice, &secret, warnings)
}

fn server(target: &Target) -> String {
    format!("{}:{}", target.host.to_lowercase(), target.port)
}

/// How many packages the project names, and in which file.
fn installed_packages(file: &ProjectFile, renderer: BareRenderer) -> Result<(usize, &'static str)> {
    let asked = PackagesFile::read(&file.directory, "", &renderer.for_packages())?;
    Ok((asked.packages.len(), asked.file_name))
}

fn engine_settings(project: &Project, explicit_overrides: bool) -> EngineSettings {
    let packages = project
        .all()
        .map(|package| MacroPackage {
            name: package.name().to_owned(),
            files: [FileKind::Macro, FileKind::GenericTest]
                .iter()
                .flat_map(|kind| package.files.of(*kind))
                .map(|file| Arc::clone(&file.source))
                .collect(),
        })
        .collect();
    let dispatch = project
        .root
        .file
        .dispatch
        .iter()
        .map(|order| DispatchOrder {
            macro_namespace: order.macro_namespace.clone(),
            search_order: order.search_order.clone(),
        })
        .collect();
    EngineSettings {
        root: project.root.name().to_owned(),
        packages,
        dispatch,
        allow_package_materializations: !explicit_overrides,
    }
}

/// The names that all templates share.
fn globals(invocation: &Invocation, project: &Project, target: Json) -> Globals {
    let cli_vars = given_vars(&invocation.flags);
    let mut vars = HashMap::default();
    let root = &project.root.file;
    for package in project.all() {
        let mut merged = package_vars(&package.file, package.name());
        if package.name() != root.name {
            merged.extend(&package_vars(root, package.name()));
        }
        merged.extend(&cli_vars);
        vars.insert(package.name().to_owned(), Arc::new(merged));
    }
    let flags: Map<String, Json> = invocation
        .flags
        .values()
        .iter()
        .flat_map(|(name, value)| [(name.to_uppercase(), value.clone()), (name.clone(), value.clone())])
        .collect();
    Globals {
        vars,
        cli_vars: Arc::new(cli_vars),
        environment: Arc::new(invocation.environment.clone()),
        secrets: Secrets::Refused,
        target,
        flags: Json::Object(flags),
        project_name: project.root.name().to_owned(),
        invocation_id: invocation.id.clone(),
        run_started_at: invocation.started_at,
        sink: super::messages::sink(invocation),
    }
}

/// All resource types but those named.
pub(super) fn types_without(excluded: &[ResourceType]) -> Vec<ResourceType> {
    let excluded: HashSet<_> = excluded.iter().copied().collect();
    ResourceType::ALL.into_iter().filter(|kind| !excluded.contains(kind)).collect()
}
