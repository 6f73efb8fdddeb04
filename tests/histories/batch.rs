//! Many histories in one project: each has keys and days of its own, the runs are shared.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use postgres::Client;

use super::change_log::{LOGS, Log, Merge};
use super::company::{self, Glimpses};
use super::damage::Damage;
use super::facts::{Day, day_start};
use super::history::{Arrival, History};
use super::mart::{Duty, MartRun};
use super::random::Random;
use super::round::{Periods, Round, Weather};
use super::seed::Seed;
use super::sight::{MART, Sight};
use super::stage::{Ended, Setting, Stage};
use super::strangers;
use crate::support::{Database, Fault};

/// A run keeps others off its schema by a lock of two numbers.
const HOLDS_THE_LOCK: &str =
    "pid in (select pid from pg_locks where locktype = 'advisory' and objsubid = 2 and granted)";

const ROUNDS: u32 = 8;

pub(super) struct Batch {
    random: Random,
    /// Of the writer: a history alone has fewer rows to write, and must meet the same rounds.
    pace: Random,
    setting: Setting,
    histories: Vec<History>,
    days: std::ops::Range<Day>,
    stage: Stage,
    client: Client,
    has_strangers: bool,
    has_notes: bool,
}

/// Where it has one, the history that it shows in.
pub(super) struct Failure {
    pub(super) history: Option<i64>,
    pub(super) reason: String,
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self { history: None, reason }
    }
}

/// How a round went, seen from outside.
struct Outcome {
    ended: Vec<Ended>,
    visitor: Option<Ended>,
    glimpses: Glimpses,
}

impl Outcome {
    fn all_ended_well(&self) -> bool {
        self.ended.iter().all(|process| process.status == Some(0))
    }

    fn said(&self) -> String {
        let said = self
            .ended
            .iter()
            .chain(&self.visitor)
            .map(|process| format!("{:?}\n{}", process.status, process.text));
        said.collect::<Vec<_>>().join("\n")
    }
}

impl Batch {
    pub(super) fn new(seed: Seed, count: i64) -> Self {
        let mut random = Random::new(seed.batch, 0);
        let database = Database::new();
        let mut client = database.client();
        let setting = Setting::draw(&mut random, &zones(&mut client));
        let numbers = (0..count).filter(|&number| seed.history.is_none_or(|only| only == number));
        let histories = numbers.map(|number| History::new(number, seed.batch)).collect();
        let stage = Stage::new(database, &setting);
        let pace = Random::new(seed.batch, u64::MAX);
        let days = History::days_of(0..count);
        let (has_strangers, has_notes) = (false, false);
        Self { random, pace, setting, histories, days, stage, client, has_strangers, has_notes }
    }

    /// Random rounds, then two quiet ones: the first brings everything up to date, the second finds nothing to do.
    pub(super) fn play(&mut self) -> Result<(), Failure> {
        let mut sight = self.look();
        for _ in 0..ROUNDS {
            let mut round = Round::draw(&mut self.random, self.days.clone(), &self.setting);
            if !sight.all_is_built && !self.has_strangers {
                round = round.of_a_first_build();
            } else if !self.has_strangers {
                strangers::create(&mut self.client, &self.days, self.setting.has_code);
                self.has_strangers = true;
                // what is restored later
                self.damage(Damage::Saved, &sight);
            }
            self.arrive();
            sight = self.play_round(&round, &sight)?;
        }
        for weather in [Weather::Visited, Weather::Calm] {
            sight = self.play_round(&Round::last(weather), &sight)?;
        }
        self.other_mart_is_right()?;
        self.is_clean()
    }

    /// What the history went through, up to the failure.
    pub(super) fn story(&self, history: i64) -> String {
        let found = self.histories.iter().find(|candidate| candidate.number == history);
        found.map_or(String::new(), |history| history.told.join("\n"))
    }

    fn look(&mut self) -> Sight {
        let others = [self.setting.other_mart.name, strangers::MODELS[0].0, strangers::MODELS[1].0];
        Sight::take(&mut self.client, &self.stage.arriving, &others)
    }

