//! A month of jobs in minutes: three time zones over their clock changes, failures, late upstreams, kills of the scheduler and of
//! sessions, clocks that jump, and two schedulers at all times. In the end, every interval has had its effect once.
//! `.ci/nightly` plays all of it by `RSDBT_MONTH=all`.

use std::fmt::Write as _;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rsdbt::inside::adapter::Cell;

use crate::support::{Database, Draw, Project};

/// How soon whoever runs a scheduler starts it again.
const AGAIN: Duration = Duration::from_secs(1);

const CLOCK: &str = "RSDBT_SIMULATED_CLOCK";

/// How much of it is played.
struct Size {
    /// Clocks change in New York on the third day, in Berlin on the 24th, on Lord Howe on the 31st.
    first: (i64, i64),
    days: i64,
    /// Models with a schedule of every hour, and jobs of every so many hours.
    hourly: [usize; 2],
    hours: usize,
    daily: usize,
    kills: usize,
    ended_sessions: usize,
    jumps: usize,
    /// How long the disturbances last.
    lasts: Duration,
    limit: Duration,
}

const ALL: Size = Size {
    first: (3, 8),
    days: 31,
    hourly: [8, 2],
    hours: 1,
    daily: 30,
    kills: 200,
    ended_sessions: 100,
    jumps: 20,
    lasts: Duration::from_mins(6),
    limit: Duration::from_mins(30),
};

/// Around the change in Berlin.
const PART: Size = Size {
    first: (3, 30),
    days: 2,
    hourly: [2, 1],
    hours: 4,
    daily: 3,
    kills: 6,
    ended_sessions: 6,
    jumps: 3,
    lasts: Duration::from_secs(12),
    limit: Duration::from_mins(4),
};

/// Name, its offset from UTC before and after the change, the day of the change, and the local time of daily jobs.
struct Zone {
    name: &'static str,
    cron: &'static str,
    minutes: i64,
    before: i64,
    after: i64,
    change: i64,
    /// On the day of the change, instead: that local time is left out in Berlin and New York.
    on_change: i64,
}

const DAY: i64 = 24 * 60;

/// 2024-03-01 in minutes, from which days are counted.
const MARCH: i64 = 19_783 * DAY;

const ZONES: [Zone; 3] = [
    // 02:30 on the 31st of March is left out: 03:00 of summer time is 01:00 UTC
    Zone {
        name: "Europe/Berlin",
        cron: "30 2 * * *",
        minutes: 150,
        before: 60,
        after: 120,
        change: 30,
        on_change: 60,
    },
    // 02:30 on the 10th of March is left out: 03:00 of summer time is 07:00 UTC
    Zone {
        name: "America/New_York",
        cron: "30 2 * * *",
        minutes: 150,
        before: -300,
        after: -240,
        change: 9,
        on_change: 420,
    },
    // half an hour, on the 7th of April at 02:00; midnight comes before
    Zone {
        name: "Australia/Lord_Howe",
        cron: "0 0 * * *",
        minutes: 0,
        before: 660,
        after: 630,
        change: 37,
        on_change: -660,
    },
];

impl Zone {
    /// When its job runs on a day, in minutes of UTC.
    fn time(&self, day: i64) -> i64 {
        let midnight = MARCH + day * DAY;
        match day - self.change {
            0 => midnight + self.on_change,
            before if before < 0 => midnight + self.minutes - self.before,
            _ => midnight + self.minutes - self.after,
        }
    }
}

/// A job, and the begins of its intervals within the month.
struct Expected {
    name: String,
    begins: Vec<i64>,
}

struct Month {
    size: Size,
    project: Project,
    database: Database,
    draw: Draw,
    /// In minutes.
    start: i64,
    end: i64,
    begun: Instant,
    schedulers: [Option<Child>; 2],
    started: [Instant; 2],
    done: [usize; 3],
}

#[test]
fn every_interval_of_a_month_has_its_effect_once() {
    let size = if std::env::var("RSDBT_MONTH").is_ok_and(|text| text == "all") { ALL } else { PART };
    let now = || u64::from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos());
    let seed = std::env::var("RSDBT_MONTH_SEED").map_or_else(|_| now(), |text| text.parse().unwrap());
    println!("seed {seed}");
    let mut month = Month::new(size, seed);
    let expected = month.write();
    month.disturb();
    month.finish();
    month.check(&expected);
}

