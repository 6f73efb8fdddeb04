//! Random histories: rows arrive and change at the site; runs are killed, or their sessions at either end. Whatever was killed, the
//! next run ends with the rows of the site. `RSDBT_SITES` says how many runs; `RSDBT_SITES_SEED` plays a history again.

use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use super::field::Field;
use super::{MODELS, write_models};
use crate::support::Draw;

const RUNS: u64 = 24;
/// Of them, before one may end and its rows are compared.
const IN_A_ROW: u64 = 4;

#[test]
fn killed_runs_across_databases_end_with_the_rows_of_the_site() {
    let runs = std::env::var("RSDBT_SITES").map_or(RUNS, |text| text.parse().unwrap());
    let now = || u64::from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos());
    let seed = std::env::var("RSDBT_SITES_SEED").map_or_else(|_| now(), |text| text.parse().unwrap());
    let mut draw = Draw::new(seed);
    let mut field = Field::new();
    write_models(&field);
    field.arrive(1, 300);
    let begun = Instant::now();
    field.run_ok(&["run"]);
    let usual = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let mut last = 300;
    for run in 1..=runs {
        last = change(&mut field, &mut draw, last);
        let refresh = draw.below(6) == 0;
        let arguments: &[&str] = if refresh { &["run", "--full-refresh"] } else { &["run"] };
        let mut child =
            field.project.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(usual / 20 + draw.below(usual)));
        match draw.below(3) {
            0 => child.kill().unwrap(),
            kind => _ = field.end_sessions(kind == 1),
        }
        child.wait().unwrap();
        if run % IN_A_ROW == 0 {
            field.run_ok(&["run"]);
            let changed: Vec<&str> = MODELS
                .iter()
                .map(|model| model.0)
                .filter(|name| !matches!(*name, "appended" | "by_day" | "by_part"))
                .collect();
            field.check(&changed, &format!("run {run}, seed {seed}"));
            for table in ["appended", "by_day", "by_part"] {
                let ids = field.home_value(&format!(
                    "select count(*) || ' ' || count(distinct id) || ' ' || max(id) from {table}"
                ));
                assert_eq!(ids, format!("{last} {last} {last}"), "{table} after run {run}, seed {seed}");
            }
        }
    }
}

/// Rows arrive, and some of those that are there change and say so. The last id.
fn change(field: &mut Field, draw: &mut Draw, last: i64) -> i64 {
    let more = i64::try_from(draw.below(40)).unwrap();
    if more > 0 {
        field.arrive(last + 1, last + more);
    }
    let (of, at) = (draw.below(20) + 1, draw.below(20));
    let sql = format!(
        "update events set amount = amount + 1, at = (select max(at) from events) + id * interval '1 ms' where id % {of} = {at}"
    );
    field.far.batch_execute(&sql).unwrap();
    last + more
}
