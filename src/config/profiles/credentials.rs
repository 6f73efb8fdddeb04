//! From an output's keys to a [`Target`]: the keys themselves, over a URI, over a service, over libpq's environment.

use std::path::PathBuf;
use std::process::Command;

use crate::config::yaml::Entry;
use crate::config::{Fields, Yaml};
use crate::diagnostic::{Diagnostic, MASK, Result, did_you_mean};
use crate::hashed::IndexMap;
use crate::interrupt;

use super::known_keys::KNOWN;
use super::target::{Embedded, Target};
use super::{masked, pgpass, service, uri};

/// dbt's other adapters.
const OTHER_ADAPTERS: [&str; 18] = [
    "athena",
    "bigquery",
    "clickhouse",
    "databricks",
    "duckdb",
    "dremio",
    "fabric",
    "glue",
    "greenplum",
    "materialize",
    "mysql",
    "oracle",
    "redshift",
    "snowflake",
    "spark",
    "sqlite",
    "sqlserver",
    "trino",
];

/// Values by libpq's names, the more specific source first.
struct Sources<'a> {
    fields: &'a Fields<'a>,
    fallbacks: Vec<Fallback>,
}

/// What a key of the output brings from elsewhere.
struct Fallback {
    /// `uri`, `service`
    key: &'static str,
    /// The service file.
    file: Option<PathBuf>,
    parameters: IndexMap<String, String>,
}

/// How far a key's numbers go.
trait Bounded {
    const LEAST: Self;
    const MOST: Self;
}

/// A port.
impl Bounded for u16 {
    const LEAST: Self = 1;
    const MOST: Self = Self::MAX;
}

/// libpq's numbers are C's.
impl Bounded for u32 {
    const LEAST: Self = 0;
    const MOST: Self = i32::MAX.cast_unsigned();
}

impl Bounded for u64 {
    const LEAST: Self = 0;
    const MOST: Self = i32::MAX.cast_unsigned() as Self;
}

impl Sources<'_> {
    /// A key of the output under one of its names, else from the URI or the service.
    fn text(&self, keys: &[&str]) -> Result<Option<String>> {
        for key in keys {
            if let Some(text) = self.fields.text(key)? {
                return Ok(Some(text));
            }
        }
        let found = |from: &Fallback| keys.iter().find_map(|key| from.parameters.get(*key).cloned());
        Ok(self.fallbacks.iter().find_map(found))
    }

    fn number<T: std::str::FromStr + Bounded + PartialOrd + std::fmt::Display>(
        &self,
        key: &str,
    ) -> Result<Option<T>> {
        let Some(text) = self.text(&[key])? else { return Ok(None) };
        match text.trim().parse() {
            Ok(number) if number >= T::LEAST && number <= T::MOST => Ok(Some(number)),
            _ => {
                let (place, whose) = self.origin(key);
                let message = format!("`{key}`{whose} is not a number in its range");
                Err(Diagnostic::runtime("profile-key", message)
                    .label(place.span(), "")
                    .help(format!("write a number from {} to {}", T::LEAST, T::MOST))
                    .boxed())
            }
        }
    }

    /// The same where libpq takes any number below zero for zero.
    fn number_or_less<T: std::str::FromStr + Bounded + PartialOrd + std::fmt::Display>(
        &self,
        key: &str,
    ) -> Result<Option<T>> {
        let is_less = |text: String| text.trim().parse::<i32>().is_ok_and(|number| number < 0);
        if self.text(&[key])?.is_some_and(is_less) { Ok(Some(T::LEAST)) } else { self.number(key) }
    }

    /// The place in profiles.yml that a key comes from, and in words where it stands itself.
    fn origin(&self, key: &str) -> (&Yaml, String) {
        if let Some(own) = self.fields.get(key) {
            return (own, String::new());
        }
        let Some(from) = self.fallbacks.iter().find(|from| from.parameters.contains_key(key)) else {
            return (self.fields.yaml, String::new());
        };
        let whose = match &from.file {
            Some(file) => format!(" of the service, in {},", file.display()),
            None => " of the URI".to_owned(),
        };
        (self.fields.get(from.key).unwrap_or(self.fields.yaml), whose)
    }

    fn required(&self, shown: &str, keys: &[&str]) -> Result<String> {
        self.text(keys)?.filter(|text| !text.is_empty()).ok_or_else(|| {
            Diagnostic::runtime("profile-key", format!("'{shown}' is a required property"))
                .label(self.fields.yaml.span(), "")
                .help(format!("add `{shown}: ...`"))
                .boxed()
        })
    }
}

