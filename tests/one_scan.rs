//! Tests that are counted together or proven by constraints against the same tests one by one: random relations, values, constraints and
//! tests, broken ones among them, must have equal results. `RSDBT_ONE_SCAN_SEED` plays one again, `RSDBT_ONE_SCAN=20000` plays more.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::{Database, Draw, Project};

const TESTS_OF_RELATION: usize = 10;
/// Of one project.
const RELATIONS: usize = 50;

/// Name as SQL has it, type, values.
const COLUMNS: [(&str, &str, &[&str]); 14] = [
    ("a", "int", &["1", "2", "3", "-7"]),
    ("b", "text", &["'x'", "'y'", "''", "'it''s'", "'X'"]),
    ("ci", "text collate one_case", &["'x'", "'X'", "'y'", "'Y'"]),
    ("cc", "text collate \"C\"", &["'x'", "'X'", "'y'"]),
    ("d", "date", &["'2024-01-01'", "'infinity'", "'2024-01-02'"]),
    ("n", "numeric", &["1", "1.0", "2.00", "'NaN'"]),
    ("f", "float8", &["0", "'-0'", "'NaN'", "1e300"]),
    ("t", "boolean", &["true", "false"]),
    ("l", "text[]", &["'{x,null}'", "'{}'"]),
    ("j", "jsonb", &["'{}'", "'1'", "'1.0'"]),
    ("o", "json", &["'{}'"]),
    ("i", "xid", &["'1'", "'2'"]),
    ("\"Odd \"\"name\"", "char(3)", &["'x'", "'x  '", "'y'"]),
    ("\"null\"", "varchar", &["'x'", "'y'"]),
];
const OTHER_COLUMNS: [&str; 8] =
    ["nope", "null", "lower(b)", "ctid", "a or t", "user", "\"a\"", "a) or (true"];
const VALUES: [&str; 14] = [
    "x",
    "y",
    "1",
    "2.0",
    "X",
    "it's",
    "it''s",
    "null",
    "2024-01-01",
    "true",
    "{}",
    "a\\b",
    "x -- y",
    "x') or ('x' = 'x",
];
const CONDITIONS: [&str; 14] = [
    "a > 1 or t",
    "d < current_date - 7 and b <> ''",
    "true limit 2",
    "lower(b) in ('x', 'y') or a is null",
    "a > 1",
    "true",
    "b is not null",
    "b = 'it''s'",
    "a in (select 2)",
    "1 / (a - 2) > 0",
    "nope = 1",
    "a > 1 -- x",
    "a > 1) or (true",
    "b = '(' or a < 3",
];
const THRESHOLDS: [&str; 9] =
    ["> 1", ">= 2", "= 0", "!= 3", "<> 0", "between 1 and 2", "> 1 or true", ">1", "!= nope"];
const CALCULATIONS: [&str; 4] = ["count(*)", "max(1)", "count(*) + 1", "sum(n_records)"];
const CONSTRAINTS: [&str; 9] = [
    "alter table {t} alter {c} set not null",
    "alter table only {t} alter {c} set not null",
    "alter table {t} add primary key ({c})",
    "alter table {t} add unique ({c})",
    "alter table {t} add unique ({c}) deferrable",
    "create unique index on {t} ({c})",
    "create unique index on {t} ({c}) where a > 1",
    "create unique index on {t} ({c} collate \"C\")",
    "create unique index on {t} (a, {c})",
];

fn one<'t, T>(draw: &mut Draw, of: &'t [T]) -> &'t T {
    &of[usize::try_from(draw.below(of.len() as u64)).unwrap()]
}

/// What makes the relation of a number.
fn relation(draw: &mut Draw, name: &str) -> String {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, kind, _)| format!("{name} {kind}")).collect();
    let columns = columns.join(", ");
    let kind = draw.below(6);
    let table = if kind == 0 { format!("{name}_base") } else { name.to_owned() };
    let partitions = if kind == 1 { " partition by list (b)" } else { "" };
    let mut sql = format!("create table {table} ({columns}){partitions};\n");
    match kind {
        0 => writeln!(sql, "create view {name} as select * from {table};").unwrap(),
        1 => writeln!(sql, "create table {name}_all partition of {name} default;").unwrap(),
        2 => writeln!(sql, "create table {name}_child () inherits ({name});").unwrap(),
        _ => {}
    }
    let is_full: Vec<bool> = COLUMNS.iter().map(|_| draw.below(2) == 0).collect();
    for number in 0..draw.below(7) {
        let values: Vec<&str> = COLUMNS
            .iter()
            .zip(&is_full)
            .map(|((.., values), full)| if *full || draw.below(3) > 0 { one(draw, values) } else { "null" })
            .collect();
        let into = if kind == 2 && number % 2 == 0 { format!("{name}_child") } else { table.clone() };
        writeln!(sql, "insert into {into} values ({});", values.join(", ")).unwrap();
    }
    for _ in 0..draw.below(30) {
        let (column, ..) = one(draw, &COLUMNS);
        let constraint = one(draw, &CONSTRAINTS).replace("{t}", &table).replace("{c}", column);
        writeln!(sql, "do $do$ begin {constraint}; exception when others then null; end $do$;").unwrap();
    }
    sql
}

