//! What others, and the project itself, hang on the mart and the dimensions: a view over views, materialized views,
//! functions, and foreign keys in both directions. They live as long as what they hang on.

use postgres::Client;

use super::facts::Day;
use super::sight::MART;

/// Models of the project.
pub(super) const MODELS: [(&str, &str); 2] = [
    ("seen", "{{ config(materialized='view') }} select * from {{ ref('m1_d_ad_mart_metrics') }}"),
    (
        "stored",
        "{{ config(materialized='materialized_view') }} select data_at, lineitem_id, unit_id, impression_count from {{ ref('seen') }}",
    ),
];

/// Each gives one number of the relation that it is named by.
const READINGS: [(&str, &str); 8] = [
    ("seen", "select count(*) from seen"),
    ("stored", "select count(*) from stored"),
    ("strange_view", "select count(*) from strange_view"),
    ("strange_over", "select count(*) from strange_over"),
    ("strange_stored", "select count(*) from strange_stored"),
    ("strange_campaign", "select count(*) from strange_campaign"),
    ("strange_view", "select strange_function()"),
    ("strange_view", "select count(*) from strange_rows()"),
];

const KEYS: i64 = 3;

/// One statement each.
fn statements(days: &std::ops::Range<Day>) -> Vec<String> {
    let mut all: Vec<String> = [
        "create or replace view strange_view as select * from MART",
        "create or replace view strange_over as select data_at, unit.unit_type, count(*) as n
         from strange_view join unit on unit.id = unit_id group by 1, 2",
        "create materialized view if not exists strange_stored as select data_at, lineitem_id, unit_id, impression_count from MART",
        "create unique index if not exists strange_index on strange_stored (data_at, lineitem_id, unit_id)",
        "create or replace view strange_campaign as select id, region, name from campaign",
        "create or replace function strange_function() returns bigint begin atomic select count(*) from MART; end",
        "create or replace function strange_rows() returns table (data_at date, lineitem_id bigint, unit_id bigint, clicks bigint)
         begin atomic select data_at, lineitem_id, unit_id, click_count from MART; end",
        "create table if not exists strange_children (id bigint references ad_lineitem (id))",
        "create table if not exists strange_days (day date primary key)",
        "alter table MART add constraint strange_day foreign key (data_at) references strange_days",
        "create table if not exists strange_notes (data_at date, lineitem_id bigint, unit_id bigint)",
        "alter table strange_notes add constraint strange_note
         foreign key (data_at, lineitem_id, unit_id) references MART (data_at, lineitem_id, unit_id)",
        "insert into strange_children select id from ad_lineitem",
    ]
    .map(|sql| sql.replace("MART", MART))
    .to_vec();
    all.insert(
        9,
        format!(
            "insert into strange_days select date '1970-01-01' + day from generate_series({}, {}) as day on conflict do nothing",
            days.start,
            days.end - 1
        ),
    );
    all
}

/// Those that went with the table they hang on come again with a new one.
pub(super) fn create(client: &mut Client, days: &std::ops::Range<Day>) {
    for sql in statements(days) {
        client.batch_execute(&sql).unwrap();
    }
}

/// What can be read now, and so at any time of the run that follows.
pub(super) fn readings(client: &mut Client) -> Vec<&'static str> {
    let mut is_there = |relation: &str| -> bool {
        client.query_one("select to_regclass($1) is not null", &[&relation]).unwrap().get(0)
    };
    READINGS.iter().filter(|(relation, _)| is_there(relation)).map(|(_, sql)| *sql).collect()
}

pub(super) fn read(client: &mut Client, readings: &[&str]) -> Result<(), String> {
    for sql in readings {
        client.simple_query(sql).map_err(|error| format!("a reader was refused: {sql}: {error:?}"))?;
    }
    Ok(())
}

/// `is_current`: a run of all models, alone, has just ended well.
pub(super) fn check(client: &mut Client, is_current: bool) -> Result<(), String> {
    let mut number = |sql: &str| -> Result<i64, String> {
        let row = client.query_one(&sql.replace("MART", MART), &[]);
        row.map(|row| row.get(0)).map_err(|error| format!("{sql}: {error:?}"))
    };
    let keys = number(
        "select count(*) from pg_constraint where contype = 'f' and convalidated
           and (conrelid, confrelid) in (
             ('MART'::regclass, 'strange_days'::regclass), ('strange_notes'::regclass, 'MART'::regclass),
             ('strange_children'::regclass, 'ad_lineitem'::regclass)
           )",
    )?;
    if keys != KEYS {
        return Err(format!("of {KEYS} foreign keys {keys} are left and valid"));
    }
    let mut same = |one: &str, other: &str| -> Result<(), String> {
        let differences = number(&format!(
            "select count(*) from (({one} except all {other}) union all ({other} except all {one})) as differences"
        ))?;
        if differences == 0 { Ok(()) } else { Err(format!("{differences} rows differ: {one}; {other}")) }
    };
    same("select * from strange_view", "select * from MART")?;
    same("select * from strange_rows()", "select data_at, lineitem_id, unit_id, click_count from MART")?;
    same("select strange_function()", "select count(*) from MART")?;
    same("select * from strange_campaign", "select id, region, name from campaign")?;
    if is_current {
        let part = "select data_at, lineitem_id, unit_id, impression_count from";
        same("select * from seen", "select * from MART")?;
        same("select * from stored", &format!("{part} MART"))?;
        client
            .batch_execute("refresh materialized view concurrently strange_stored")
            .map_err(|error| format!("{error:?}"))?;
    }
    Ok(())
}