    /// What the tables lost or got back, the oracle learns; the rest it must find out.
    fn damage(&mut self, damage: Damage, before: &Sight) -> Sight {
        for sql in damage.statements(&self.stage.arriving, self.setting.other_mart.name) {
            self.client.batch_execute(&sql).unwrap();
        }
        if damage == Damage::Restored {
            strangers::create(&mut self.client, &self.days, self.setting.has_code);
        }
        let after = self.look();
        for history in &mut self.histories {
            let number = history.number;
            history.told.push(format!("{damage:?}"));
            match damage {
                Damage::Saved => history.save_inputs(),
                Damage::InputTruncated(kind) => history.lose_input(kind),
                Damage::InputRolledBack(kind) => history.restore_input(kind),
                Damage::LogTruncated(log) => history.logs[log as usize].lose_staged(),
                _ => {}
            }
            history.note_damage(&before.of(number), &after.of(number), damage == Damage::Restored);
        }
        after
    }

    fn add_column(&mut self) {
        let table = format!("{}.campaign_staging", self.stage.arriving);
        self.client
            .batch_execute(&format!("alter table {table} add column if not exists note bigint"))
            .unwrap();
        for history in &mut self.histories {
            history.has_notes = true;
            history.logs[Log::Campaign as usize].discards_notes = self.setting.discards_new_columns();
        }
        self.has_notes = true;
    }

    /// As the operator would, who has read the message.
    fn accept_column(&mut self) {
        self.client.batch_execute("alter table campaign add column if not exists note bigint").unwrap();
    }

    /// Between two runs.
    fn arrive(&mut self) {
        let mut sql = String::new();
        for history in &mut self.histories {
            let arrivals = history.arrivals(self.setting.deletes);
            for arrival in &arrivals {
                sql.push_str(&arrival.sql(&self.stage.arriving));
                sql.push_str(";\n");
            }
            history.record(&arrivals);
        }
        self.client.batch_execute(&sql).unwrap();
    }

    fn play_round(&mut self, round: &Round, before: &Sight) -> Result<Sight, Failure> {
        let round = &match round.weather {
            Weather::NewColumn { .. } if self.has_notes => Round { weather: Weather::Calm, ..round.clone() },
            _ => round.clone(),
        };
        let damaged = round.damage.map(|damage| self.damage(damage, before));
        let before = damaged.as_ref().unwrap_or(before);
        if matches!(round.weather, Weather::NewColumn { .. }) {
            self.add_column();
        }
        let mut meanwhile = Vec::new();
        for history in &mut self.histories {
            history.mark_start();
            history.told.push(format!("{round:?}"));
            meanwhile.push(if round.writer { history.arrivals(self.setting.deletes) } else { Vec::new() });
        }
        if let Weather::NullKeys(log, count) = round.weather {
            self.stage.stage_null_keys(&mut self.client, log, count);
        }
        let outcome = self.run(round, &meanwhile)?;
        for (history, arrivals) in self.histories.iter_mut().zip(&meanwhile) {
            history.record(arrivals);
        }
        if let Weather::NullKeys(log, count) = round.weather {
            let left = self.stage.remove_null_keys(&mut self.client, log);
            if left != u64::from(count) {
                return Err(format!("of {count} rows without a key {left} are left").into());
            }
        }
        if round.weather == (Weather::NewColumn { is_refused: true }) {
            self.accept_column();
        }
        ended_as_expected(round, before, &outcome, &self.setting)?;
        self.strangers_are_right(round, &outcome)?;
        let after = self.look();
        for (history, arrivals) in self.histories.iter_mut().zip(&meanwhile) {
            let number = history.number;
            check(history, round, &outcome, arrivals, before, &after).map_err(|reason| Failure {
                history: Some(number),
                reason: format!("{reason}\n{}", outcome.said()),
            })?;
        }
        Ok(after)
    }

