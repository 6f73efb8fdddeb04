//! Random histories of tables that are loaded in every mode: files with duplicates and broken lines arrive between loads that are
//! killed, cut off, or lose the reply to a COMMIT. Whatever happened, the tables end as an oracle says: nothing twice,
//! nothing lost, each file in the ledger once.
//!
//! `RSDBT_LOAD_HISTORIES` says how many; a failure prints the seed that `RSDBT_LOAD_SEED` plays again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use crate::support::{Database, Draw, Fault, Project, Proxy};

/// One for each table.
const HISTORIES: u64 = 80;
/// Tables of each mode in one project.
const TOGETHER: u64 = 20;
const ROUNDS: u64 = 4;
const MODES: [(&str, &str); 4] = [
    ("append", "mode: append"),
    ("keyed", "mode: append, unique_key: id"),
    ("upsert", "mode: upsert, unique_key: id"),
    ("replace", "mode: replace"),
];

/// What a table must hold: id and n of each row, and the rejected lines.
#[derive(Default)]
struct Oracle {
    rows: Vec<(u64, u64)>,
    rejects: u64,
    files: u64,
}

impl Oracle {
    fn take(&mut self, mode: &str, lines: &[Option<(u64, u64)>]) {
        self.files += 1;
        self.rejects += lines.iter().filter(|line| line.is_none()).count() as u64;
        let rows = lines.iter().flatten().copied();
        match mode {
            "append" => self.rows.extend(rows),
            "replace" => {
                self.files = 1;
                self.rows = rows.collect();
            }
            _ => {
                let mut known: BTreeMap<u64, u64> = self.rows.drain(..).collect();
                for (id, n) in rows {
                    if mode == "upsert" {
                        known.insert(id, n);
                    } else {
                        known.entry(id).or_insert(n);
                    }
                }
                self.rows = known.into_iter().collect();
            }
        }
    }

    fn shown(&mut self) -> String {
        self.rows.sort_unstable();
        self.rows.iter().map(|(id, n)| format!("{id}:{n}")).collect::<Vec<_>>().join(",")
    }
}

struct Stage {
    database: Database,
    project: Project,
    proxy: Proxy,
    draw: Draw,
    oracles: BTreeMap<(u64, usize), Oracle>,
}

impl Stage {
    fn new(seed: u64) -> Self {
        let database = Database::new();
        let project = Project::new(&database);
        let proxy = Proxy::new(&database.settings);
        let settings = &database.settings;
        project.write(
            "profiles.yml",
            &format!(
                "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      host: 127.0.0.1\n      port: {}\n      user: '{}'\n      \
                 password: '{}'\n      dbname: '{}'\n      schema: '{}'\n      threads: 3\n",
                proxy.port,
                settings.user,
                settings.password.as_deref().unwrap_or_default(),
                settings.database,
                database.schema
            ),
        );
        let mut yaml = format!(
            "sources:\n  - name: raw\n    schema: {}\n    config: {{load: {{rejects: {{max: 100%}}}}}}\n    tables:\n",
            database.schema
        );
        for history in 0..TOGETHER {
            for (mode, config) in MODES {
                let _ = write!(
                    yaml,
                    "      - name: {mode}_{history}\n        config: {{load: {{from: {{files: \"{mode}_{history}/*.csv\"}}, {config}}}}}\n        \
                     columns: [{{name: id, data_type: int}}, {{name: n, data_type: bigint}}]\n"
                );
            }
        }
        project.write("models/sources.yml", &yaml);
        Self { database, project, proxy, draw: Draw::new(seed), oracles: BTreeMap::new() }
    }

    /// New files for some tables; the file of a replaced table is written anew.
    fn write_files(&mut self, round: u64) {
        for history in 0..TOGETHER {
            for (at, (mode, _)) in MODES.into_iter().enumerate() {
                if self.draw.below(3) == 0 {
                    continue;
                }
                let mut lines = Vec::new();
                for _ in 0..self.draw.below(12) {
                    let line = (self.draw.below(9), self.draw.below(1000) + 1000 * round);
                    lines.push((self.draw.below(6) > 0).then_some(line));
                }
                let mut csv = String::from("id,n\n");
                for line in &lines {
                    let _ = match line {
                        Some((id, n)) => writeln!(csv, "{id},{n}"),
                        None => writeln!(csv, "1,many"),
                    };
                }
                let name = if mode == "replace" { "all".to_owned() } else { format!("{round}") };
                self.project.write(&format!("{mode}_{history}/{name}.csv"), &csv);
                self.oracles.entry((history, at)).or_default().take(mode, &lines);
            }
        }
    }

    /// A load that something happens to.
    fn disturbed(&mut self) {
        let arguments = ["load", "--allow-deletes", "--quiet"];
        let statements = 1 + self.draw.below(30 + TOGETHER * 40);
        match self.draw.below(4) {
            0 => {
                self.proxy.leave_alone();
                let delay = Duration::from_millis(300 + self.draw.below(4000));
                let mut child = self
                    .project
                    .command(&arguments)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                std::thread::sleep(delay);
                let _ = child.kill();
                child.wait().unwrap();
                return;
            }
            1 => self.proxy.disturb(Fault::Fails, usize::try_from(statements).unwrap()),
            2 => self.proxy.disturb(Fault::CutBefore, usize::try_from(statements).unwrap()),
            _ => self.proxy.disturb(Fault::CutAfter, usize::try_from(statements).unwrap()),
        }
        self.project.run(&arguments);
    }

    fn check(&mut self, seed: u64) {
        self.proxy.leave_alone();
        let output = self.project.run(&["load", "--allow-deletes"]);
        assert_eq!(output.status, 0, "RSDBT_LOAD_SEED={seed}\n{}", output.text);
        let mut client = self.database.client();
        for ((history, at), oracle) in &mut self.oracles {
            let (mode, _) = MODES[*at];
            let table = format!("{}.{mode}_{history}", self.database.schema);
            let rows =
                format!("select coalesce(string_agg(id || ':' || n, ',' order by id, n), '') from {table}");
            let rows: String = client.query_one(&rows, &[]).unwrap().get(0);
            assert_eq!(rows, oracle.shown(), "{table} RSDBT_LOAD_SEED={seed}");
            let files = format!("select count(*) from rsdbt.loads where relation = '{table}'::regclass");
            let files: i64 = client.query_one(&files, &[]).unwrap().get(0);
            assert_eq!(files.unsigned_abs(), oracle.files, "files of {table} RSDBT_LOAD_SEED={seed}");
            // of a replaced table nobody knows which versions were loaded
            if mode != "replace" {
                let rejects = format!("select count(*) from {table}__rejects");
                let rejects: i64 = client.query_one(&rejects, &[]).unwrap().get(0);
                assert_eq!(
                    rejects.unsigned_abs(),
                    oracle.rejects,
                    "rejects of {table} RSDBT_LOAD_SEED={seed}"
                );
            }
        }
    }
}

fn play(seed: u64) {
    let mut stage = Stage::new(seed);
    for round in 0..ROUNDS {
        stage.write_files(round);
        stage.disturbed();
    }
    stage.check(seed);
}

#[test]
fn random_loads_end_as_the_oracle_says() {
    if let Ok(seed) = std::env::var("RSDBT_LOAD_SEED") {
        return play(seed.parse().unwrap());
    }
    let histories = std::env::var("RSDBT_LOAD_HISTORIES").map_or(HISTORIES, |text| text.parse().unwrap());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    for batch in 0..histories.div_ceil(TOGETHER * MODES.len() as u64) {
        play(u64::from(now.subsec_nanos()) + batch * 7919);
    }
}
