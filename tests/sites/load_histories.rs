//! Random histories of tables that are loaded from another database in every mode. Rows are added, changed and deleted there while loads run, some
//! by transactions that commit later than they began; loads are killed, and their connections cut at either end. After each load, every table must
//! be as it was, or what its mode makes of it and of one state of the other database, the same state for all tables. What is committed there
//! before a load that succeeds is never missing.
//!
//! `RSDBT_SITE_LOADS` says how many loads; a failure prints the seed that `RSDBT_SITE_LOADS_SEED` plays again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

use postgres::Client;

use super::field::Field;
use crate::support::{Draw, Fault, Proxy, other_settings, wait_until};

const LOADS: u64 = 12;
/// Of them, before one that nothing happens to.
const IN_A_ROW: u64 = 4;
/// Tables of each kind.
const TOGETHER: usize = 2;
/// How long a transaction may be open, in changes of which each takes at most `STEP` seconds: less than the lookback.
const OPEN: usize = 150;
const STEP: u64 = 20;
const LOOKBACK: i64 = 3600;
const KINDS: [(Kind, &str); 9] = [
    (Kind::Replaced, "mode: replace"),
    (Kind::Upserted, "mode: upsert, unique_key: id"),
    (Kind::Marked, "mode: upsert, unique_key: id, delete_missing: soft"),
    (Kind::Deleted, "mode: upsert, unique_key: id, delete_missing: hard"),
    (Kind::Newest, "mode: upsert, unique_key: id, cursor: at, lookback: 1 hour"),
    (Kind::Newest, "mode: upsert, unique_key: id, cursor: rev, lookback: 3600"),
    (Kind::Appended, "mode: append, unique_key: id, cursor: at, lookback: 1 hour"),
    (Kind::Keyed, "mode: replace_partition, unique_key: id, cursor: at, lookback: 1 hour, granularity: hour"),
    (Kind::Keyless, "mode: replace_partition, cursor: at, lookback: 1 hour, granularity: hour"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Replaced,
    Upserted,
    Marked,
    Deleted,
    Newest,
    Appended,
    /// The newest periods are replaced.
    Keyed,
    /// Rows keep their time: with another one, they would be in two periods.
    Keyless,
}

/// `at` in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    n: i64,
    at: Option<i64>,
    is_marked: bool,
}

type Rows = BTreeMap<i32, Row>;

/// From when on a load reads.
fn low(here: &Rows) -> i64 {
    here.values().filter_map(|row| row.at).max().map_or(i64::MIN, |high| high - LOOKBACK)
}

fn first_period(low: i64) -> i64 {
    if low == i64::MIN { low } else { low - low.rem_euclid(3600) }
}

/// What a load makes of the rows that are here and those that are there.
fn apply(kind: Kind, here: &Rows, there: &Rows) -> Rows {
    let mut rows = here.clone();
    let low = low(here);
    let first = first_period(low);
    let is_replaced = |row: &Row| row.at.is_none_or(|at| at >= first);
    match kind {
        Kind::Replaced | Kind::Deleted => rows.clear(),
        Kind::Marked => {
            for (id, row) in &mut rows {
                row.is_marked |= !there.contains_key(id);
            }
        }
        Kind::Keyed => rows.retain(|id, row| !is_replaced(row) && !there.get(id).is_some_and(is_replaced)),
        Kind::Keyless => rows.retain(|_, row| !is_replaced(row)),
        Kind::Upserted | Kind::Newest | Kind::Appended => {}
    }
    for (id, row) in there {
        match kind {
            Kind::Newest if row.at.is_some_and(|at| at < low) => {}
            Kind::Appended if row.at.is_some_and(|at| at < low) => {}
            Kind::Keyed | Kind::Keyless if !is_replaced(row) => {}
            Kind::Appended => _ = rows.entry(*id).or_insert_with(|| row.clone()),
            _ => _ = rows.insert(*id, row.clone()),
        }
    }
    rows
}

/// A transaction at the other database that has written its rows and is not committed.
struct Late {
    client: Client,
    table: usize,
    rows: Rows,
    left: usize,
}

