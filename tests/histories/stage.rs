//! The ad mart on disk and in a schema of its own: the very files of the repository's project, with the arriving
//! tables as sources.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;

use super::change_log::{GONE, Log};
use super::facts::Kind;
use super::other_marts::OtherMart;
use super::random::Random;
use super::strangers;
use crate::support::{Database, Fault, Project, Proxy};

/// A change log whose key has two columns and whose rows have an order within a moment; the ad mart has none.
const CAMPAIGN: &str = "{{ config(
    materialized='incremental', incremental_strategy='merge_upsert', unique_key=['id', 'region'],
    updated_at='updated_at', order_by=['position'], delete_when=\"name = 'GONE'\",
    consume=var('arriving_schema') ~ '.campaign_staging', on_schema_change=ON_SCHEMA_CHANGE
) }}
";

/// What becomes of a column that its log gains. None: as if nothing was written.
const ON_SCHEMA_CHANGE: [&str; 5] =
    ["none", "'append_new_columns'", "'sync_all_columns'", "'ignore'", "'fail'"];

/// Without a line in its log, also on a machine with much else to do.
const HANGS_AFTER: Duration = Duration::from_secs(90);

/// The same of a run that waits for another one: it says so once.
const HANGS_WAITING_AFTER: Duration = Duration::from_mins(8);

/// The only one of the queries that names its columns.
const NAMES_COLUMNS: usize = 3;

/// Who the runs are: the first two write the same mart, the third one has a schema of its own.
const TARGETS: &str = "{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ target.schema if target.name == 'ann' else var('mart_schema') }}
{%- endmacro %}
";

/// Queries over the log `LOG` that leave out the rows that are held, and no other ones.
const CAMPAIGN_QUERIES: [&str; 5] = [
    "select * from LOG where name <> 'HELD'",
    "select log.* from LOG as log join (values ('spring'), ('summer'), ('GONE')) as known (name) on known.name = log.name",
    "select distinct on (id, region) * from LOG where name <> 'HELD'
     order by id, region, updated_at desc nulls last, position desc nulls last",
    "with ranked as (
        select *, row_number() over (partition by id, region order by updated_at desc nulls last, position desc nulls last) as rank
        from LOG where name <> 'HELD'
     )
     select id, region, name, created_at, updated_at, position from ranked where rank = 1",
    "select log.* from (select * from LOG where name <> 'HELD' order by created_at limit 1000000) as log
     left join (values (1)) as one (id) on true",
];

/// Of the sessions: the day in Seoul must not depend on it.
const TIME_ZONES: [&str; 3] = ["UTC", "Asia/Seoul", "America/New_York"];

/// What differs from batch to batch.
pub(super) struct Setting {
    /// the log of units has rows that delete
    pub(super) deletes: bool,
    pub(super) other_mart: OtherMart,
    /// others hang triggers, rules and policies on the mart
    pub(super) has_code: bool,
    campaign_query: usize,
    on_schema_change: &'static str,
    time_zone: &'static str,
    /// as the profile may ask for
    pub(super) autocommit: bool,
}

impl Setting {
    /// The log's query itself lets one row of a key through, also where the key is NULL.
    pub(super) fn keeps_one_per_key(&self, log: Log) -> bool {
        log == Log::Campaign
            && ["distinct on", "rank = 1"].iter().any(|words| self.campaign_query().contains(words))
    }

    fn campaign_query(&self) -> &'static str {
        CAMPAIGN_QUERIES[self.campaign_query]
    }

    /// A column that its log gains stops the merge of the campaigns.
    pub(super) fn refuses_new_columns(&self) -> bool {
        self.campaign_query != NAMES_COLUMNS && ["none", "'fail'"].contains(&self.on_schema_change)
    }

    /// It is left where it is.
    pub(super) fn discards_new_columns(&self) -> bool {
        self.campaign_query == NAMES_COLUMNS || self.on_schema_change == "'ignore'"
    }

    /// `zones`: those that the server knows.
    pub(super) fn draw(random: &mut Random, zones: &[String]) -> Self {
        Self {
            deletes: random.one_in(2),
            other_mart: OtherMart::draw(random, zones),
            has_code: random.one_in(2),
            campaign_query: random.below(5) as usize,
            on_schema_change: ON_SCHEMA_CHANGE[random.below(5) as usize],
            time_zone: TIME_ZONES[random.below(3) as usize],
            autocommit: random.one_in(4),
        }
    }
}

