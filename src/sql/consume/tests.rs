use super::*;
use crate::sql::RelationName;

fn staging() -> Staging {
    Staging {
        relation: RelationName::new(Some("db"), Some("cdc"), "log"),
        columns: ["id", "v", "at"].map(str::to_owned).to_vec(),
        key: vec!["id".to_owned()],
        newest: "at".to_owned(),
    }
}

fn functions() -> Functions {
    Functions {
        aggregates: ["count", "max", "sum"].map(str::to_owned).into_iter().collect(),
        set_returning: ["unnest", "generate_series"].map(str::to_owned).into_iter().collect(),
    }
}

fn reading(sql: &str) -> Result<Reading, String> {
    read(sql, &staging(), &functions())
}

fn is_whole(sql: &str) {
    match reading(sql) {
        Ok(Reading::Whole { .. }) => {}
        other => panic!("{sql}\n{other:?}"),
    }
}

fn traced(sql: &str) -> String {
    match reading(sql) {
        Ok(Reading::Traced { query, .. }) => query.split_whitespace().collect::<Vec<_>>().join(" "),
        other => panic!("{sql}\n{other:?}"),
    }
}

fn refused(sql: &str, reason: &str) {
    match reading(sql) {
        Err(found) if found.contains(reason) => {}
        other => panic!("{sql}\n{other:?}"),
    }
}

const SOURCE: &str = r#"(select "id", "v", "at", pg_catalog.concat_ws('/', tableoid, xmin, ctid) as rsdbt_trace from cdc.log)"#;

#[test]
fn every_row_takes_part_where_nothing_drops_rows() {
    for sql in [
        "select * from cdc.log",
        "select id, upper(v) as v, at from \"db\".\"cdc\".\"log\" -- all of them",
        "with source as (select * from cdc.log), renamed as (select id, v as w, at from source) select * from renamed",
        "select distinct on (id) * from cdc.log order by id, at desc",
        "select distinct id, v, at from cdc.log",
        "select id, max(v) as v, max(at) as at from cdc.log group by id",
        "select id, max(v) as v, max(at) as at from cdc.log group by 1",
        "select l.id as id, max(v) as v from cdc.log as l group by l.id, lower(v)",
        "select * from (select *, row_number() over (partition by id order by at desc) as rn from cdc.log) r where rn = 1",
        "with r as (select *, rank() over w as rn from cdc.log window w as (partition by id order by at desc)) \
         select id, v, at from r where (r.rn <= 1)",
        "select log.*, d.name from cdc.log left join dim d using (id)",
        "select l.* from dim d right join cdc.log l on l.id = d.id and d.kind = 'x'",
        "select id, v, at from cdc.log union all select id, v, at from old.log",
        "select id, sum(n) over (partition by id) as v, at from (select *, 1 as n from cdc.log) as s",
        "select id, case when v is distinct from 'x' then v end as v, (select max(n) from dim) as n from cdc.log",
        "with recursive days as (select 1 as n union all select n + 1 from days where n < 3), s as (select * from cdc.log) \
         select s.*, (select max(n) from days) as n from s",
    ] {
        is_whole(sql);
    }
}

#[test]
fn the_keys_value_may_be_made_of_the_groups() {
    is_whole("select lower(v)::text as id, max(at) as at from cdc.log group by lower(v)");
    is_whole("select distinct on (v) v || '!' as id, at from cdc.log order by v, at desc nulls last");
    is_whole(
        "select code as id, at from (select distinct on (code) lower(v) as code, at from cdc.log order by 1, at desc nulls last) as s",
    );
    for sql in [
        "select distinct on (v) * from cdc.log",
        "select max(id) as id, v from cdc.log group by v",
        "select distinct on (lower(v)) v as id, at from cdc.log",
        "select * from (select *, row_number() over (order by at) as rn from cdc.log) r where rn = 1",
        "select * from (select *, row_number() over (partition by v order by at) as rn from cdc.log) r where rn = 1",
        "select l.id, at from (select distinct on (d.id) l.id, at from cdc.log l left join dim d using (v)) as l",
    ] {
        refused(sql, "keeps one row of several keys (`id`");
    }
}