struct Stage {
    field: Field,
    home: Proxy,
    far: Proxy,
    draw: Draw,
    seed: u64,
    /// The committed states of the other database since the last load began, the present one last.
    states: Vec<Vec<Rows>>,
    late: Option<Late>,
    clock: i64,
    last: i32,
    count: i64,
}

fn kind_of(table: usize) -> Kind {
    KINDS[table / TOGETHER].0
}

/// Only the newest rows are read.
fn is_narrowed(kind: Kind) -> bool {
    matches!(kind, Kind::Newest | Kind::Appended | Kind::Keyed | Kind::Keyless)
}

fn name(table: usize) -> String {
    format!("t{}_{}", table / TOGETHER, table % TOGETHER)
}

impl Stage {
    fn new(seed: u64) -> Self {
        let mut field = Field::new();
        let (home, far) = (Proxy::new(&field.database.settings), Proxy::new(&other_settings()));
        let output = |port: u16, settings: &rsdbt::inside::adapter::Settings, database: &str, rest: &str| {
            format!(
                "{{type: postgres, host: 127.0.0.1, port: {port}, user: '{}', password: '{}', dbname: '{database}', application_name: {}{rest}}}",
                settings.user,
                settings.password.as_deref().unwrap_or_default(),
                field.name
            )
        };
        let settings = &field.database.settings;
        let schema = &field.database.schema;
        let rest = format!(", schema: '{schema}', threads: 3, connections: {{far: far_dev}}");
        let own = output(home.port, settings, &settings.database, &rest);
        let other = output(far.port, &other_settings(), &field.name, ", schema: public");
        let profile = format!("shop:\n  target: dev\n  outputs:\n    dev: {own}\n    far_dev: {other}\n");
        let mut yaml = format!(
            "sources:\n  - name: raw\n    schema: {schema}\n    config: {{load: {{from: {{connection: far, schema: public}}}}}}\n    tables:\n"
        );
        let tables = KINDS.len() * TOGETHER;
        let mut ddl = String::new();
        for table in 0..tables {
            let (name, config) = (name(table), KINDS[table / TOGETHER].1);
            let _ = writeln!(yaml, "      - {{name: {name}, config: {{load: {{{config}}}}}}}");
            let _ = write!(
                ddl,
                "create table {name} (id int primary key, n bigint, at timestamptz, rev bigint);"
            );
        }
        field.project.write("profiles.yml", &profile);
        field.project.write("models/sources.yml", &yaml);
        field.far.batch_execute(&ddl).unwrap();
        let states = vec![vec![Rows::new(); tables]];
        let mut stage = Self {
            field,
            home,
            far,
            draw: Draw::new(seed),
            seed,
            states,
            late: None,
            clock: 0,
            last: 0,
            count: 0,
        };
        for table in 0..tables {
            let rows = stage.new_rows(8);
            let sql = put(table, &rows);
            stage.field.far.batch_execute(&sql).unwrap();
            stage.commit(table, |there| there.extend(rows));
        }
        stage
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.draw.below(bound as u64)).unwrap()
    }

    /// Several rows of one time, and some without one.
    fn new_rows(&mut self, most: usize) -> Rows {
        let mut rows = Rows::new();
        for _ in 0..=self.below(most) {
            self.last += 1;
            let row = self.version();
            rows.insert(self.last, row);
        }
        rows
    }

    fn version(&mut self) -> Row {
        self.count += 1;
        Row { n: self.count, at: (self.draw.below(8) > 0).then_some(self.clock), is_marked: false }
    }

    fn commit(&mut self, table: usize, change: impl FnOnce(&mut Rows)) {
        let mut state = self.states.last().unwrap().clone();
        change(&mut state[table]);
        self.states.push(state);
    }

    /// One transaction at the other database.
    fn change(&mut self) {
        if self.draw.below(3) == 0 {
            self.clock += i64::try_from(self.draw.below(STEP)).unwrap();
        }
        if self.late.as_mut().is_some_and(|late| {
            late.left -= 1;
            late.left == 0
        }) {
            self.commit_late();
        }
        // what a transaction is late for: rows of its table with a later time
        let table = match &self.late {
            Some(late) if self.draw.below(3) == 0 => late.table,
            _ => self.below(KINDS.len() * TOGETHER),
        };
        let known: Vec<i32> = self.states.last().unwrap()[table].keys().copied().collect();
        match self.draw.below(6) {
            0 if self.late.is_none() && is_narrowed(kind_of(table)) => {
                self.begin_late(table);
            }
            1 | 2 if !known.is_empty() => {
                let ids: BTreeSet<i32> = (0..3).map(|_| known[self.below(known.len())]).collect();
                let mut rows: Rows = ids.into_iter().map(|id| (id, self.version())).collect();
                if kind_of(table) == Kind::Keyless {
                    let known = &self.states.last().unwrap()[table];
                    for (id, row) in &mut rows {
                        row.at = known[id].at;
                    }
                }
                self.field.far.batch_execute(&put(table, &rows)).unwrap();
                self.commit(table, |there| there.extend(rows));
            }
            3 if known.len() > 2 => {
                let id = known[self.below(known.len())];
                self.field
                    .far
                    .batch_execute(&format!("delete from {} where id = {id}", name(table)))
                    .unwrap();
                self.commit(table, |there| _ = there.remove(&id));
            }
            _ => {
                let rows = self.new_rows(3);
                self.field.far.batch_execute(&put(table, &rows)).unwrap();
                self.commit(table, |there| there.extend(rows));
            }
        }
    }

    fn begin_late(&mut self, table: usize) {
        let rows = self.new_rows(3);
        let mut client = self.field.far_client();
        client.batch_execute(&format!("begin; {}", put(table, &rows))).unwrap();
        self.late = Some(Late { client, table, rows, left: 1 + self.below(OPEN) });
    }

    fn commit_late(&mut self) {
        if let Some(mut late) = self.late.take() {
            late.client.batch_execute("commit").unwrap();
            self.commit(late.table, |there| there.extend(late.rows));
        }
    }

    /// `None` where the table does not exist.
    fn here(&mut self) -> Vec<Option<Rows>> {
        let mut tables = Vec::new();
        for table in 0..KINDS.len() * TOGETHER {
            let exists = format!("select (to_regclass('{}') is not null)::text", name(table));
            if self.field.home_value(&exists) == "false" {
                tables.push(None);
                continue;
            }
            let mark = if kind_of(table) == Kind::Marked { "rsdbt_deleted_at is not null" } else { "false" };
            let sql =
                format!("select id, n, extract(epoch from at)::bigint, rev, {mark} from {}", name(table));
            let mut rows = Rows::new();
            for row in self.field.home.query(&sql, &[]).unwrap() {
                let at: Option<i64> = row.get(2);
                assert_eq!(at, row.get(3), "seed {}", self.seed);
                let old = rows.insert(row.get(0), Row { n: row.get(1), at, is_marked: row.get(4) });
                assert_eq!(old, None, "a key twice in {}, seed {}", name(table), self.seed);
            }
            tables.push(Some(rows));
        }
        tables
    }

    fn start(&mut self) -> Child {
        let present = self.states.pop().unwrap();
        self.states = vec![present];
        let arguments = ["load", "--allow-deletes", "--quiet"];
        self.field.project.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// A load that something happens to, while the other database changes. Whether it succeeded.
    fn disturbed(&mut self) -> bool {
        for proxy in [&self.home, &self.far] {
            proxy.leave_alone();
        }
        let at = 1 + self.below(KINDS.len() * TOGETHER * 14);
        let fault = [Fault::Fails, Fault::CutBefore, Fault::CutAfter][self.below(3)];
        let what = self.draw.below(9);
        match what {
            0..=2 => self.home.disturb(fault, at),
            3..=5 => self.far.disturb(fault, 1 + at / 3),
            _ => {}
        }
        let mut run = self.start();
        let turn = self.below(120);
        for change in 0.. {
            if run.try_wait().unwrap().is_some() {
                break;
            }
            if change == turn {
                match what {
                    6 => run.kill().unwrap(),
                    7 | 8 => _ = self.field.end_sessions(what == 7),
                    _ => {}
                }
            }
            self.change();
            std::thread::sleep(Duration::from_millis(self.draw.below(20)));
        }
        let succeeded = run.wait().unwrap().success();
        wait_until("no session is left", || self.field.sessions() == 0);
        succeeded
    }

    /// Every table is as it was, or what a load makes of it and of one state.
    fn check(&mut self, before: &[Option<Rows>], succeeded: bool, when: &str) {
        let after = self.here();
        let made = |table: usize, state: &[Rows]| {
            apply(kind_of(table), &before[table].clone().unwrap_or_default(), &state[table])
        };
        let fits = |state: &Vec<Rows>| {
            (0..after.len()).find(|&table| {
                let is_made = after[table].as_ref() == Some(&made(table, state));
                !is_made && (succeeded || after[table] != before[table])
            })
        };
        let misfits: Vec<Option<usize>> = self.states.iter().map(fits).collect();
        if misfits.iter().all(Option::is_some) {
            let table = misfits.last().copied().flatten().unwrap();
            panic!(
                "{when}, succeeded: {succeeded}, RSDBT_SITE_LOADS_SEED={}: no state of {} fits; {} {:?}\nbefore {:?}\nafter  {:?}\nthere  {:?}\nmisfits {misfits:?}",
                self.seed,
                self.states.len(),
                name(table),
                kind_of(table),
                before[table],
                after[table],
                self.states.last().unwrap()[table]
            );
        }
    }

    /// After a load that nothing happened to: nothing is missing and nothing is old.
    fn check_whole(&mut self, when: &str) {
        let after = self.here();
        let there = self.states.last().unwrap();
        for (table, rows) in after.iter().enumerate() {
            let rows = rows.as_ref().unwrap();
            let kind = kind_of(table);
            // a row that changes in a period of long ago keeps its time, and no load reads it again
            let first = if kind == Kind::Keyless { first_period(low(rows)) } else { i64::MIN };
            for (id, row) in &there[table] {
                let found = rows.get(id);
                let is_left = kind == Kind::Appended || row.at.is_some_and(|at| at < first);
                let is_right = if is_left { found.is_some() } else { found == Some(row) };
                assert!(
                    is_right,
                    "{when}: {id} of {} is {found:?}, not {row:?}, seed {}",
                    name(table),
                    self.seed
                );
            }
        }
    }
}