impl Month {
    fn new(size: Size, seed: u64) -> Self {
        let database = Database::new();
        let project = Project::new(&database);
        let profile = std::fs::read_to_string(project.root.join("profiles.yml")).unwrap();
        // sessions are found by it
        let named = format!("threads: 3\n      application_name: {}", database.schema);
        project.write("profiles.yml", &profile.replace("threads: 1", &named));
        let (month, day) = size.first;
        let start = MARCH + ((month - 3) * 31 + day - 1) * DAY;
        let end = start + size.days * DAY;
        Self {
            size,
            project,
            database,
            draw: Draw::new(seed),
            start,
            end,
            begun: Instant::now(),
            schedulers: [None, None],
            started: [Instant::now(); 2],
            done: [0; 3],
        }
    }

    /// Each job appends a row for its interval to a table of its own, and fails now and then. Sequences remember that they were
    /// asked, whatever becomes of the transaction.
    fn write(&mut self) -> Vec<Expected> {
        let schema = self.database.schema.clone();
        let mut jobs = String::from("jobs:\n");
        let mut expected = Vec::new();
        let start = stamp(self.start);
        let model = |project: &Project, name: &str, config: &str| {
            project.write(
                &format!("models/{name}.sql"),
                &format!(
                    "{{{{ config(materialized='incremental', incremental_strategy='append'{config}) }}}} \
                     select '{{{{ interval_start }}}}'::timestamp as start, '{{{{ interval_end }}}}'::timestamp as until, \
                     1 / (case when nextval('{schema}.{name}_tries') % 13 = 0 then 0 else 1 end) as one"
                ),
            );
        };
        let mut add = |database: &mut Database, name: String, begins: Vec<i64>| {
            database.execute(&format!("create sequence {name}_tries start {}", expected.len() + 1));
            expected.push(Expected { name, begins });
        };
        let hours: Vec<i64> = (self.start..self.end).step_by(60).collect();
        for number in 0..self.size.hourly[0] {
            let name = format!("m{number}");
            // each waits for the one before, which is late when it fails
            let waits = match number % 2 {
                1 => format!(
                    ", 'upstream_dependencies': [{{'dag_id': 'm{}', 'poke_interval': 600, 'timeout': 9000000}}]",
                    number - 1
                ),
                _ => String::new(),
            };
            let schedule = format!(
                ", schedule={{'cron': '@hourly', 'start_date': '{start}', 'retries': 5, 'retry_delay_seconds': 600, 'keep_intervals': 50{waits}}}"
            );
            model(&self.project, &name, &schedule);
            add(&mut self.database, name, hours.clone());
        }
        for number in 0..self.size.hourly[1] {
            let name = format!("h{number}");
            model(&self.project, &name, "");
            let _ = writeln!(
                jobs,
                "  - {{name: job_{name}, cron: '0 */{} * * *', start: '{start}', catch_up: all, retries: 5, retry_delay: 10 minutes, \
                 depends_on: [{{pipeline: m0, timeout: 100 days}}], steps: [{{run: {name}}}]}}",
                self.size.hours
            );
            add(&mut self.database, name, hours.iter().copied().step_by(self.size.hours).collect());
        }
        for number in 0..self.size.daily {
            let zone = &ZONES[number % 3];
            let name = format!("d{number}");
            model(&self.project, &name, "");
            // an hour of the upstream begins when an interval does, except where half hours are meant
            let waits = if zone.minutes == 0 { "" } else { "{file: arrivals/%Y-%m-%d, timeout: 100 days}" };
            let _ = writeln!(
                jobs,
                "  - {{name: job_{name}, cron: '{}', timezone: {}, start: '{start}', catch_up: all, retries: 5, retry_delay: 10 minutes, \
                 depends_on: [{waits}], steps: [{{run: {name}}}]}}",
                zone.cron, zone.name
            );
            let first_day = (self.start - MARCH) / DAY - 1;
            let times: Vec<i64> =
                (first_day..first_day + self.size.days + 4).map(|day| zone.time(day)).collect();
            let begins =
                times.windows(2).filter(|pair| pair[0] >= local(zone, self.start) && pair[1] <= self.end);
            add(&mut self.database, name, begins.map(|pair| pair[0]).collect());
        }
        self.project.write("jobs.yml", &jobs);
        self.arrive(0);
        expected
    }

