//! A staged row leaves exactly when it took part: constructs of SQL one by one, against an oracle that does not read the
//! query, and rows that change while they are merged.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use postgres::Client;

use crate::support::{Database, Project};

/// Serial number, key, value, timestamp; no two rows of a key have one timestamp.
const ROWS: &str = "(1, 1, 'a', '2024-01-01'), (2, 1, 'b', '2024-01-03'), (3, 1, 'x', '2024-01-02'), (4, 2, 'x', '2024-01-01'),
    (5, 2, 'b', '2024-01-02'), (6, 3, 'x', '2024-01-05'), (7, 4, 'c', null), (8, 5, 'd', '2024-01-04')";

/// The query over `LOG`, and the rows that must stay; of those that leave, the latest of each key must be in the table.
const QUERIES: &[(&str, &[i64])] = &[
    // every row takes part
    ("select * from LOG", &[]),
    ("select n, id, upper(v) as v, at from LOG", &[]),
    (
        "with source as (select * from LOG), renamed as (select n, id, v, at from source) select * from renamed",
        &[],
    ),
    ("select distinct on (id) * from LOG order by id, at desc nulls last", &[]),
    ("select distinct * from LOG", &[]),
    (
        "select id, (array_agg(n order by at desc nulls last))[1] as n, max(v) as v, max(at) as at from LOG group by id",
        &[],
    ),
    (
        "select * from (select *, row_number() over (partition by id order by at desc nulls last) as rn from LOG) r where rn = 1",
        &[],
    ),
    ("select l.* from LOG l left join DIM using (id)", &[]),
    ("select l.* from DIM right join LOG l on l.id = DIM.id and DIM.name = 'one'", &[]),
    ("select * from LOG union all select 100, 100, 'o', timestamp '2024-01-01'", &[]),
    (
        "select n, id, v, at, sum(n) over (partition by id) as s, (select count(*) from DIM) as c from LOG",
        &[],
    ),
    // conditions
    ("select * from LOG where v <> 'x'", &[3, 4, 6]),
    (
        "select n, id, at, v as from from LOG as \"order\" where \"order\".v is distinct from 'x' -- not x",
        &[3, 4, 6],
    ),
    ("with source as (select * from LOG where at is not null) select * from source", &[7]),
    ("select * from LOG l where exists (select from DIM where DIM.id = l.id)", &[6, 7, 8]),
    ("select * from LOG where id in (select id from DIM) and true", &[6, 7, 8]),
    ("select * from LOG where n > 3", &[1, 2, 3]),
    ("select * from LOG where false", &[1, 2, 3, 4, 5, 6, 7, 8]),
    // joins
    ("select l.* from LOG l join DIM on DIM.id = l.id", &[6, 7, 8]),
    ("select l.n, l.id, d.name as v, l.at from LOG l, DIM d where d.id = l.id", &[6, 7, 8]),
    ("select l.n, d.id, l.v, l.at from DIM d left join LOG l on d.id = l.id", &[6, 7, 8]),
    ("select l.* from (LOG l join DIM using (id)) left join DIM e on e.id = l.id + 1", &[6, 7, 8]),
    ("select l.* from LOG l join (values (1), (1)) as twice (id) using (id)", &[4, 5, 6, 7, 8]),
    (
        "select l.*, t.u from LOG l cross join lateral unnest(case when v <> 'x' then '{1,2}'::int[] end) as t (u)",
        &[3, 4, 6],
    ),
    // limits
    ("select * from LOG order by n limit 3", &[4, 5, 6, 7, 8]),
    ("select * from LOG order by 1 offset 5", &[1, 2, 3, 4, 5]),
    ("select * from (select * from LOG order by n fetch first 2 rows only) as few", &[3, 4, 5, 6, 7, 8]),
    // functions that return no row for some
    (
        "select n, id, v, at, unnest(case when v = 'x' then '{}'::int[] else '{1,2}' end) as u from LOG",
        &[3, 4, 6],
    ),
    // losers take part as their winner does
    ("select distinct on (id) * from LOG where v <> 'x' order by id, at desc nulls last", &[3, 4, 6]),
    ("select distinct on (id) * from LOG order by id, at desc nulls last limit 2", &[6, 7, 8]),
    (
        "select * from (select distinct on (id) * from LOG order by id, at desc nulls last) as latest where v <> 'x'",
        &[6],
    ),
    (
        "select distinct on (id, v) l.* from LOG l join DIM using (id) order by id, v, at desc nulls last",
        &[6, 7, 8],
    ),
    ("select distinct n, id, v, at from LOG where v <> 'x'", &[3, 4, 6]),
    (
        "select id, (array_agg(n order by at desc nulls last))[1] as n, max(v) as v, max(at) as at from LOG group by id having count(*) > 1",
        &[6, 7, 8],
    ),
    (
        "select id, (array_agg(n order by at desc nulls last))[1] as n, max(v) as v, max(at) as at from LOG where v <> 'x' group by 1",
        &[3, 4, 6],
    ),
    (
        "with ranked as (select *, row_number() over (partition by id order by at desc nulls last) as rn from LOG), \
         latest as (select * from ranked where rn = 1 and v <> 'x') select * from latest",
        &[6],
    ),
    (
        "select r.* from (select l.*, rank() over w as rn from LOG l window w as (partition by id order by at desc nulls last)) r \
         join DIM using (id) where r.rn < 2",
        &[6, 7, 8],
    ),
    (
        "select id, max(n) as n, max(v) as v, max(at) as at \
         from (select distinct on (id, v) * from LOG order by id, v, at desc nulls last) s where v <> 'x' group by id",
        &[3, 4, 6],
    ),
    // other rows join in
    (
        "select n, id, v, at from LOG where v = 'x' union all select 100, 100, 'o', timestamp '2024-01-01'",
        &[1, 2, 5, 7, 8],
    ),
    (
        "select 100 as n, 100 as id, 'o' as v, timestamp '2024-01-01' as at union all select * from LOG where v = 'x'",
        &[1, 2, 5, 7, 8],
    ),
];