pub(super) struct Stage {
    pub(super) project: Project,
    pub(super) database: Database,
    pub(super) arriving: String,
    pub(super) proxy: Proxy,
}

/// What a process said and how it ended; none: it was killed.
pub(super) struct Ended {
    pub(super) text: String,
    pub(super) status: Option<i32>,
}

impl Stage {
    pub(super) fn new(mut database: Database, setting: &Setting) -> Self {
        let Setting { deletes, other_mart, time_zone, autocommit, .. } = setting;
        let project = Project::new(&database);
        let arriving = format!("{}_arriving", database.schema);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["models", "macros", "data_tests"] {
            project.copy_from(&root.join(folder), folder);
        }
        let query = setting.campaign_query().replace("LOG", "{{ var('arriving_schema') }}.campaign_staging");
        let config = CAMPAIGN.replace("ON_SCHEMA_CHANGE", setting.on_schema_change);
        project.write("models/campaign.sql", &format!("{config}{query}\n"));
        for (name, sql) in strangers::MODELS {
            project.write(&format!("models/{name}.sql"), sql);
        }
        project.write("macros/targets.sql", TARGETS);
        project.write(&format!("models/{}.sql", other_mart.name), &other_mart.model());
        let mut settings = fs::read_to_string(root.join("dbt_project.yml")).unwrap();
        let mut set = |from: &str, to: &str| {
            assert_eq!(settings.matches(from).count(), 1, "dbt_project.yml: {from}");
            settings = settings.replace(from, to);
        };
        set("profile: ad_mart\n", "profile: shop\n");
        set("  sample: true\n", "  sample: false\n");
        set("arriving_schema: public\n", &format!("arriving_schema: {arriving}\n"));
        let mart_schema = format!("horizon_days: 100000\n  mart_schema: {}\n", database.schema);
        set("horizon_days: 3650\n", &mart_schema);
        let mut more = format!("    +materialized: table\n    +pre-hook: \"set time zone '{time_zone}'\"\n");
        if *deletes {
            let _ = writeln!(more, "    unit:\n      +delete_when: \"unit_type = '{GONE}'\"");
        }
        set("    +materialized: table\n", &more);
        project.write("dbt_project.yml", &settings);
        let profile = fs::read_to_string(project.path().join("profiles.yml")).unwrap();
        project.write("profiles.yml", &targets(&profile, &database, *autocommit));
        database.execute(&arriving_tables(&arriving));
        let proxy = Proxy::new(&database.settings);
        Self { project, database, arriving, proxy }
    }

    /// Starts `rsdbt`; `number` tells processes at once apart.
    pub(super) fn start(&self, arguments: &[String], number: usize) -> Process {
        self.start_at(arguments, number, &self.database.settings.host, self.database.settings.port)
    }

    /// The same, with a proxy between it and the server.
    pub(super) fn start_disturbed(&self, arguments: &[String], fault: Fault, number: usize) -> Process {
        self.proxy.disturb(fault, number);
        self.start_at(arguments, 0, "127.0.0.1", self.proxy.port)
    }

    fn start_at(&self, arguments: &[String], number: usize, host: &str, port: u16) -> Process {
        let said = self.project.path().join(format!("said{number}.txt"));
        let file = File::create(&said).unwrap();
        let mut command = self.project.command(&[format!("--log-path=logs{number}")]);
        let command = command.args(arguments).arg(format!("--target-path=target{number}"));
        command.env("RSDBT_HISTORY_HOST", host).env("RSDBT_HISTORY_PORT", port.to_string());
        let child = command.stdout(Stdio::from(file)).stderr(Stdio::null()).spawn().unwrap();
        let log = self.project.path().join(format!("logs{number}/dbt.log"));
        Process { child, said, log, begun: Instant::now() }
    }

