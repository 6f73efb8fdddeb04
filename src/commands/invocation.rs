//! One call of the program: its flags, its environment, where it says what.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::interrupted::interrupted;
use super::{CommandResult, Outcome};
use crate::cli;
use crate::config::profiles::{ProfilesFile, default_directory};
use crate::config::project_file::{PROJECT_FILE, find_project_directory};
use crate::config::{DBT_VERSION, Environment, RawProjectFile};
use crate::diagnostic::{Diagnostic, Diagnostics, Result};
use crate::options::table::{
    DEBUG, EXPORT_TO, LINEAGE_OUTPUT, LOG_FILE_MAX_BYTES, LOG_FORMAT, LOG_FORMAT_FILE, LOG_LEVEL,
    LOG_LEVEL_FILE, LOG_PATH, PRINTER_WIDTH, PROFILE, PROFILES_DIR, PROJECT_DIR, QUIET,
    SHOW_ALL_DEPRECATIONS, STANDARD_OUTPUT, TARGET, TARGET_PATH, USE_COLORS, USE_COLORS_FILE, VARS,
};
use crate::options::{FlagInputs, Flags, Subcommand, Text, variable_keys};
use crate::parse::SEMANTIC_VALIDATION;
use crate::report::{Channel, Format, ReportSettings, Reporter, Scrubber, Style};
use crate::run::{self, Emitter, Event, Level};

/// What every command starts from.
pub(super) struct Invocation {
    pub(super) command: Subcommand,
    pub(super) flags: Flags,
    /// What the command line gave, as `retry` needs it.
    pub(super) given: Map<String, Json>,
    pub(super) environment: Environment,
    pub(super) emitter: Arc<Emitter>,
    pub(super) id: String,
    pub(super) started_at: jiff::Timestamp,
    pub(super) working_directory: PathBuf,
    /// The directory of dbt_project.yml, if there is one.
    pub(super) project_directory: PathBuf,
    pub(super) raw_project: Option<RawProjectFile>,
    raw_problem: Option<Box<Diagnostic>>,
    project_flags: Map<String, Json>,
}