/// What may not begin: the query, and a word of the reason.
const REFUSED: &[(&str, &str)] = &[
    ("select * from LOG union select * from LOG2", "UNION"),
    ("select * from LOG except select * from LOG2", "EXCEPT"),
    ("select a.* from LOG a join LOG b using (n)", "more than once"),
    ("select * from LOG where at = (select max(at) from LOG)", "more than once"),
    ("select max(n) as n, max(id) as id, max(v) as v, max(at) as at from LOG", "without GROUP BY"),
    ("select max(n) as n, max(id) as id, v, max(at) as at from LOG group by v", "several keys"),
    ("select distinct on (v) * from LOG", "several keys"),
    ("select distinct on (id) * from LOG where v <> 'x'", "keeps any row of a key"),
    ("select distinct on (id) * from LOG order by id, at", "keeps the oldest row of a key"),
    ("table LOG", "a `table` command"),
    ("select LOG.id, LOG.v, LOG.n, LOG.at from LOG", "by schema and table"),
    ("select id, v, n, at, xmin from LOG", "system column"),
    (
        "select * from (select *, row_number() over (order by at) as rn from LOG) r where rn = 1",
        "several keys",
    ),
    ("select * from (select *, lag(v) over (order by n) as p from LOG) s where p <> v", "window function"),
    ("select n, id, to_jsonb(l)::text as v, at from LOG l where v <> 'x'", "whole row"),
    (
        "with unused as (select * from LOG) select 1 as n, 1 as id, 'a' as v, null::timestamp as at",
        "does not return",
    ),
    ("select * from LOG tablesample system (50)", "TABLESAMPLE"),
    ("select n, U&\"id\" as id, v, at from LOG", "names as U&"),
];

struct Stage {
    database: Database,
    project: Project,
    client: Client,
}

impl Stage {
    fn new() -> Self {
        let mut database = Database::new();
        let project = Project::new(&database);
        database.execute("create table dim (id int, name text); insert into dim values (1, 'one'), (2, 'two'), (9, 'nine')");
        let client = database.client();
        Self { database, project, client }
    }

    fn stage(&mut self, number: usize, options: &str) {
        self.database.execute(&format!(
            "create table log{number} (n int, id int, v text, at timestamp) {options}; \
             create table other_log{number} (like log{number})"
        ));
    }

