//! A consuming model into columns of other types: for every cast of the server's catalog that an INSERT uses, each value arrives whole or
//! the node refuses before anything is consumed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use postgres::Client;

use crate::support::{Database, Project};

/// Values that have as much to lose as their type allows.
const VALUES: &[(&str, &[&str])] = &[
    ("bit", &["1"]),
    ("bool", &["t"]),
    ("box", &["(1.5,2.5),(0,0)"]),
    ("bpchar", &["ab   ", "0123456789012345678901234567890123456789012345678901234567890123456789"]),
    ("char", &["x"]),
    ("cidr", &["10.0.0.0/8"]),
    ("circle", &["<(1.5,2.5),3>"]),
    ("date", &["2024-03-01", "infinity"]),
    ("float4", &["0.1", "3.4028235e38"]),
    ("float8", &["0.1", "123456789.12345678"]),
    ("inet", &["10.1.2.3/8", "10.1.2.3"]),
    ("int2", &["32767"]),
    ("int4", &["2147483647", "16777217", "1234"]),
    ("int8", &["9223372036854775807", "9007199254740993", "1234"]),
    ("interval", &["3 years 2 mons 3 days 04:05:06.789012", "23:59:59.999999"]),
    ("json", &["{\"b\" : 1, \"a\": 2, \"b\": 3}"]),
    ("jsonb", &["{\"a\": 1}"]),
    ("lseg", &["[(0,0),(1.5,2.5)]"]),
    ("macaddr", &["08:00:2b:01:02:03"]),
    ("macaddr8", &["08:00:2b:01:02:03:04:05", "08:00:2b:ff:fe:01:02:03"]),
    ("money", &["1.23"]),
    ("name", &["012345678901234567890123456789012345678901234567890123456789012"]),
    ("numeric", &["1.26", "12345678901234567890.123456789", "1234"]),
    ("oid", &["4294967295"]),
    ("path", &["((0,0),(1,1),(1,0))", "[(0,0),(1,1)]"]),
    ("point", &["(1.5,2.5)"]),
    ("polygon", &["((0,0),(1,1),(1,0))"]),
    ("regclass", &["pg_class"]),
    ("regcollation", &["\"C\""]),
    ("regconfig", &["simple"]),
    ("regdictionary", &["simple"]),
    ("regdatabase", &["postgres"]),
    ("regnamespace", &["pg_catalog"]),
    ("regoper", &["pg_catalog.||/"]),
    ("regoperator", &["pg_catalog.+(integer,integer)"]),
    ("regproc", &["pg_catalog.pi"]),
    ("regprocedure", &["pg_catalog.pi()"]),
    ("regrole", &["pg_monitor"]),
    ("regtype", &["integer"]),
    ("text", &["pg_class", "  ab", "0123456789012345678901234567890123456789012345678901234567890123456789"]),
    ("time", &["12:34:56.789012"]),
    ("timestamp", &["2024-03-01 12:34:56.789012", "infinity"]),
    ("timestamptz", &["2024-03-01 12:34:56.789012+02", "infinity"]),
    ("timetz", &["12:34:56.789012+02"]),
    ("varbit", &["10110"]),
    ("varchar", &["  ab", "0123456789012345678901234567890123456789012345678901234567890123456789"]),
    ("xml", &["<a/>"]),
];

/// Types with modifiers, each into each: of one kind.
const MODIFIED: &[&[&str]] = &[
    &["int4", "numeric", "numeric(4,1)", "numeric(6,3)", "numeric(4,-2)", "numeric(10,0)"],
    &["time", "time(0)", "time(3)", "timetz(0)", "timetz"],
    &["date", "timestamp", "timestamp(0)", "timestamp(3)", "timestamp(6)", "timestamptz", "timestamptz(0)"],
    &[
        "interval",
        "interval(0)",
        "interval second(3)",
        "interval year",
        "interval month",
        "interval year to month",
        "interval day",
        "interval hour",
        "interval day to hour",
        "interval hour to minute",
        "interval day to second(0)",
        "time",
    ],
    &["bit(1)", "bit(3)", "varbit", "varbit(3)"],
    &["text", "varchar", "varchar(3)", "varchar(100)", "bpchar", "char(3)", "char(100)", "name"],
];

/// Whole types, and what they may be wrapped in.
struct Pair {
    from: String,
    to: String,
    values: Vec<String>,
}

fn base_of(written: &str) -> &str {
    written.split(['(', ' ', '[']).next().unwrap().trim_matches('"')
}