/// A test of a column, as a properties file has it.
fn test(draw: &mut Draw, name: &str, own_values: &[&str]) -> Value {
    let mut test = json!({ "name": name });
    let kind = one(draw, &["not_null", "accepted_values", "accepted_values", "unique"]);
    if *kind == "accepted_values" {
        let mut values = Vec::new();
        for _ in 0..draw.below(4) {
            let value = match draw.below(8) {
                0 => json!(draw.below(3)),
                1 => json!(one(draw, &VALUES)),
                _ => json!(one(draw, own_values).trim_matches('\'')),
            };
            values.push(value);
        }
        let mut arguments = json!({ "values": values });
        match draw.below(4) {
            0 => arguments["quote"] = json!(false),
            1 => arguments["quote"] = json!(true),
            _ => {}
        }
        test["arguments"] = arguments;
    }
    let mut config = json!({});
    let mut maybe = |odds: u64, name: &str, value: &dyn Fn(&mut Draw) -> Value| {
        if draw.below(odds) == 0 {
            config[name] = value(draw);
        }
    };
    maybe(3, "where", &|draw| json!(one(draw, &CONDITIONS)));
    maybe(4, "severity", &|draw| json!(one(draw, &["warn", "error"])));
    maybe(5, "warn_if", &|draw| json!(one(draw, &THRESHOLDS)));
    maybe(5, "error_if", &|draw| json!(one(draw, &THRESHOLDS)));
    maybe(5, "limit", &|draw| json!(draw.below(3)));
    maybe(10, "fail_calc", &|draw| json!(one(draw, &CALCULATIONS)));
    maybe(20, "store_failures", &|_| json!(true));
    test["config"] = config;
    json!({ *kind: test })
}

fn results(project: &Project, arguments: &[&str]) -> BTreeMap<String, Value> {
    let text = project.run(arguments).text;
    let path = project.path().join("target/run_results.json");
    let file = std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{text}"));
    let mut file: Value = serde_json::from_str(&file).unwrap();
    let results = file["results"].as_array_mut().unwrap().drain(..);
    results.map(|result| (result["unique_id"].as_str().unwrap().to_owned(), result)).collect()
}

/// What two results are to have in common.
fn essence(result: &Value) -> Value {
    let mut essence = json!({});
    for name in ["status", "failures", "message", "compiled_code", "compiled", "relation_name"] {
        essence[name] = result[name].clone();
    }
    let mut response = result["adapter_response"].clone();
    if response["_message"].as_str().is_some_and(|message| message.starts_with("proven by ")) {
        response["_message"] = json!("SELECT 1");
    }
    essence["adapter_response"] = response;
    essence
}

/// How many tests there were, how many of them were counted together, and how many were proven.
fn play(seed: u64) -> [usize; 3] {
    let mut draw = Draw::new(seed);
    for _ in 0..8 {
        draw.below(2);
    }
    let mut database = Database::new();
    let project = Project::new(&database);
    let collation =
        "create collation one_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";
    let plain = "create collation one_case from \"C\"";
    database.execute(&format!("do $do$ begin {collation}; exception when others then {plain}; end $do$"));
    let mut client = database.client();
    let mut tables = Vec::new();
    for number in 0..RELATIONS {
        let name = format!("r{number}");
        let sql = relation(&mut draw, &name);
        client.batch_execute(&sql).unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
        let mut columns: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for test_number in 0..TESTS_OF_RELATION {
            let (own, _, values) = *one(&mut draw, &COLUMNS);
            let column = match draw.below(24) {
                0 => name.as_str(),
                1 => one(&mut draw, &OTHER_COLUMNS),
                _ => own,
            };
            let test = test(&mut draw, &format!("t{number}_{test_number}"), values);
            columns.entry(column.to_owned()).or_default().push(test);
        }
        let columns: Vec<Value> =
            columns.iter().map(|(name, tests)| json!({ "name": name, "data_tests": tests })).collect();
        tables.push(json!({ "name": name, "columns": columns }));
    }
    let sources = json!({ "sources": [{ "name": "s", "schema": database.schema, "tables": tables }] });
    project.write("models/schema.yml", &sources.to_string());
    let together = results(&project, &["test", "--threads", "3", "--log-level-file", "debug"]);
    let log = std::fs::read_to_string(project.path().join("logs/dbt.log")).unwrap();
    let counted =
        log.lines().filter_map(|line| line.split_once("has counted the failures of ")?.1.split_once(' '));
    let counted: usize = counted.map(|(number, _)| number.parse::<usize>().unwrap()).sum();
    // a message of the server shows a line, too
    let is_sent = |line: &&str| line.ends_with(" as failures,") && !line.trim_start().starts_with("LINE ");
    let sent = log.lines().filter(is_sent).count();
    let alone = results(&project, &["test", "--threads", "3", "--no-batch-tests"]);
    assert_eq!(together.len(), alone.len(), "seed {seed}");
    for (id, result) in &alone {
        assert_eq!(
            essence(&together[id]),
            essence(result),
            "seed {seed}: {id} in {}",
            project.path().display()
        );
    }
    let proven =
        |result: &&Value| result["adapter_response"]["_message"].as_str().unwrap_or("").starts_with("proven");
    let proven = together.values().filter(proven).count();
    assert!(
        sent + counted + proven <= alone.len(),
        "seed {seed}: {sent} sent, {counted} counted, {proven} proven"
    );
    [alone.len(), counted, proven]
}

#[test]
fn tests_answer_together_what_each_answers_alone() {
    if let Ok(seed) = std::env::var("RSDBT_ONE_SCAN_SEED") {
        play(seed.parse().unwrap());
        return;
    }
    let wanted = std::env::var("RSDBT_ONE_SCAN").map_or(2_000, |cases| cases.parse().unwrap());
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let first = u64::from(elapsed.subsec_nanos());
    let mut sums = [0; 3];
    for number in 0.. {
        let numbers = play(first + 1_000_003 * number);
        sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
        if sums[0] >= wanted {
            break;
        }
    }
    let [played, counted, proven] = sums;
    println!("{played} tests, {counted} counted together, {proven} proven");
    assert!(
        counted > played / 8 && proven > 0,
        "{played} tests, {counted} counted together, {proven} proven"
    );
}