#[test]
fn the_newest_row_of_a_key_must_be_kept() {
    for sql in [
        "select distinct on (id) * from cdc.log",
        "select distinct on (id) * from cdc.log order by id",
        "select * from (select *, row_number() over (partition by id) as n from cdc.log) s where n = 1",
    ] {
        refused(sql, "keeps any row of a key");
    }
    for sql in [
        "select distinct on (id) * from cdc.log order by id, at",
        "select distinct on (id) id, v, at::date as at from cdc.log order by 1, log.at asc nulls last",
        "select distinct on (id) id, at as moment, at from cdc.log order by id, moment",
        "with s as (select id, at as changed from cdc.log) select distinct on (id) id, changed as at from s order by id, changed",
        "select * from (select *, row_number() over (partition by id order by at, v) as n from cdc.log) s where n = 1 and v <> 'x'",
        "with r as (select *, rank() over w as n from cdc.log window w as (partition by id order by id, at)) select * from r where n = 1",
    ] {
        refused(sql, "keeps the oldest row of a key");
    }
    for sql in [
        "select distinct on (id, at) * from cdc.log",
        "select distinct on (id) * from cdc.log order by id, v",
        "select distinct on (id) * from cdc.log order by id, at using >",
        "select * from (select *, rank() over (partition by id) as n from cdc.log) s where n = 1",
        "select distinct on (id) id, v from cdc.log order by id, at",
    ] {
        is_whole(sql);
    }
}

#[test]
fn rows_of_no_time_that_come_first_are_known() {
    let named = |key: &str| Some(Named { key: vec![key.to_owned()], newest: "at".to_owned() });
    for (sql, expected) in [
        ("select distinct on (id) * from cdc.log order by id, at desc", named("id")),
        ("select distinct on (id) id, at::date as at from cdc.log order by id, log.at desc", named("id")),
        ("select distinct on (v) v as id, at from cdc.log order by v, at desc", named("v")),
        ("select distinct on (id) * from cdc.log order by id, at desc nulls last", None),
        (
            "select * from (select *, row_number() over (partition by id order by at desc nulls last) as n from cdc.log) s where n = 1",
            None,
        ),
    ] {
        match reading(sql) {
            Ok(Reading::Whole { nulls_first, .. }) => assert_eq!(nulls_first, expected, "{sql}"),
            other => panic!("{sql}\n{other:?}"),
        }
    }
    let of_another_key =
        "select distinct on (lower(v)) lower(v) as id, at from cdc.log order by lower(v), at desc";
    assert!(matches!(reading(of_another_key), Ok(Reading::Traced { nulls_first: true, grouped: true, .. })));
    refused(
        "select distinct on (1) lower(v) as id, at from cdc.log order by 1, at desc",
        "orders by `at` with NULLs first, and its DISTINCT ON counts columns",
    );
}

#[test]
fn rows_of_a_filtered_query_carry_their_trace() {
    for (sql, expected) in [
        (
            "select * from cdc.log where v <> 'x'",
            format!("select * , \"log\".rsdbt_trace from {SOURCE} as \"log\" where v <> 'x'")
                .replace(" , \"log\".rsdbt_trace", ""),
        ),
        (
            "select id, v as \"order\", at as from from cdc.log l where l.v is distinct from 'x' limit 5",
            format!(
                "select id, v as \"order\", at as from , \"l\".rsdbt_trace as rsdbt_trace from {SOURCE} l \
                 where l.v is distinct from 'x' limit 5"
            ),
        ),
        (
            "select l.id, d.v from cdc.log l join dim d on d.id = l.id",
            format!(
                "select l.id, d.v , \"l\".rsdbt_trace as rsdbt_trace from {SOURCE} l join dim d on d.id = l.id"
            ),
        ),
        (
            "select distinct on (id) * from cdc.log where v <> 'x' order by id, at desc nulls last limit 3",
            format!(
                "select distinct on (id) * , pg_catalog.string_agg(\"log\".rsdbt_trace, ' ') over (partition by id \
                 order by id, at desc nulls last rows between unbounded preceding and unbounded following) as rsdbt_trace_1 \
                 from {SOURCE} as \"log\" where v <> 'x' order by id, at desc nulls last limit 3"
            ),
        ),
        (
            "select id, max(at) as at from cdc.log group by id having count(*) > 1",
            format!(
                "select id, max(at) as at , pg_catalog.string_agg(\"log\".rsdbt_trace, ' ') as rsdbt_trace_1 \
                 from {SOURCE} as \"log\" group by id having count(*) > 1"
            ),
        ),
        (
            "select * from (select *, row_number() over (partition by id order by at desc) as rn from cdc.log) r \
             where rn = 1 and v <> 'x'",
            format!(
                "select * from (select *, row_number() over (partition by id order by at desc) as rn , \
                 pg_catalog.string_agg(\"log\".rsdbt_trace, ' ') over (partition by id) as rsdbt_trace_1 \
                 from {SOURCE} as \"log\") r where rn = 1 and v <> 'x'"
            ),
        ),
        (
            "select id, v from old union all select id, v from cdc.log where v > 'a'",
            format!(
                "select id, v , null::text as rsdbt_trace from old union all \
                 select id, v , \"log\".rsdbt_trace as rsdbt_trace from {SOURCE} as \"log\" where v > 'a'"
            ),
        ),
    ] {
        assert_eq!(traced(sql), expected);
    }
}

