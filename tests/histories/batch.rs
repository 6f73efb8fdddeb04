//! Many histories in one project: each has keys and days of its own, the runs are shared.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use postgres::Client;

use super::change_log::{LOGS, Log, Merge};
use super::company::{self, Glimpses};
use super::facts::{Day, day_start};
use super::history::{Arrival, History};
use super::mart::{Duty, MartRun};
use super::random::Random;
use super::round::{Periods, Round, Weather};
use super::seed::Seed;
use super::sight::{MART, Sight};
use super::stage::{Ended, Setting, Stage};

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
    glimpses: Glimpses,
}

impl Outcome {
    fn all_ended_well(&self) -> bool {
        self.ended.iter().all(|process| process.status == Some(0))
    }

    fn said(&self) -> String {
        let said = self.ended.iter().map(|process| format!("{:?}\n{}", process.status, process.text));
        said.collect::<Vec<_>>().join("\n")
    }
}

impl Batch {
    pub(super) fn new(seed: Seed, count: i64) -> Self {
        let mut random = Random::new(seed.batch, 0);
        let setting = Setting::draw(&mut random);
        let numbers = (0..count).filter(|&number| seed.history.is_none_or(|only| only == number));
        let histories = numbers.map(|number| History::new(number, seed.batch)).collect();
        let stage = Stage::new(&setting);
        let client = stage.database.client();
        let pace = Random::new(seed.batch, u64::MAX);
        Self { random, pace, setting, histories, days: History::days_of(0..count), stage, client }
    }

    /// Random rounds, then two quiet ones: the first brings everything up to date, the second finds nothing to do.
    pub(super) fn play(&mut self) -> Result<(), Failure> {
        let mut sight = self.look();
        for _ in 0..ROUNDS {
            let round = Round::draw(&mut self.random, self.days.clone(), sight.all_is_built);
            self.arrive();
            sight = self.play_round(&round, &sight)?;
        }
        for _ in 0..2 {
            sight = self.play_round(&Round::last(), &sight)?;
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
        Sight::take(&mut self.client, &self.stage.arriving)
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
        ended_as_expected(round, before, &outcome, &self.setting)?;
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
        thread::scope(|scope| {
            let at_work = company::Run(&over);
            let written = scope.spawn(|| company::write(&mut writer, &queue, &over));
            let read = scope.spawn(|| company::read(&mut reader, days, &over));
            let processes: Vec<_> =
                (0..round.processes()).map(|number| stage.start(&round.arguments(), number)).collect();
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
            let settled = stage.settle(&mut self.client);
            drop(at_work);
            written.join().unwrap();
            let glimpses = read.join().unwrap()?;
            settled?;
            Ok(Outcome { ended: ended?, glimpses })
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
        let sql = self.setting.other_mart.differences(&self.stage.arriving);
        let differences: i64 = self.client.query_one(&sql, &[]).unwrap().get(0);
        let name = self.setting.other_mart.name;
        if differences == 0 { Ok(()) } else { Err(format!("{name} differs in {differences} rows").into()) }
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
        Weather::NullKeys(..) | Weather::Calm => ended_well == 1,
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
        before: &before_it,
        after: &after_it,
    })
}

fn duty(round: &Round, day: Day) -> Duty {
    match round.periods {
        _ if !round.runs(MART) => Duty::Leave,
        Periods::Changed => Duty::BringUpToDate,
        Periods::All => Duty::Build,
        Periods::Window { start, end } if day_start(day) < end && start < day_start(day + 1) => Duty::Build,
        Periods::Window { .. } => Duty::Spare,
    }
}