/// `flags:` of the project or, where it has none, the old `config:` of profiles.yml.
fn project_flags(
    project: Option<&RawProjectFile>,
    profiles: &Path,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Map<String, Json>> {
    let of_project = project.map(RawProjectFile::flags).unwrap_or_default();
    // what is wrong in that file is said by the commands that need it
    let of_profiles = match ProfilesFile::read(profiles) {
        Ok(Some(file)) => file.flags(),
        _ => Map::new(),
    };
    if of_profiles.is_empty() {
        return Ok(of_project);
    }
    if !of_project.is_empty() {
        return Err(Diagnostic::runtime(
            "flags-twice",
            format!(
                "Do not specify both 'config' in profiles.yml and 'flags' in {PROJECT_FILE}. Using 'config' in \
                 profiles.yml is deprecated."
            ),
        )
        .boxed());
    }
    warnings.push(Diagnostic::warning(
        "ProjectFlagsMovedDeprecation",
        format!(
            "User config should be moved from the 'config' key in profiles.yml to the 'flags' key in {PROJECT_FILE}."
        ),
    ));
    Ok(of_profiles)
}

/// Where profiles.yml is looked for.
fn profiles_directory(
    flags: &Flags,
    working_directory: &Path,
    project: &Path,
    environment: &Environment,
) -> PathBuf {
    if let Some(given) = flags.text(&PROFILES_DIR) {
        return working_directory.join(given);
    }
    let home = environment.get("HOME").map(PathBuf::from);
    default_directory(working_directory, project, home.as_deref())
}

impl Invocation {
    pub(super) fn start(parsed: cli::Arguments) -> Result<Self, Diagnostics> {
        Self::start_with(parsed, None)
    }

    /// Another project's call within this one: it reports to the same place, and says nothing of its start.
    pub(super) fn within(&self, parsed: cli::Arguments) -> Result<Self, Diagnostics> {
        Self::start_with(parsed, Some(Arc::clone(&self.emitter)))
    }

    /// A call that says nothing.
    pub(super) fn silent(parsed: cli::Arguments) -> Result<Self, Diagnostics> {
        Self::start_with(parsed, Some(Arc::new(Emitter::silent())))
    }

    fn start_with(parsed: cli::Arguments, shared: Option<Arc<Emitter>>) -> Result<Self, Diagnostics> {
        let started_at = crate::clock::now();
        let working_directory = std::env::current_dir().map_err(|error| {
            Diagnostic::runtime("working-directory", format!("the working directory cannot be read: {error}"))
        })?;
        let mut environment = Environment::read(&working_directory)?;
        let mut warnings = Vec::new();
        let no_project = Map::new();
        let inputs = FlagInputs {
            command: parsed.command,
            given: &parsed.given,
            environment: &environment,
            project: &no_project,
        };
        let first = Flags::resolve(&inputs, &mut Vec::new())?;
        let project_directory = match first.text(&PROJECT_DIR) {
            Some(given) if working_directory.join(given).exists() => working_directory.join(given),
            Some(given) => {
                return Err(Diagnostic::runtime(
                    "no-project-directory",
                    format!("Invalid value for '--project-dir': Path '{given}' does not exist."),
                )
                .into());
            }
            None => find_project_directory(&working_directory).unwrap_or_else(|| working_directory.clone()),
        };
        let (raw_project, raw_problem) = match RawProjectFile::read(&project_directory, "") {
            Ok(raw) => (Some(raw), None),
            Err(problem) => (None, Some(problem)),
        };
        let profiles = profiles_directory(&first, &working_directory, &project_directory, &environment);
        let project_flags = project_flags(raw_project.as_ref(), &profiles, &mut warnings)?;
        let mut flags = Flags::resolve(&FlagInputs { project: &project_flags, ..inputs }, &mut warnings)?;
        if parsed.names_models {
            warnings.push(Diagnostic::warning(
                "ModelParamUsageDeprecation",
                "Usage of `--models`, `--model`, and `-m` is deprecated in favor of `--select` or `-s`.",
            ));
        }
        flags.set("invocation_command", format!("rsdbt {}", parsed.command.name()));
        flags.set("project_dir", project_directory.display().to_string());
        let id = uuid::Uuid::new_v4().to_string();
        let is_first = shared.is_none();
        let emitter = match shared {
            Some(emitter) => emitter,
            None => Arc::new(emitter(
                parsed.command,
                &flags,
                &environment,
                &project_directory,
                raw_project.as_ref(),
                &id,
            )?),
        };
        environment.share_prefixes(variable_keys());
        let invocation = Self {
            command: parsed.command,
            flags,
            given: parsed.given,
            environment,
            emitter,
            id,
            started_at,
            working_directory,
            project_directory,
            raw_project,
            raw_problem,
            project_flags,
        };
        if is_first {
            invocation.greet();
        }
        for warning in warnings {
            invocation.emitter.warn(warning)?;
        }
        Ok(invocation)
    }

    pub(super) fn profiles_directory(&self) -> PathBuf {
        profiles_directory(&self.flags, &self.working_directory, &self.project_directory, &self.environment)
    }

    /// The same call as another command, for `retry`.
    pub(super) fn again(&self, command: Subcommand, given: Map<String, Json>) -> Result<Self> {
        let project = &self.project_flags;
        let inputs = FlagInputs { command, given: &given, environment: &self.environment, project };
        let mut flags = Flags::resolve(&inputs, &mut Vec::new())?;
        for name in ["project_dir", "invocation_command"] {
            if let Some(value) = self.flags.values().get(name) {
                flags.set(name, value.clone());
            }
        }
        Ok(Self {
            command,
            flags,
            given,
            environment: self.environment.clone(),
            emitter: Arc::clone(&self.emitter),
            id: self.id.clone(),
            started_at: self.started_at,
            working_directory: self.working_directory.clone(),
            project_directory: self.project_directory.clone(),
            raw_project: self.raw_project.clone(),
            raw_problem: self.raw_problem.clone(),
            project_flags: self.project_flags.clone(),
        })
    }

    /// What another process of this program needs to work on the same project and target.
    pub(super) fn inherited_options(&self) -> Vec<String> {
        let mut options = vec!["--project-dir".to_owned(), self.project_directory.display().to_string()];
        let profiles = self.profiles_directory();
        if self.flags.text(&PROFILES_DIR).is_some() || profiles.join("profiles.yml").exists() {
            options.extend(["--profiles-dir".to_owned(), profiles.display().to_string()]);
        }
        for (name, option) in [("--profile", &PROFILE), ("--target", &TARGET)] {
            options.extend(
                self.flags.text(option).into_iter().flat_map(|text| [name.to_owned(), text.to_owned()]),
            );
        }
        options
    }

    /// Where artifacts are, as far as it is known before the project file is rendered.
    pub(super) fn target_directory(&self) -> PathBuf {
        let configured = self
            .raw_project
            .as_ref()
            .and_then(|raw| raw.yaml.get("target-path"))
            .and_then(crate::config::Yaml::as_str);
        let path = self.flags.text(&TARGET_PATH).or(configured).unwrap_or("target");
        self.project_directory.join(path)
    }

    fn greet(&self) {
        let version = format!("={DBT_VERSION}");
        self.emitter.emit(Event::MainReportVersion { version, log_version: 3 });
        self.emitter.emit(Event::MainReportArgs { args: Json::Object(self.shown_arguments()) });
    }

    /// A person looks at what is printed, and nothing keeps it.
    pub(super) fn is_watched(&self) -> bool {
        let is_text = self.flags.text(&LOG_FORMAT) != Some("json");
        std::io::stdout().is_terminal() && is_text && !is_unattended(&self.environment)
    }

    /// The project file, or why there is none.
    pub(super) fn raw_project(&self) -> Result<&RawProjectFile> {
        match (&self.raw_project, &self.raw_problem) {
            (Some(raw), _) => Ok(raw),
            (None, Some(problem)) => Err(problem.clone()),
            (None, None) => Err(Diagnostic::runtime("project-file-missing", "no dbt_project.yml").boxed()),
        }
    }

    /// What says that a signal has ended the command; psql hears it itself.
    pub(super) fn announcement(&self) -> Option<Box<dyn FnOnce() + Send>> {
        if self.command == Subcommand::DbPsql {
            return None;
        }
        let (emitter, command) = (Arc::clone(&self.emitter), self.command.name());
        Some(Box::new(move || {
            emitter.emit(encountered(&interrupted().into()));
            emitter.emit(Event::CommandCompleted {
                command: format!("rsdbt {command}"),
                success: false,
                completed_at: crate::clock::now().to_string(),
                elapsed: crate::clock::elapsed().as_secs_f64(),
            });
            emitter.flush();
        }))
    }

    /// Says how the command ended and turns that into the exit status.
    pub(super) fn finish(&self, result: CommandResult) -> ExitCode {
        self.emitter.summarize_deprecations();
        let code = match &result {
            Ok(Outcome::Success) => 0,
            Ok(Outcome::Failure) => 1,
            Err(problems) => {
                self.semantic_failures(problems);
                self.emitter.emit(encountered(problems));
                2
            }
        };
        let elapsed = crate::clock::elapsed().as_secs_f64();
        // dbt: an environment variable brings the report before the reader's eyes
        let level = match self.environment.get("DBT_SHOW_RESOURCE_REPORT") {
            Some(_) => Level::Info,
            None => Level::Debug,
        };
        self.emitter.emit_at(level, None, run::resource_report(self.command.name(), code == 0, elapsed));
        self.emitter.emit(Event::CommandCompleted {
            command: format!("rsdbt {}", self.command.name()),
            success: code == 0,
            completed_at: crate::clock::now().to_string(),
            elapsed,
        });
        self.emitter.flush();
        let code = match self.emitter.unlogged() {
            Some(problem) => {
                crate::report::complain(&problem);
                code.max(2)
            }
            None => code,
        };
        match self.emitter.broken() {
            // a log that nobody reads any more says nothing about the work
            Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe && self.does_work() => {
                ExitCode::from(code)
            }
            Some(error) => ExitCode::from(code.max(unprinted(&error))),
            None => ExitCode::from(code),
        }
    }

    /// Whether the command changes the database: what it prints is not its product then.
    fn does_work(&self) -> bool {
        matches!(
            self.command,
            Subcommand::Build
                | Subcommand::Clone
                | Subcommand::Deps
                | Subcommand::Retry
                | Subcommand::Run
                | Subcommand::RunOperation
                | Subcommand::Schedule
                | Subcommand::ScheduleClear
                | Subcommand::ScheduleMarkSuccess
                | Subcommand::ScheduleRetry
                | Subcommand::Seed
                | Subcommand::Snapshot
                | Subcommand::Test
        )
    }

    /// dbt: what is wrong in the semantic layer is an event for each, beside the error that lists them.
    fn semantic_failures(&self, problems: &Diagnostics) {
        for problem in problems.0.iter().filter(|problem| problem.code == SEMANTIC_VALIDATION) {
            self.emitter.emit(Event::SemanticValidationFailure { msg: problem.message.clone() });
        }
    }

    /// The flags without the values of variables whose names say that they are secrets.
    fn shown_arguments(&self) -> Map<String, Json> {
        let mut args = self.flags.values().clone();
        if let Some(Json::Object(vars)) = args.get_mut(VARS.0.key) {
            for (_, value) in vars.iter_mut().filter(|(name, _)| Environment::is_secret(name)) {
                *value = "*****".into();
            }
        }
        args
    }

    /// As artifacts name this call.
    pub(super) fn for_artifacts(&self) -> run::InvocationRecord {
        let env: Map<String, Json> =
            self.environment.custom().map(|(name, value)| (name, value.into())).collect();
        run::InvocationRecord {
            id: self.id.clone(),
            started_at: self.started_at,
            version: DBT_VERSION.to_owned(),
            env,
            args: self.shown_arguments(),
        }
    }
}

/// Where the project is in what GitHub Actions has checked out.
fn folder_in_repository(environment: &Environment, project: &Path) -> String {
    let folder = environment.get("GITHUB_WORKSPACE").and_then(|root| project.strip_prefix(root).ok());
    let folder = folder.map(|folder| folder.display().to_string()).unwrap_or_default();
    if folder.is_empty() { folder } else { folder + "/" }
}

/// A job of a CI system: nobody answers, and its terminal is a log.
pub(super) fn is_unattended(environment: &Environment) -> bool {
    environment.get("CI").is_some_and(|value| !matches!(value, "" | "0" | "false"))
}

/// The exit status of a command whose output cannot be printed. A closed pipe (`| head`) is silent, as everywhere.
pub(super) fn unprinted(error: &std::io::Error) -> u8 {
    const CLOSED_PIPE: u8 = 128 + 13;
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return CLOSED_PIPE;
    }
    crate::report::complain(&format!("cannot write to standard output: {error}"));
    2
}