fn put(table: usize, rows: &Rows) -> String {
    let value = |(id, row): (&i32, &Row)| match row.at {
        Some(at) => format!("({id}, {}, to_timestamp({at}), {at})", row.n),
        None => format!("({id}, {}, null, null)", row.n),
    };
    format!(
        "insert into {} values {} on conflict (id) do update set n = excluded.n, at = excluded.at, rev = excluded.rev",
        name(table),
        rows.iter().map(value).collect::<Vec<_>>().join(", ")
    )
}

#[test]
fn disturbed_loads_of_another_database_end_as_one_of_its_states_says() {
    let loads = std::env::var("RSDBT_SITE_LOADS").map_or(LOADS, |text| text.parse().unwrap());
    let now = || u64::from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos());
    let seed = std::env::var("RSDBT_SITE_LOADS_SEED").map_or_else(|_| now(), |text| text.parse().unwrap());
    // a few at a time: the tables grow
    for batch in 0..loads.div_ceil(LOADS) {
        play(seed + batch, loads.min(LOADS));
    }
}

fn play(seed: u64, loads: u64) {
    let mut stage = Stage::new(seed);
    for load in 1..=loads {
        let before = stage.here();
        let succeeded = stage.disturbed();
        stage.check(&before, succeeded, &format!("load {load}"));
        if load % IN_A_ROW == 0 {
            stage.home.leave_alone();
            stage.far.leave_alone();
            stage.commit_late();
            let before = stage.here();
            assert!(stage.start().wait().unwrap().success(), "after load {load}, seed {seed}");
            stage.check(&before, true, &format!("after load {load}"));
            stage.check_whole(&format!("after load {load}"));
        }
    }
}