    fn run(&mut self, round: &Round, meanwhile: &[Vec<Arrival>]) -> Result<Outcome, String> {
        let queue = self.queue(meanwhile);
        let over = AtomicBool::new(false);
        let mut writer = self.stage.database.client();
        let mut reader = self.stage.database.client();
        let (stage, days) = (&self.stage, self.days.clone());
        let readings = if self.has_strangers { strangers::readings(&mut self.client) } else { Vec::new() };
        thread::scope(|scope| {
            let at_work = company::Run(&over);
            let written = scope.spawn(|| company::write(&mut writer, &queue, &over));
            let read = scope.spawn(|| company::read(&mut reader, days, &readings, &over));
            let start = |number| match round.weather {
                Weather::Disturbed(fault, statement) => {
                    stage.start_disturbed(&round.arguments(number), fault, statement)
                }
                _ => stage.start(&round.arguments(number), number),
            };
            let processes: Vec<_> = (0..round.processes()).map(start).collect();
            let visitor = (round.weather == Weather::Visited)
                .then(|| stage.start(&visit(self.setting.other_mart.name), processes.len()));
            match round.weather {
                Weather::Terminated(moment) => {
                    thread::sleep(moment);
                    stage.terminate_sessions(&mut self.client, "true");
                }
                Weather::TwoUnlocked(moment) => {
                    thread::sleep(moment);
                    stage.terminate_sessions(&mut self.client, HOLDS_THE_LOCK);
                }
                _ => {}
            }
            let moment = if let Weather::Killed(moment) = round.weather { Some(moment) } else { None };
            let ended: Result<Vec<Ended>, String> =
                processes.into_iter().map(|process| process.wait(moment)).collect();
            let visitor = visitor.map(|process| process.wait(None)).transpose();
            let settled = stage.settle(&mut self.client);
            drop(at_work);
            written.join().unwrap();
            let glimpses = read.join().unwrap()?;
            settled?;
            Ok(Outcome { ended: ended?, visitor: visitor?, glimpses })
        })
    }

    /// Rows of all histories mixed, those of one in their order.
    fn queue(&mut self, meanwhile: &[Vec<Arrival>]) -> Vec<(Duration, String)> {
        let mut waiting: Vec<_> = meanwhile.iter().map(|arrivals| arrivals.iter()).collect();
        let mut queue = Vec::new();
        while !waiting.is_empty() {
            let next = self.pace.below(u32::try_from(waiting.len()).unwrap()) as usize;
            match waiting[next].next() {
                Some(arrival) => {
                    let pause = Duration::from_micros(u64::from(self.pace.below(3_000)));
                    queue.push((pause, arrival.sql(&self.stage.arriving)));
                }
                None => drop(waiting.swap_remove(next)),
            }
        }
        queue
    }

    fn other_mart_is_right(&mut self) -> Result<(), Failure> {
        for schema in [self.stage.database.schema.clone(), format!("{}_ann", self.stage.database.schema)] {
            let sql = self.setting.other_mart.differences(&schema, &self.stage.arriving);
            let differences: i64 = self.client.query_one(&sql, &[]).unwrap().get(0);
            let name = self.setting.other_mart.said();
            if differences > 0 {
                return Err(format!("{schema}.{name} differs in {differences} rows").into());
            }
        }
        Ok(())
    }

    fn strangers_are_right(&mut self, round: &Round, outcome: &Outcome) -> Result<(), Failure> {
        if !self.has_strangers {
            return Ok(());
        }
        let is_current = round.models.is_empty() && round.processes() == 1 && outcome.all_ended_well();
        let checked = strangers::check(&mut self.client, is_current, self.setting.has_code);
        checked.map_err(|reason| format!("{reason}\n{}", outcome.said()).into())
    }

    /// The project's own tests agree, and no relation of a killed run is left.
    fn is_clean(&mut self) -> Result<(), Failure> {
        // moments are empty here and there
        let arguments = ["test", "--exclude", "not_null_ad_lineitem_updated_at", "not_null_unit_updated_at"];
        let tested = self.stage.start(&arguments.map(str::to_owned), 0).wait(None)?;
        if tested.status != Some(0) {
            return Err(tested.text.into());
        }
        let left = "select relname::text from pg_class
            where relnamespace = current_schema()::regnamespace and relname like '%\\_\\_dbt\\_%'";
        let left: Vec<String> = self.client.query(left, &[]).unwrap().iter().map(|row| row.get(0)).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("left behind: {left:?}").into()) }
    }
}

/// Those that it knows, in one order.
fn zones(client: &mut Client) -> Vec<String> {
    let names =
        "select name from pg_timezone_names where name !~ '^(posix|right)/' order by name collate \"C\"";
    let zones: Vec<String> = client.query(names, &[]).unwrap().iter().map(|row| row.get(0)).collect();
    assert!(zones.len() > 400, "the server knows only {} zones", zones.len());
    zones
}