    /// Waits until the server has ended what killed processes began.
    pub(super) fn settle(&self, client: &mut Client) -> Result<(), String> {
        for _ in 0..12_000 {
            let sql = "select count(*) from pg_stat_activity where application_name = $1";
            let sessions: i64 = client.query_one(sql, &[&self.database.schema]).unwrap().get(0);
            if sessions == 0 {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err("sessions of a process that is gone are still there after a minute".into())
    }

    pub(super) fn terminate_sessions(&self, client: &mut Client, condition: &str) {
        let sql =
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = $1 and ";
        client.query_one(&format!("{sql}{condition}"), &[&self.database.schema]).unwrap();
    }

    pub(super) fn stage_null_keys(&self, client: &mut Client, log: Log, count: u32) {
        let table = format!("{}.{}_staging", self.arriving, log.model());
        let (key, value) = (log.key_column(), log.value_column());
        let others = if key == "id" { "" } else { "id, " };
        let zero = if key == "id" { "" } else { "0, " };
        let sql = format!(
            "insert into {table} ({others}{key}, {value}) select {zero}null, '{}' from generate_series(1, {count})",
            log.values()[0]
        );
        client.batch_execute(&sql).unwrap();
    }

    /// As the operator would; the number of rows that were there.
    pub(super) fn remove_null_keys(&self, client: &mut Client, log: Log) -> u64 {
        let table = format!("{}.{}_staging", self.arriving, log.model());
        client.execute(&format!("delete from {table} where {} is null", log.key_column()), &[]).unwrap()
    }
}

pub(super) struct Process {
    child: Child,
    said: PathBuf,
    log: PathBuf,
    begun: Instant,
}

impl Process {
    /// Kills it at the moment, where there is one.
    pub(super) fn wait(mut self, killed_after: Option<Duration>) -> Result<Ended, String> {
        let (mut logged, mut last_sign) = (0, self.begun);
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            if last_sign.elapsed() > Duration::from_secs(1) {
                let length = fs::metadata(&self.log).map_or(0, |data| data.len());
                if length != logged {
                    (logged, last_sign) = (length, Instant::now());
                }
            }
            let stuck = last_sign.elapsed() > HANGS_AFTER
                && (last_sign.elapsed() > HANGS_WAITING_AFTER || !self.waits_for_another());
            if stuck || killed_after.is_some_and(|moment| self.begun.elapsed() >= moment) {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                if stuck {
                    let said = fs::read_to_string(&self.said).unwrap();
                    return Err(format!(
                        "a run hangs: it has logged nothing for {:?}\n{said}",
                        last_sign.elapsed()
                    ));
                }
                break None;
            }
            thread::sleep(Duration::from_millis(2));
        };
        let text = fs::read_to_string(&self.said).unwrap();
        Ok(Ended { text, status })
    }
}

impl Process {
    fn waits_for_another(&self) -> bool {
        let said = fs::read_to_string(&self.said).unwrap_or_default();
        said.lines().last().is_some_and(|line| line.contains("Waiting for another run to finish"))
    }
}

impl Drop for Process {
    /// Of two at once the second one may not have been waited for when the first one is what fails.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The profile of one target becomes that of three, and names the way to the server by variables.
fn targets(profile: &str, database: &Database, autocommit: bool) -> String {
    let (head, output) = profile.split_once("    dev:\n").unwrap();
    let Database { schema, settings, .. } = database;
    let output = output
        .replace(&format!("host: '{}'", settings.host), "host: \"{{ env_var('RSDBT_HISTORY_HOST') }}\"")
        .replace(
            &format!("port: {}", settings.port),
            "port: \"{{ env_var('RSDBT_HISTORY_PORT') | as_number }}\"",
        );
    let mut text = head.to_owned();
    for (target, suffix) in [("dev", ""), ("twin", "_twin"), ("ann", "_ann")] {
        let output = output.replace(&format!("schema: '{schema}'"), &format!("schema: '{schema}{suffix}'"));
        let _ = write!(
            text,
            "    {target}:\n{output}      application_name: {schema}\n      autocommit: {autocommit}\n"
        );
    }
    text
}

fn arriving_tables(arriving: &str) -> String {
    let facts = "(user_id varchar(32), lineitem_id bigint, unit_id bigint, revenue numeric(27,9), created_at timestamp,
        unique (user_id, created_at, unit_id, lineitem_id))";
    let moments = "created_at timestamp, updated_at timestamp";
    let (impressions, clicks) = (Kind::Impression.table(), Kind::Click.table());
    format!(
        "create schema {arriving};
         create table {arriving}.{impressions} {facts};
         create table {arriving}.{clicks} {facts};
         create table {arriving}.ad_lineitem_staging (id bigint, revenue_type varchar(16), {moments});
         create table {arriving}.unit_staging (id bigint, unit_type varchar(16), {moments});
         create table {arriving}.campaign_staging
             (id bigint, region bigint, name text, {moments}, position bigint);"
    )
}