    fn fill(&mut self, number: usize) {
        self.database.execute(&format!("insert into log{number} values {ROWS}"));
    }

    fn model(&self, number: usize, query: &str) {
        let schema = &self.database.schema;
        let query = query
            .replace("LOG2", &format!("{schema}.other_log{number}"))
            .replace("LOG", &format!("{schema}.log{number}"))
            .replace("DIM", &format!("{schema}.dim"));
        let config = format!(
            "{{{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key='id', updated_at='at', \
             consume='{schema}.log{number}') }}}}\n"
        );
        self.project.write(&format!("models/model{number}.sql"), &format!("{config}{query}\n"));
    }

    fn staged(&mut self, number: usize) -> Vec<i64> {
        let sql = format!("select n::bigint from log{number} order by n");
        self.client.query(&sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// The serial numbers in the table, without those that the query made up.
    fn merged(&mut self, number: usize) -> Vec<i64> {
        let sql = format!("select n::bigint from model{number} where n < 100 order by n");
        self.client.query(&sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    }
}

/// The latest of each key among the rows that left.
fn latest_of(left: &[i64]) -> Vec<i64> {
    let rows = [(1, 1, 1), (2, 1, 3), (3, 1, 2), (4, 2, 1), (5, 2, 2), (6, 3, 5), (7, 4, 0), (8, 5, 4)];
    let mut latest: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for (n, id, at) in rows.into_iter().filter(|(n, ..)| left.contains(n)) {
        let entry = latest.entry(id).or_insert((at, n));
        *entry = (*entry).max((at, n));
    }
    let mut numbers: Vec<i64> = latest.into_values().map(|(_, n)| n).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn a_staged_row_leaves_exactly_when_it_took_part() {
    let mut stage = Stage::new();
    for (number, (query, _)) in QUERIES.iter().enumerate() {
        // every other log is partitioned
        let options = ["", "partition by list (v)"][number % 2];
        stage.stage(number, options);
        if !options.is_empty() {
            stage.database.execute(&format!(
                "create table log{number}_x partition of log{number} for values in ('x'); \
                 create table log{number}_rest partition of log{number} default"
            ));
        }
        stage.fill(number);
        stage.model(number, query);
    }
    let output = stage.project.run(&["run"]);
    let failed = output.text.split_once("Completed with").map_or("", |(_, failures)| failures);
    assert_eq!(output.status, 0, "{failed}");
    let mut wrong = String::new();
    for (number, (query, stays)) in QUERIES.iter().enumerate() {
        let staged = stage.staged(number);
        let left: Vec<i64> = (1..=8).filter(|n| !staged.contains(n)).collect();
        let merged = stage.merged(number);
        if staged != *stays || merged != latest_of(&left) {
            let _ = writeln!(
                wrong,
                "{query}\n  stays {staged:?}, not {stays:?}; merged {merged:?}, not {:?}",
                latest_of(&left)
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Whatever a random filter lets through: what left is in the table, and what stays is not.
#[test]
fn a_filter_is_evaluated_once() {
    let mut stage = Stage::new();
    for number in 0..4 {
        stage.stage(number, "");
        stage.fill(number);
        stage.model(
            number,
            "select distinct on (id) * from LOG where random() < 0.5 order by id, at desc nulls last",
        );
    }
    stage.project.run_ok(&["compile"]);
    stage.project.run_ok(&["run"]);
    for number in 0..4 {
        let staged = stage.staged(number);
        let left: Vec<i64> = (1..=8).filter(|n| !staged.contains(n)).collect();
        assert_eq!(stage.merged(number), latest_of(&left));
    }
}

#[test]
fn what_cannot_be_traced_is_refused_before_anything_is_consumed() {
    let mut stage = Stage::new();
    for (number, (query, _)) in REFUSED.iter().enumerate() {
        stage.stage(number, "");
        stage.fill(number);
        stage.model(number, query);
    }
    let view = REFUSED.len();
    stage.database.execute(&format!("create view log{view} as select * from log0"));
    stage.model(view, "select * from LOG");
    for (number, (query, reason)) in REFUSED.iter().enumerate() {
        let output = stage.project.run(&["compile", "--select", &format!("model{number}")]);
        assert!(output.status != 0 && output.text.contains(reason), "{query}\n{}", output.text);
    }
    let output = stage.project.run(&["run"]);
    assert_eq!(output.status, 1, "{}", output.text);
    assert!(output.text.contains(&format!("ERROR={}", view + 1)), "{}", output.text);
    assert!(output.text.contains("is not a table"), "{}", output.text);
    for (number, (query, reason)) in REFUSED.iter().enumerate() {
        assert_eq!(stage.staged(number).len(), 8, "{query}");
        assert!(output.text.contains(reason), "{query}\n{}", output.text);
    }
    // without a look at the database, and before there is one
    stage.project.run_ok(&["compile", "--no-introspect"]);
    for number in 0..REFUSED.len() {
        stage.database.execute(&format!("drop table log{number} cascade"));
    }
    let output = stage.project.run(&["compile"]);
    assert_eq!(output.status, 0, "{}", output.text);
}

/// Waits at the row that the other session holds, and finds it changed.
#[test]
fn a_row_that_changes_meanwhile_stays() {
    let mut stage = Stage::new();
    let queries = [
        "select * from LOG where v <> 'x'",
        "select distinct on (id) * from LOG where v <> 'x' order by id, at desc nulls last",
    ];
    for (number, query) in queries.iter().enumerate() {
        stage.stage(number, "");
        stage.fill(number);
        stage.model(number, query);
        let mut other = stage.database.client();
        let mut change = other.transaction().unwrap();
        change.execute(&format!("update log{number} set v = 'x' where n = 2"), &[]).unwrap();
        let mut command =
            stage.project.command(&["run".to_owned(), "--select".to_owned(), format!("model{number}")]);
        let mut run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        let waiting = format!(
            "select count(*) from pg_locks where not granted and pid in (select pid from pg_stat_activity \
            where query like '%log{number}%' and query like '%rsdbt_taken%' and datname = current_database())"
        );
        while stage.client.query_one(&waiting, &[]).unwrap().get::<_, i64>(0) == 0 {
            assert!(begun.elapsed() < Duration::from_mins(1), "the run does not wait");
            std::thread::sleep(Duration::from_millis(10));
        }
        change.commit().unwrap();
        assert!(run.wait().unwrap().success());
        assert_eq!(stage.staged(number), [2, 3, 4, 6], "{query}");
        assert_eq!(stage.merged(number), [1, 5, 7, 8], "{query}");
    }
}

/// A trigger that keeps staged rows would have them stay for ever: the run fails and names it.
#[test]
fn a_row_that_may_not_be_deleted_is_an_error() {
    let mut stage = Stage::new();
    stage.database.execute(
        "create function keep() returns trigger language plpgsql as $$ begin if old.n = 2 then return null; end if; return old; end $$;
         create function let() returns trigger language plpgsql as $$ begin return old; end $$",
    );
    let queries = [
        "select * from LOG",
        "select * from LOG where v <> 'x' or n = 2",
        "select distinct on (id) * from LOG where v <> 'x' or n = 2 order by id, at desc nulls last",
    ];
    for (number, query) in queries.iter().enumerate() {
        stage.stage(number, "");
        stage.fill(number);
        stage.database.execute(&format!(
            "create trigger keep before delete on log{number} for each row execute function keep()"
        ));
        stage.model(number, query);
    }
    let output = stage.project.run(&["run"]);
    assert_eq!(output.status, 1, "{}", output.text);
    for number in 0..queries.len() {
        assert_eq!(stage.staged(number).len(), 8, "{}", output.text);
        let said = format!(".log{number} could not be deleted: kept by trigger keep of ");
        assert!(output.text.contains(&said), "{}", output.text);
    }
    for number in 0..queries.len() {
        stage.database.execute(&format!(
            "drop trigger keep on log{number}; create trigger keep before delete on log{number} for each row execute function let()"
        ));
    }
    let output = stage.project.run(&["run"]);
    assert_eq!(output.status, 0, "{}", output.text);
}