/// She may read the facts into a mart of her own, and must leave the logs alone.
fn visit(other_mart: &str) -> Vec<String> {
    let models = LOGS.map(Log::model);
    let arguments = ["run", "--target", "ann", "--threads", "2", "--select", other_mart];
    arguments.iter().chain(&models).map(|&word| word.to_owned()).collect()
}

fn was_refused(visitor: &Ended) -> bool {
    visitor.status == Some(1)
        && visitor.text.matches(", which has consumed them since ").count() == LOGS.len()
        && visitor.text.contains("Done. PASS=1 WARN=0 ERROR=3 ")
}

fn ended_as_expected(
    round: &Round,
    before: &Sight,
    outcome: &Outcome,
    setting: &Setting,
) -> Result<(), Failure> {
    let ended_well = outcome.ended.iter().filter(|process| process.status == Some(0)).count();
    let expected = match round.weather {
        Weather::Killed(_) | Weather::Terminated(_) | Weather::TwoUnlocked(_) => true,
        // two first builds want to create the same table
        Weather::TwoAtOnce => ended_well == 2 || ended_well == 1 && !before.all_is_built,
        Weather::NullKeys(log, count) if round.refused().is_some() => {
            let merged = if setting.keeps_one_per_key(log) { 1 } else { count };
            let said = format!("{merged} staged row");
            outcome.ended.iter().all(|process| process.status == Some(1) && process.text.contains(&said))
        }
        Weather::NewColumn { .. } if round.refused().is_some() => outcome.ended.iter().all(|process| {
            let said = ["New in the query: note", "Source columns not in target: note"];
            process.status == Some(1) && said.iter().any(|said| process.text.contains(said))
        }),
        // nobody knows what became of a statement that commits by itself, or of one that the server did not get
        Weather::Disturbed(fault, _) => ended_well == 1 || setting.autocommit || fault == Fault::CutBefore,
        Weather::Visited => ended_well == 1 && outcome.visitor.as_ref().is_some_and(was_refused),
        Weather::NullKeys(..) | Weather::NewColumn { .. } | Weather::Calm => ended_well == 1,
    };
    if expected { Ok(()) } else { Err(format!("{round:?} ended otherwise:\n{}", outcome.said()).into()) }
}

fn check(
    history: &mut History,
    round: &Round,
    outcome: &Outcome,
    meanwhile: &[Arrival],
    before: &Sight,
    after: &Sight,
) -> Result<(), String> {
    for (day, measures) in &outcome.glimpses {
        if History::of_day(*day) == history.number {
            history.check_glimpse(*day, measures)?;
        }
    }
    let (before_it, after_it) = (before.of(history.number), after.of(history.number));
    for log in LOGS {
        let arrived =
            meanwhile.iter().filter(|arrival| matches!(arrival, Arrival::Staged(of, _) if *of == log));
        let merge = match round.refused() {
            _ if !round.runs(log.model()) => Merge::Nothing,
            Some(refused) if refused == log => Merge::Nothing,
            Some(_) => Merge::Done { meanwhile: arrived.count() },
            None if outcome.all_ended_well() => Merge::Done { meanwhile: arrived.count() },
            None => Merge::Any,
        };
        let number = log as usize;
        history.logs[number]
            .check(merge, &after_it.staged[number], &after_it.merged[number])
            .map_err(|reason| format!("{}: {reason}", log.model()))?;
    }
    let refused = matches!(round.refused(), Some(Log::Lineitem | Log::Unit));
    history.check_mart(&MartRun {
        duty: &|day| if refused { Duty::Leave } else { duty(round, day) },
        ended_well: outcome.all_ended_well() || round.refused() == Some(Log::Campaign),
        alone: round.processes() == 1,
        first_build: !before.mart_is_built,
        has_kept: outcome.said().contains(" but none in the inputs, and "),
        before: &before_it,
        after: &after_it,
    })
}

fn duty(round: &Round, day: Day) -> Duty {
    match round.periods {
        _ if !round.runs(MART) => Duty::Leave,
        Periods::Changed => Duty::BringUpToDate,
        Periods::All => Duty::Build,
        Periods::Window { start, end } if day_start(day) < end && start < day_start(day + 1) => {
            Duty::BuildOrKeep
        }
        Periods::Window { .. } => Duty::Spare,
    }
}
