//! What others, and the project itself, hang on the mart and the dimensions: a view over views, materialized views,
//! functions, foreign keys in both directions, triggers, rules and policies. They live as long as what they hang on.

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

/// Code that runs with the mart, or that reads it: each by a query that is true while it is there.
const CODE: [(&str, &str); 6] = [
    (
        "create or replace trigger strange_trigger after insert or delete on MART for each statement execute function strange_noted()",
        "select from pg_trigger where tgrelid = 'MART'::regclass and tgname = 'strange_trigger' and tgenabled = 'O'",
    ),
    (
        "create or replace trigger strange_trigger after insert on unit for each row execute function strange_noted()",
        "select from pg_trigger where tgrelid = 'unit'::regclass and tgname = 'strange_trigger' and tgenabled = 'O'",
    ),
    (
        "create or replace rule strange_rule as on insert to strange_asks do also insert into strange_answers select count(*) from MART",
        "select from pg_rewrite as rule join pg_depend as uses on uses.classid = 'pg_rewrite'::regclass and uses.objid = rule.oid
         where rulename = 'strange_rule' and ev_class = 'strange_asks'::regclass and refobjid = 'MART'::regclass",
    ),
    (
        "create or replace rule strange_rule as on delete to MART where old.unit_id is null do also nothing",
        "select from pg_rewrite where rulename = 'strange_rule' and ev_class = 'MART'::regclass",
    ),
    (
        "drop policy if exists strange_policy on MART; create policy strange_policy on MART for select using (unit_id is not null)",
        "select from pg_policy where polname = 'strange_policy' and polrelid = 'MART'::regclass",
    ),
    (
        "drop policy if exists strange_policy on strange_asks;
         create policy strange_policy on strange_asks using (id in (select unit_id from MART))",
        "select from pg_policy as policy join pg_depend as uses on uses.classid = 'pg_policy'::regclass and uses.objid = policy.oid
         where polname = 'strange_policy' and polrelid = 'strange_asks'::regclass and refobjid = 'MART'::regclass",
    ),
];

/// What the code stands on.
const GROUND: &str = "create table if not exists strange_asks (id bigint);
    create table if not exists strange_answers (n bigint);
    create or replace function strange_noted() returns trigger language plpgsql as 'begin return null; end'";

/// Those that went with the table they hang on come again with a new one.
pub(super) fn create(client: &mut Client, days: &std::ops::Range<Day>, has_code: bool) {
    for sql in statements(days) {
        client.batch_execute(&sql).unwrap();
    }
    if has_code {
        client.batch_execute(GROUND).unwrap();
        for (sql, _) in CODE {
            client.batch_execute(&sql.replace("MART", MART)).unwrap();
        }
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
pub(super) fn check(client: &mut Client, is_current: bool, has_code: bool) -> Result<(), String> {
    if has_code {
        let ask = "truncate strange_answers; insert into strange_asks values (1)";
        client.batch_execute(ask).map_err(|error| format!("{ask}: {error:?}"))?;
    }
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
    for (sql, is_there) in CODE.iter().filter(|_| has_code) {
        if number(&format!("select count(*) from ({is_there}) as found"))? == 0 {
            return Err(format!("it is gone: {sql}"));
        }
    }
    let mut same = |one: &str, other: &str| -> Result<(), String> {
        let differences = number(&format!(
            "select count(*) from (({one} except all {other}) union all ({other} except all {one})) as differences"
        ))?;
        if differences == 0 { Ok(()) } else { Err(format!("{differences} rows differ: {one}; {other}")) }
    };
    if has_code {
        same("select n from strange_answers", "select count(*) from MART")?;
    }
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