pub(super) fn read(fields: &Fields<'_>, warnings: &mut Vec<Diagnostic>) -> Result<Target> {
    check_type(fields)?;
    warn_unknown(fields, warnings);
    let session = read_session(fields)?;
    if let Some(embedded) = read_embedded(fields)? {
        let default = Target::default();
        let sources = Sources { fields, fallbacks: Vec::new() };
        return Ok(Target {
            schema: fields.text("schema")?.unwrap_or(default.schema),
            database: fields.text("dbname")?.or(fields.text("database")?).unwrap_or(default.database),
            search_path: fields.text("search_path")?,
            session,
            reconnect_timeout: sources.number("reconnect_timeout")?.unwrap_or(default.reconnect_timeout),
            embedded: Some(embedded),
            ..Target::default()
        });
    }
    let sources = Sources { fields, fallbacks: read_fallbacks(fields)? };
    refuse_uris(&sources)?;
    let text = |key: &str| sources.text(&[key]);
    let ports = read_ports(&sources)?;
    let mut target = Target {
        host: match text("hostaddr")? {
            Some(_) => text("host")?.unwrap_or_default(),
            None => sources.required("host", &["host"])?,
        },
        hostaddr: text("hostaddr")?,
        port: ports.first().copied().unwrap_or(5432),
        ports,
        host_passwords: Vec::new(),
        ignored_password_file: None,
        target_session_attrs: one_of(
            &sources,
            "target_session_attrs",
            &["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
        )?,
        load_balance_hosts: one_of(&sources, "load_balance_hosts", &["disable", "random"])?,
        channel_binding: one_of(&sources, "channel_binding", &["disable", "prefer", "require"])?,
        user: sources.required("user", &["user", "username"])?,
        password: sources.text(&["password", "pass"])?,
        database: sources.required("dbname", &["dbname", "database"])?,
        schema: sources.required("schema", &["schema"])?,
        connect_timeout: sources.number_or_less("connect_timeout")?.unwrap_or(10),
        role: text("role")?.filter(|role| !role.is_empty()),
        search_path: text("search_path")?.filter(|path| !path.is_empty()),
        keepalives: sources.number::<u32>("keepalives")?.unwrap_or(1) > 0,
        keepalives_idle: sources.number_or_less("keepalives_idle")?.unwrap_or(0),
        keepalives_interval: sources.number_or_less("keepalives_interval")?.unwrap_or(0),
        keepalives_count: sources.number_or_less("keepalives_count")?.unwrap_or(0),
        tcp_user_timeout: sources.number_or_less("tcp_user_timeout")?.unwrap_or(0),
        sslmode: read_sslmode(&sources)?,
        sslcert: text("sslcert")?,
        sslkey: text("sslkey")?,
        sslrootcert: text("sslrootcert")?,
        application_name: match fields.mapping().get("application_name") {
            Some(value) if value.is_null() => None,
            _ => Some(text("application_name")?.unwrap_or_else(|| "dbt".to_owned())),
        },
        retries: sources.number("retries")?.unwrap_or(1),
        autocommit: fields.boolean("autocommit")?.unwrap_or(false),
        reconnect_timeout: sources.number("reconnect_timeout")?.unwrap_or(30),
        session,
        embedded: None,
    };
    if target.password.is_none() {
        target.password = match fields.text("password_command")? {
            Some(command) => Some(run_password_command(fields, &command)?),
            None => std::env::var("PGPASSWORD").ok(),
        };
    }
    if target.password.is_none() {
        (target.host_passwords, target.ignored_password_file) = pgpass::find(&target);
    }
    Ok(target)
}

/// libpq takes a connection URI for a database name. Here these values are shown, and a URI holds a password.
fn refuse_uris(sources: &Sources<'_>) -> Result<()> {
    for key in ["host", "hostaddr", "dbname", "database", "user", "username", "schema", "role", "service"] {
        let text = sources.text(&[key])?.unwrap_or_default();
        if text.contains("://") || text.contains("password=") {
            let (place, whose) = sources.origin(key);
            return Err(Diagnostic::runtime(
                "profile-key",
                format!("`{key}`{whose} is a connection URI or string"),
            )
            .label(place.span(), "")
            .help("write a URI under `uri:`, and the parts of a connection string under their own keys")
            .boxed());
        }
    }
    Ok(())
}

fn check_type(fields: &Fields<'_>) -> Result<()> {
    let Some(kind) = fields.text("type")? else {
        return Err(Diagnostic::runtime("profile-type", "required field \"type\" not found")
            .label(fields.yaml.span(), "")
            .help("add `type: postgres`")
            .boxed());
    };
    if matches!(kind.as_str(), "postgres" | "postgresql") {
        return Ok(());
    }
    // dbt names the type; a type is shown only if it is one
    let shown = OTHER_ADAPTERS.iter().find(|known| **known == kind).copied().unwrap_or(MASK);
    Err(Diagnostic::runtime("profile-type", format!("Could not find adapter type {shown}!"))
        .label(fields.get("type").unwrap_or(fields.yaml).span(), "")
        .help("rsdbt runs on PostgreSQL: `type: postgres`")
        .boxed())
}

/// `{password:hunter2}` is a key without a value.
fn shown(entry: &Entry) -> &str {
    if entry.value.is_null() { MASK } else { masked::name(&entry.key) }
}

fn warn_unknown(fields: &Fields<'_>, warnings: &mut Vec<Diagnostic>) {
    for entry in fields.mapping().iter().filter(|entry| !KNOWN.contains(&entry.key.as_str())) {
        warnings.push(
            Diagnostic::warning("UnknownProfileKey", format!("unknown key `{}` in {fields}", shown(entry)))
                .label(entry.key_span(), "")
                .maybe_help(did_you_mean(&entry.key, KNOWN.iter().copied())),
        );
    }
}

fn read_fallbacks(fields: &Fields<'_>) -> Result<Vec<Fallback>> {
    let mut fallbacks = Vec::new();
    for key in ["uri", "url"] {
        let Some(text) = fields.text(key)? else { continue };
        let parts = uri::parse(&text).map_err(|problem| {
            Diagnostic::runtime("profile-uri", format!("the connection URI is not valid: {problem}"))
                .label(fields.get(key).unwrap_or(fields.yaml).span(), "")
                .help("postgresql://user:password@host:5432/database?sslmode=require")
        })?;
        fallbacks.push(Fallback { key, file: None, parameters: parts });
    }
    if let Some(name) = fields.text("service")? {
        let place = || fields.get("service").unwrap_or(fields.yaml).span();
        let found = service::find(&name).map_err(|problem| problem.label(place(), "").boxed())?;
        let found = found.ok_or_else(|| {
            Diagnostic::runtime("profile-service", "definition of this service not found")
                .label(place(), "")
                .help("services are defined in ~/.pg_service.conf or in the file that PGSERVICEFILE names")
        })?;
        fallbacks.push(Fallback { key: "service", file: Some(found.file), parameters: found.parameters });
    }
    Ok(fallbacks)
}

fn read_sslmode(sources: &Sources<'_>) -> Result<Option<String>> {
    one_of(sources, "sslmode", &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])
}