    /// Files of days arrive when these are over, and some later.
    fn arrive(&self, until: i64) {
        std::fs::create_dir_all(self.project.root.join("arrivals")).unwrap();
        let first_day = (self.start - MARCH) / DAY - 2;
        for day in (first_day..first_day + self.size.days + 4).filter(|day| MARCH + day * DAY < until) {
            let name = format!("arrivals/{}", &stamp(MARCH + day * DAY)[..10]);
            if !self.project.root.join(&name).exists() {
                self.project.write(&name, "");
            }
        }
    }

    /// The time of the month: it passes as the disturbances do.
    fn now(&self) -> i64 {
        let passed = self.begun.elapsed().as_secs_f64() / self.size.lasts.as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "minutes of a month"
        )]
        let minutes = (passed * (self.end - self.start) as f64) as i64;
        (self.start + minutes).min(self.end + 1)
    }

    fn disturb(&mut self) {
        self.begun = Instant::now();
        let wanted = [self.size.kills, self.size.ended_sessions, self.size.jumps];
        while self.begun.elapsed() < self.size.lasts || self.done != wanted {
            assert!(self.begun.elapsed() < self.size.limit, "{:?} of {wanted:?}", self.done);
            let passed = self.begun.elapsed().as_secs_f64() / self.size.lasts.as_secs_f64();
            self.arrive(self.now() - 6 * 60);
            for slot in 0..2 {
                let jump = self.jumps(passed);
                self.keep_running(slot, jump);
            }
            if self.is_time_for(0, passed) {
                // whoever is in charge, or the one who wants to be
                let slot = usize::try_from(self.draw.below(2)).unwrap();
                if let Some(mut scheduler) = self.schedulers[slot].take() {
                    scheduler.kill().unwrap();
                    scheduler.wait().unwrap();
                    self.done[0] += 1;
                }
            }
            if self.is_time_for(1, passed) && self.end_session() {
                self.done[1] += 1;
            }
            thread::sleep(Duration::from_millis(20 + self.draw.below(60)));
        }
    }

    /// Spread over the time.
    fn is_time_for(&self, what: usize, passed: f64) -> bool {
        let wanted = [self.size.kills, self.size.ended_sessions, self.size.jumps][what];
        #[expect(clippy::cast_precision_loss, reason = "hundreds")]
        let is_due = (self.done[what] as f64) < passed * wanted as f64;
        is_due && self.done[what] < wanted
    }

    /// The clock of a scheduler that starts now is hours ahead or behind, or jumps ahead while it runs.
    fn jumps(&mut self, passed: f64) -> Option<u64> {
        self.is_time_for(2, passed).then(|| self.draw.below(3))
    }

    /// There are two schedulers at all times. One of them ends, because the other is in charge, and is started again.
    fn keep_running(&mut self, slot: usize, jump: Option<u64>) {
        if let Some(scheduler) = &mut self.schedulers[slot]
            && scheduler.try_wait().unwrap().is_none()
        {
            return;
        }
        if self.started[slot].elapsed() < AGAIN {
            return;
        }
        self.started[slot] = Instant::now();
        let now = self.now();
        let speed = (self.end - self.start) * 60 / i64::try_from(self.size.lasts.as_secs()).unwrap();
        let clock = match jump {
            Some(0) => format!("{}*{speed}", stamp((now + 600).min(self.end + 1))),
            Some(1) => format!("{}*{speed}", stamp((now - 120).max(self.start))),
            Some(_) => format!("{}*{speed}+36000@1", stamp(now)),
            None => format!("{}*{speed}", stamp(now)),
        };
        self.done[2] += usize::from(jump.is_some());
        let mut command = self.project.command(&["schedule"]);
        command.env(CLOCK, clock).stdout(Stdio::null()).stderr(Stdio::null());
        self.schedulers[slot] = Some(command.spawn().unwrap());
    }

    /// Any session of theirs: of the ledger, of the locks, of a node at work, of a step.
    fn end_session(&mut self) -> bool {
        let sql = format!(
            "select pg_terminate_backend(pid)::text from pg_stat_activity where application_name = '{}' order by random() limit 1",
            self.database.schema
        );
        !texts(&mut self.database, &sql).is_empty()
    }

    /// The disturbances are over, and so is the month: what is open runs, and what has failed for good is opened again.
    fn finish(&mut self) {
        for scheduler in self.schedulers.iter_mut().filter_map(Option::take) {
            let mut scheduler = scheduler;
            scheduler.kill().unwrap();
            scheduler.wait().unwrap();
        }
        self.arrive(self.end + DAY);
        let mut at = self.end;
        loop {
            assert!(self.begun.elapsed() < self.size.limit, "{}", self.states());
            let clock = stamp(at);
            let run = self.project.command(&["run", "--due"]).env(CLOCK, &clock).output().unwrap();
            if run.status.code() != Some(2) && self.states().is_empty() {
                return;
            }
            let open = format!(
                "select distinct regexp_replace(task, '.*[.]', '') from rsdbt.intervals where schema_name = '{}' and state = 'failed'",
                self.database.schema
            );
            for task in texts(&mut self.database, &open) {
                let mut retry = self.project.command(&["schedule", "retry", &task]);
                assert!(retry.env(CLOCK, &clock).output().unwrap().status.success(), "{task}");
            }
            // what waits for its next attempt, perhaps by a clock that was ahead
            at += 60;
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Of what has not succeeded.
    fn states(&mut self) -> String {
        let sql = format!(
            "select concat_ws(' ', task, logical_time, state, message) from rsdbt.intervals \
             where schema_name = '{}' and state <> 'success' and logical_time < '{}'",
            self.database.schema,
            stamp(self.end)
        );
        texts(&mut self.database, &sql).join("\n")
    }

    /// The rows of every table are those of an oracle that knows calendars, and no job.
    fn check(&mut self, expected: &[Expected]) {
        for Expected { name, begins } in expected {
            let rows = format!(
                "select to_char(start, 'YYYY-MM-DD HH24:MI:SS') from {name} where start < '{}' order by 1",
                stamp(self.end)
            );
            let mut rows = texts(&mut self.database, &rows);
            let last = begins.last().map_or(0, |last| *last);
            // an interval that is not over at the end of the month may have run by a clock that was ahead
            rows.retain(|row| *row <= stamp(last));
            let begins: Vec<String> = begins.iter().map(|begin| stamp(*begin)).collect();
            assert_eq!(rows, begins, "{name}");
            let touching = format!(
                "select count(*)::text from (select until, lead(start) over (order by start) as next from {name}) as i where until <> next"
            );
            assert_eq!(texts(&mut self.database, &touching), ["0"], "{name}");
        }
        let schema = self.database.schema.clone();
        let held = format!(
            "select count(*)::text from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and application_name = '{schema}'"
        );
        crate::support::wait_until("nothing is held", || texts(&mut self.database, &held) == ["0"]);
    }
}

/// The first midnight of the month, by the clocks of a zone: `start` of its jobs.
fn local(zone: &Zone, start: i64) -> i64 {
    let day = (start - MARCH) / DAY;
    let offset = if day <= zone.change { zone.before } else { zone.after };
    start - offset
}

fn stamp(minutes: i64) -> String {
    let at = jiff::Timestamp::from_second(minutes * 60).unwrap();
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn texts(database: &mut Database, sql: &str) -> Vec<String> {
    let text = |row: Vec<Cell>| match row.into_iter().next() {
        Some(Cell::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    database.query(sql).unwrap().rows.into_iter().map(text).collect()
}

impl Drop for Month {
    fn drop(&mut self) {
        for scheduler in self.schedulers.iter_mut().flatten() {
            let _ = scheduler.kill();
            let _ = scheduler.wait();
        }
    }
}
