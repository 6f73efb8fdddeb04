//! A seed of a million rows against psql's \copy: `cargo bench --bench seed [-- ROWS]`. Types are inferred in our
//! time; psql gets a table that is there. On `RSDBT_TEST_DATABASE_URL`, else the embedded server.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "the numbers are the point")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rsdbt::inside::adapter::embedded::{Lifetime, Options, Server};
use rsdbt::inside::adapter::{Begin, Connection, Fetch, Seed, SeedOptions, Settings, quote_identifier};

#[path = "../tests/support/server_url.rs"]
mod server_url;

const ROUNDS: usize = 5;

/// Of the server that the URL names.
fn of_url(url: &str) -> Settings {
    let (host, port, user, password, database) = server_url::parts(url);
    Settings { host, port, user, password, database, ..Settings::default() }
}

fn main() {
    let rows = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let server = std::env::var("RSDBT_TEST_DATABASE_URL").is_err().then(|| {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        Server::ensure(&project, &Options::default(), Lifetime::Command).unwrap()
    });
    let settings = match &server {
        Some(server) => server.settings().clone(),
        None => of_url(&std::env::var("RSDBT_TEST_DATABASE_URL").unwrap()),
    };
    for quoted in [false, true] {
        let path = std::env::temp_dir().join("rsdbt-bench-seed.csv");
        std::fs::write(&path, csv(rows, quoted)).unwrap();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(seed(&settings, &path));
            theirs.push(psql(&settings, &path));
        }
        let (ours, theirs) = (median(ours), median(theirs));
        let what = if quoted { "with quotes" } else { "plain" };
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        println!(
            "{rows} rows {what}: rsdbt {ours:.2?}, psql \\copy {theirs:.2?}, speed {ratio:.2} of psql's"
        );
        std::fs::remove_file(path).unwrap();
    }
}

fn csv(rows: usize, quoted: bool) -> String {
    let mut text = String::from("id,name,amount,day,at,ok\n");
    for row in 0..rows {
        let quote = if quoted { "\"" } else { "" };
        let (day, minute, cents) = (row % 28 + 1, row % 60, row % 9973);
        let ok = row % 2 == 0;
        let _ = writeln!(
            text,
            "{row},{quote}customer {}{quote},{cents}.25,2024-02-{day:02},2024-01-01 10:{minute:02}:00,{ok}",
            row % 7919
        );
    }
    text
}

fn seed(settings: &Settings, path: &Path) -> Duration {
    let mut connection = Connection::open(&Arc::new(settings.clone())).unwrap();
    let run = |connection: &mut Connection, sql: &str| {
        connection.execute(sql, Begin::Auto, Fetch::Nothing).unwrap();
    };
    run(&mut connection, "drop table if exists bench_seed");
    connection.commit().unwrap();
    let start = Instant::now();
    let seed = Seed::read(path, "seed.csv", &SeedOptions::default()).unwrap();
    let names: Vec<String> = seed.columns.iter().map(|column| quote_identifier(&column.name)).collect();
    let columns: Vec<String> = names
        .iter()
        .zip(&seed.columns)
        .map(|(name, column)| format!("{name} {}", column.data_type.sql()))
        .collect();
    run(&mut connection, &format!("create table bench_seed ({})", columns.join(", ")));
    seed.copy_into(&mut connection, "bench_seed", &names.join(", ")).unwrap();
    connection.commit().unwrap();
    start.elapsed()
}

fn psql(settings: &Settings, path: &Path) -> Duration {
    let psql = |sql: &str| {
        let mut command = Command::new("psql");
        command.args(["-q", "-h", &settings.host, "-p", &settings.port.to_string(), "-U", &settings.user]);
        command.args(["-d", &settings.database, "-c", sql]);
        assert!(command.status().unwrap().success(), "psql failed");
    };
    psql(
        "drop table if exists bench_seed; create table bench_seed \
         (id integer, name text, amount float8, day date, at timestamp, ok boolean)",
    );
    let start = Instant::now();
    psql(&format!("\\copy bench_seed from '{}' csv header", path.display()));
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
