//! `merge_upsert` against an oracle: random change logs with duplicates, ties, disorder and deletes, staged over
//! several runs. `RSDBT_HISTORY_SEED` replays the histories of a failure.

use std::fmt::Write as _;

use rsdbt::adapter::Cell;

use crate::support::{Database, Project};

const HISTORIES: u64 = 60;
const ROUNDS: u64 = 4;

/// Knuth's generator: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn seed() -> u64 {
    let given = std::env::var("RSDBT_HISTORY_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| u64::from(std::process::id()))
}

/// Rows for one history's staging table; a position is given once, so that the oracle has one answer.
fn staged_rows(random: &mut Random, history: u64, round: u64) -> String {
    let mut rows = Vec::new();
    for number in 0..random.below(12) {
        let (id, moment) = (random.below(5), random.below(6));
        let position = round * 100 + random.below(50) * 2 + number % 2;
        let operation = if random.below(4) == 0 { "d" } else { "u" };
        rows.push(format!("({history}, {id}, '{round}.{number}', '{operation}', {position}, {moment})"));
    }
    rows.join(", ")
}

#[test]
fn merge_upsert_agrees_with_an_oracle() {
    let seed = seed();
    let mut random = Random(seed);
    let mut database = Database::new();
    let project = Project::new(&database);
    let columns = "history bigint, id bigint, value text, operation text, position bigint, moment bigint";
    let mut tables = format!("create table log ({columns});");
    for history in 0..HISTORIES {
        let _ = write!(tables, "create table staging_{history} ({columns});");
        let model = format!(
            "{{{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key='id', \
             updated_at='moment', order_by=['position'], consume=target.schema ~ '.staging_{history}', \
             delete_when=\"operation = 'd'\") }}}}\nselect * from {{{{ target.schema }}}}.staging_{history}\n"
        );
        project.write(&format!("models/history_{history}.sql"), &model);
    }
    database.execute(&tables);
    for round in 0..ROUNDS {
        let mut staged = String::new();
        for history in 0..HISTORIES {
            let rows = staged_rows(&mut random, history, round);
            if !rows.is_empty() {
                // some rows are delivered twice
                let _ = write!(
                    staged,
                    "insert into log values {rows}; insert into staging_{history} values {rows};"
                );
                let _ = write!(
                    staged,
                    "insert into staging_{history} select * from log where history = {history} and random() < 0.2;"
                );
            }
        }
        database.execute(&staged);
        project.run_ok(&["run", "--threads", "4"]);
    }
    for history in 0..HISTORIES {
        let check = format!(
            "with latest as (
               select distinct on (id) * from log where history = {history} order by id, moment desc, position desc, value
             ), ties as (
               select id from log where history = {history} group by id, moment, position having count(*) > 1
             )
             select
               (select count(*) from (
                 (select id, moment, position, operation from latest where operation <> 'd' and id not in (select id from ties)
                  except select id, moment, position, operation from history_{history})
                 union all
                 (select id, moment, position, operation from history_{history} where id not in (select id from ties)
                  except select id, moment, position, operation from latest where operation <> 'd')
               ) as differences),
               (select count(*) from staging_{history})"
        );
        let rows = database.query(&check).unwrap().rows;
        assert_eq!(rows, [[Cell::Int(0), Cell::Int(0)]], "history {history} of RSDBT_HISTORY_SEED={seed}");
    }
}