fn values_of(written: &str) -> Vec<String> {
    let base = base_of(written);
    let found = VALUES.iter().find(|(name, _)| *name == base);
    let (_, values) =
        found.unwrap_or_else(|| panic!("no value of type {written}: add some that have much to lose"));
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// As SQL has it: the type `"char"` is another one than `char`.
fn written(name: &str) -> String {
    if name == "char" { "\"char\"".to_owned() } else { name.to_owned() }
}

fn pairs(client: &mut Client) -> Vec<Pair> {
    let sql = "select source.typname::text, target.typname::text from pg_cast
        join pg_type as source on source.oid = castsource join pg_type as target on target.oid = casttarget
        where castcontext in ('i', 'a') and source.typnamespace = 'pg_catalog'::regnamespace and target.typnamespace = 'pg_catalog'::regnamespace
          and source.typtype = 'b' and target.typtype = 'b' and source.typname !~ '^pg_' and target.typname !~ '^pg_' and castsource <> casttarget
        order by 1, 2";
    let mut pairs: Vec<Pair> = Vec::new();
    let mut add = |from: &str, to: &str, values: Vec<String>| {
        pairs.push(Pair { from: from.to_owned(), to: to.to_owned(), values });
    };
    for row in client.query(sql, &[]).unwrap() {
        let (from, to): (String, String) = (row.get(0), row.get(1));
        add(&written(&from), &written(&to), values_of(&from));
    }
    for (name, values) in VALUES {
        if client.query_one("select to_regtype($1) is null", &[&written(name)]).unwrap().get(0) {
            continue; // of another version of the server
        }
        add(&written(name), "text", values.iter().map(|value| (*value).to_owned()).collect());
    }
    for kind in MODIFIED {
        for (from, to) in
            kind.iter().flat_map(|from| kind.iter().map(move |to| (from, to))).filter(|(from, to)| from != to)
        {
            let values = values_of(if *from == "char(3)" || *from == "char(100)" { "bpchar" } else { from });
            add(from, to, values.clone());
            if base_of(to) == "char" && ["bpchar", "char"].contains(&base_of(from)) {
                continue; // their blanks at the end mean nothing, but the text of an array shows them
            }
            let listed: Vec<String> = values.iter().map(|value| format!("{{{value}}}")).collect();
            add(&format!("{from}[]"), &format!("{to}[]"), listed);
        }
    }
    pairs
}

/// Whether a value is another one after an INSERT; an error of the INSERT loses nothing.
fn is_changed(client: &mut Client, pair: &Pair, value: &str) -> bool {
    let mut transaction = client.transaction().unwrap();
    let Pair { from, to, .. } = pair;
    transaction
        .batch_execute(&format!("create temporary table s (v {from}); create temporary table t (v {to})"))
        .unwrap();
    let staged = format!("insert into s values ({}::text::{from})", postgres_literal(value));
    if transaction.batch_execute(&staged).is_err() {
        return false;
    }
    if transaction.batch_execute("savepoint a; insert into t select v from s").is_err() {
        return false;
    }
    transaction.batch_execute("savepoint b").unwrap();
    let same = format!("select s.v::text is not distinct from t.v::{from}::text from s, t");
    if let Ok(row) = transaction.query_one(&same, &[]) {
        return !row.get::<_, bool>(0);
    }
    transaction.batch_execute("rollback to b").unwrap();
    let same = format!("select s.v::text is not distinct from t.v::text::{from}::text from s, t");
    !transaction.query_one(&same, &[]).is_ok_and(|row| row.get(0))
}

fn postgres_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[test]
fn a_value_arrives_whole_or_is_not_consumed() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let mut client = database.client();
    client.batch_execute("set time zone 'UTC'").unwrap();
    let pairs = pairs(&mut client);
    let (mut domains, mut log, mut table) = (String::new(), String::new(), String::new());
    for (number, Pair { from, to, .. }) in pairs.iter().enumerate() {
        let _ = write!(log, ", c{number} {from}");
        // every other type is wrapped: a domain over it, a domain over that, an array of a domain
        let wrapped = format!("{}.d{number}", database.schema);
        let column = match number % 3 {
            1 => {
                let _ = write!(domains, "create domain d{number} as {to};");
                wrapped
            }
            2 => {
                let inner = to.trim_end_matches("[]");
                let array = &to[inner.len()..];
                let _ = write!(
                    domains,
                    "create domain e{number} as {inner}; create domain d{number} as e{number};"
                );
                format!("{wrapped}{array}")
            }
            _ => to.clone(),
        };
        let _ = write!(table, ", c{number} {column}");
    }
    database.execute(&domains);
    database.execute(&format!(
        "create table log (id int{log}, at timestamp); create table unit (id int{table}, at timestamp)"
    ));
    database.execute("insert into log (id, at) values (1, '2024-01-01')");
    let schema = &database.schema;
    project.write(
        "models/unit.sql",
        &format!(
            "{{{{ config(materialized='incremental', incremental_strategy='merge_upsert', unique_key='id', updated_at='at', consume='{schema}.log') }}}}\n\
             select * from {schema}.log"
        ),
    );
    let output = project.run(&["run"]);
    assert_eq!(output.status, 1, "{}", output.text);
    let refused: BTreeSet<usize> = output
        .text
        .lines()
        .filter_map(|line| line.trim().strip_prefix('c')?.split_once(": ")?.0.parse().ok())
        .collect();
    assert!(output.text.contains("would round or cut") && refused.len() > 50, "{}", output.text);

    let mut wrong = String::new();
    for (number, pair) in pairs.iter().enumerate() {
        let changed: Vec<&String> =
            pair.values.iter().filter(|value| is_changed(&mut client, pair, value)).collect();
        // a cast to another type may be refused out of caution
        let is_cautious = base_of(&pair.from) != base_of(&pair.to);
        match (refused.contains(&number), changed.is_empty()) {
            (false, false) => {
                let _ =
                    writeln!(wrong, "{} into {} loses {changed:?} and is not refused", pair.from, pair.to);
            }
            (true, true) if !is_cautious => {
                let _ = writeln!(wrong, "{} into {} is refused for nothing", pair.from, pair.to);
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