/// One of libpq's words for a key.
fn one_of(sources: &Sources<'_>, key: &str, words: &[&'static str]) -> Result<Option<String>> {
    let Some(word) = sources.text(&[key])?.filter(|word| !word.is_empty()) else { return Ok(None) };
    if words.contains(&word.as_str()) {
        return Ok(Some(word));
    }
    let (place, whose) = sources.origin(key);
    let code = if key == "sslmode" { "profile-sslmode" } else { "profile-key" };
    Err(Diagnostic::runtime(code, format!("invalid {key} value{whose}").trim_end_matches(','))
        .label(place.span(), "")
        .help(
            did_you_mean(&word, words.iter().copied())
                .unwrap_or_else(|| format!("one of {}", words.join(", "))),
        )
        .boxed())
}

/// One port, or one for each host: `5432,5433`; an empty one is 5432.
fn read_ports(sources: &Sources<'_>) -> Result<Vec<u16>> {
    let Some(text) = sources.text(&["port"])?.filter(|text| text.contains(',')) else {
        return Ok(sources.number("port")?.into_iter().collect());
    };
    let port = |text: &str| match text.trim() {
        "" => Ok(5432),
        text => text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
            let (place, whose) = sources.origin("port");
            Diagnostic::runtime("profile-key", format!("`port`{whose} is not a number in its range"))
                .label(place.span(), "")
                .help("one port from 1 to 65535, or one for each host: `5432,5433`")
                .boxed()
        }),
    };
    text.split(',').map(port).collect()
}