#[test]
fn what_drops_rows_is_noticed() {
    for sql in [
        "select * from cdc.log limit 10",
        "select * from cdc.log offset 1",
        "select * from cdc.log fetch first row only",
        "select id, v, at from cdc.log, dim",
        "select log.* from cdc.log cross join lateral unnest(array[v]) as x",
        "select d.v, log.id from dim d left join cdc.log on d.id = log.id",
        "select id, unnest(array[v]) as v from cdc.log",
        "select * from cdc.log where exists (select from dim where dim.id = log.id)",
        "with s as (select * from cdc.log where v is not null) select id, v from s",
    ] {
        traced(sql);
    }
}

#[test]
fn what_cannot_be_traced_is_refused() {
    for (sql, reason) in [
        ("select * from cdc.log union select * from old", "only UNION ALL"),
        ("select * from cdc.log except select * from old", "only UNION ALL"),
        ("select * from cdc.log a join cdc.log b using (id)", "more than once"),
        (
            "with s as (select * from cdc.log) select * from s where at = (select max(at) from s)",
            "more than once",
        ),
        ("select * from dim where id in (select id from cdc.log)", "in a subquery of an expression"),
        ("select max(id) as id from cdc.log", "without GROUP BY"),
        ("select 1 as id from cdc.log having true", "without GROUP BY"),
        ("select id, max(at) from cdc.log group by grouping sets ((id), ())", "several sets"),
        ("select id, max(at) from cdc.log group by rollup (id)", "several sets"),
        (
            "select * from (select *, lag(v) over (order by at) as p from cdc.log) s where p <> v",
            "a window function",
        ),
        (
            "select * from (select *, row_number() over (partition by id order by at) as n from cdc.log) s where n <= 2",
            "a window function",
        ),
        ("select * from dim", "does not read"),
        ("with s as (select * from cdc.log) select 1 as id", "does not return the rows of"),
        ("select * from cdc.log tablesample system (10)", "TABLESAMPLE"),
        ("select id, to_jsonb(log) as v from cdc.log where id > 1", "a whole row"),
        ("select id, to_jsonb(log.*) as v from cdc.log where id > 1", "a whole row"),
        ("select *, v as w from cdc.log where id > 1 order by 4", "position"),
        ("select distinct * from cdc.log where id > 1", "DISTINCT over more"),
        ("table cdc.log", "a `table` command"),
        ("with s as (table cdc.log) select * from s", "a `table` command"),
        ("select cdc.log.id from cdc.log", "by schema and table"),
        ("select id from cdc.log where db.cdc.log.id > 1", "by schema and table"),
        ("select id, ctid from cdc.log", "system column `ctid`"),
        ("select l.id from cdc.log as l order by l.xmin", "system column `xmin`"),
        ("select 1; select * from cdc.log", "single query"),
        ("delete from cdc.log returning *", "single query"),
        ("select * frm cdc.log where", "cannot be parsed"),
        (
            "with recursive s as (select * from cdc.log union all select * from s) select * from s",
            "only UNION ALL",
        ),
    ] {
        if sql.starts_with("with recursive") {
            refused(sql, "recursive");
        } else {
            refused(sql, reason);
        }
    }
}

#[test]
fn a_name_in_another_place_is_not_the_table() {
    let sql = "select id, 'cdc.log' as v /* cdc.log */ from cdc.log -- cdc.log";
    let Ok(Reading::Whole { query, .. }) = reading(sql) else { panic!() };
    assert_eq!(query, "select id, 'cdc.log' as v /* cdc.log */ from rsdbt_taken as \"log\" -- cdc.log");
    refused("with log as (select * from other.log) select * from log", "does not read");
    is_whole("with log as (select * from log) select id, v from log");
}

#[test]
fn long_and_deep_queries_do_not_overflow() {
    let terms: Vec<String> = (0..3000).map(|i| format!("id <> {i}")).collect();
    traced(&format!("select * from cdc.log where {}", terms.join(" and ")));
    is_whole(&format!("select id, {}1{} as v from cdc.log", "(".repeat(100), ")".repeat(100)));
    let others: Vec<&str> = (0..3000).map(|_| "select id, v from old").collect();
    is_whole(&format!("select id, v from cdc.log union all {}", others.join(" union all ")));
    refused(&format!("select {}1{} from cdc.log", "(".repeat(5000), ")".repeat(5000)), "cannot be parsed");
}