/// All problems as text, each as it would look alone.
pub(super) fn render_all(problems: &Diagnostics) -> String {
    problems.0.iter().map(crate::diagnostic::render).collect::<Vec<_>>().join("\n\n")
}

fn encountered(problems: &Diagnostics) -> Event {
    let error_codes = problems.0.iter().map(|problem| problem.shown_code().to_owned()).collect();
    Event::MainEncounteredError { exc: render_all(problems), error_codes }
}

/// For errors before the flags that shape the output are known.
pub(super) fn report_without_flags(problems: &Diagnostics) {
    let usage = problems.0.iter().all(|problem| problem.category == crate::diagnostic::Category::Usage);
    let text = render_all(problems);
    if usage {
        crate::report::complain(&text);
    } else {
        // the exit status says the same
        let _ = crate::report::say(&format!("Encountered an error:\n{text}"));
    }
}

fn emitter(
    command: Subcommand,
    flags: &Flags,
    environment: &Environment,
    project: &Path,
    raw: Option<&RawProjectFile>,
    id: &str,
) -> Result<Emitter> {
    let level = |option: &Text, default: Level| match flags.text(option) {
        Some("none") => None,
        Some(text) => Some(Level::parse(text).unwrap_or(default)),
        None => Some(default),
    };
    let terminal_level = if flags.is(&DEBUG) { Some(Level::Debug) } else { level(&LOG_LEVEL, Level::Info) };
    // a program reads it: nothing else may stand before it
    let is_for_programs = command == Subcommand::Lineage
        && flags.text(&LINEAGE_OUTPUT).is_some_and(|form| form != "tree")
        || command == Subcommand::Export && flags.text(&EXPORT_TO) == Some(STANDARD_OUTPUT);
    let quiet = is_for_programs || flags.is(&QUIET);
    let width = usize::try_from(flags.number(&PRINTER_WIDTH).unwrap_or(80)).unwrap_or(80);
    let is_terminal = std::io::stdout().is_terminal();
    let explicit = flags.is_set(&USE_COLORS.0);
    let set = |name: &str| environment.get(name).unwrap_or_default();
    let is_dumb = set("TERM") == "dumb";
    // what was asked for by name counts more than what the environment prefers
    let is_plain = !set("NO_COLOR").is_empty() || is_dumb;
    let color = flags.is(&USE_COLORS) && (explicit || (is_terminal && !is_plain));
    let format =
        |option: &Text, default: Format| Format::parse(flags.text(option).unwrap_or("default"), default);
    let terminal_format = format(&LOG_FORMAT, if flags.is(&DEBUG) { Format::Debug } else { Format::Text });
    let log_directory = match flags.text(&LOG_PATH) {
        Some(path) => project.join(path),
        None => {
            let configured =
                raw.and_then(|raw| raw.yaml.get("log-path")).and_then(crate::config::Yaml::as_str);
            project.join(configured.unwrap_or("logs"))
        }
    };
    let is_given = flags.is_set(&PRINTER_WIDTH.0) || !is_terminal;
    let shown = Style { color, width: if is_given { width } else { crate::report::fitting(width) } };
    let settings = ReportSettings {
        terminal: Channel { format: terminal_format, level: terminal_level, style: shown },
        file: Channel {
            format: format(&LOG_FORMAT_FILE, Format::Debug),
            level: level(&LOG_LEVEL_FILE, Level::Debug),
            style: Style { color: flags.is(&USE_COLORS_FILE) && flags.is_set(&USE_COLORS_FILE.0), width },
        },
        log_file: raw.map(|_| log_directory.join("dbt.log")),
        log_file_max_bytes: u64::try_from(flags.number(&LOG_FILE_MAX_BYTES).unwrap_or(0)).unwrap_or(0),
        quiet,
        aside: command == Subcommand::Export && flags.text(&EXPORT_TO) == Some(STANDARD_OUTPUT),
        interactive: is_terminal && terminal_format != Format::Json,
        live: is_terminal
            && crate::report::is_drawable()
            && !is_dumb
            && terminal_format == Format::Text
            && !quiet
            && !is_unattended(environment),
        invocation: crate::report::LogInvocation {
            id: id.to_owned(),
            extra: environment.custom().map(|(name, value)| (name, value.into())).collect(),
        },
        folder: folder_in_repository(environment, project),
    };
    let scrubber = Scrubber::new(environment.secrets()).with_folder(project);
    let reporter = Reporter::new(settings, scrubber);
    Ok(Emitter::new(Box::new(reporter), flags.warn_error_options()?, flags.is(&SHOW_ALL_DEPRECATIONS)))
}