fn read_session(fields: &Fields<'_>) -> Result<IndexMap<String, String>> {
    let mut session = IndexMap::default();
    for key in ["statement_timeout", "lock_timeout"] {
        if let Some(value) = fields.text(key)? {
            session.insert(key.to_owned(), value);
        }
    }
    if let Some(settings) = fields.nested("settings")? {
        let settings = Fields::new(settings, "settings", fields.name())?;
        for entry in settings.mapping() {
            let value = match entry.value.as_bool() {
                Some(on) => Some(if on { "on" } else { "off" }.to_owned()),
                None => settings.text(&entry.key)?,
            };
            session.insert(entry.key.clone(), value.unwrap_or_default());
        }
    }
    Ok(session)
}

/// `embedded: true`, or a mapping with `durable` and `bin_dir`, which may also stand beside it.
fn read_embedded(fields: &Fields<'_>) -> Result<Option<Embedded>> {
    let Some(value) = fields.get("embedded") else { return Ok(None) };
    let nested = match (value.as_bool(), value.as_mapping()) {
        (Some(false), _) => return Ok(None),
        (Some(true), _) => None,
        (None, Some(_)) => Some(Fields::new(value, "embedded", "")?),
        _ => return Err(value.wrong_type("`embedded`", "true, false or a mapping")),
    };
    let places = nested.iter().chain(std::iter::once(fields));
    let mut embedded = Embedded::default();
    for place in places {
        embedded.durable |= place.boolean("durable")?.unwrap_or(false);
        if embedded.bin_dir.is_none() {
            embedded.bin_dir = place.get("bin_dir").and_then(Yaml::scalar_text).map(PathBuf::from);
        }
    }
    Ok(Some(embedded))
}

/// A program that prints a password: tokens of cloud databases live minutes only.
fn run_password_command(fields: &Fields<'_>, command: &str) -> Result<String> {
    let failed = |why: String| {
        Diagnostic::runtime("password-command", format!("`password_command` failed: {why}"))
            .label(fields.get("password_command").unwrap_or(fields.yaml).span(), "")
            .help("run the command by hand to see what it prints")
            .boxed()
    };
    let output = interrupt::output(Command::new("sh").arg("-c").arg(command))
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        // what it printed may hold the secret itself, on stderr too
        return Err(failed(format!("{} (its output is not shown)", output.status)));
    }
    let password = String::from_utf8_lossy(&output.stdout).trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() { Err(failed("it printed nothing".to_owned())) } else { Ok(password) }
}
