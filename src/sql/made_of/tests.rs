use super::*;

fn made(sql: &str) -> Option<Vec<(usize, String)>> {
    let makings = made_of(sql, "day", &[]).makings.into_iter();
    Some(makings.map(|making| (making.condition, making.expression)).collect())
        .filter(|made: &Vec<_>| !made.is_empty())
}

#[test]
fn a_column_is_followed_to_the_values_that_conditions_limit() {
    for (sql, expected) in [
        ("select at::date as day from t where rsdbt_limits(at, 0)", &["0 rsdbt_value::DATE"] as &[_]),
        ("select \"day\" from t where x > 1 and (rsdbt_limits(DAY, 0))", &["0 rsdbt_value"]),
        ("select * from t where rsdbt_limits(t.day, 0)", &["0 rsdbt_value"]),
        ("select at as day from s.t join u on u.id = t.id where rsdbt_limits(T.at, 0)", &["0 rsdbt_value"]),
        ("select at::date + 1 as day from t where rsdbt_limits(at::date, 3)", &["3 rsdbt_value + 1"]),
        (
            "with e as (select id, at from t where rsdbt_limits(at, 0) union all select id, d from u where rsdbt_limits(d, 1)),
            g as (select date_trunc('day', at at time zone 'UTC') as day, count(*) from e group by 1)
            select * from (select x.id, g.day from g left join s.x on x.id = g.id) as rows limit 5",
            &[
                "0 (date_trunc('day', (rsdbt_value) AT TIME ZONE 'UTC'))",
                "1 (date_trunc('day', (rsdbt_value) AT TIME ZONE 'UTC'))",
            ],
        ),
        (
            "with g as (select at as day from t where rsdbt_limits(at, 0)) select day, name from g join u on true",
            &["0 (rsdbt_value)"],
        ),
    ] {
        let found: Option<Vec<String>> =
            made(sql).map(|makings| makings.iter().map(|(number, text)| format!("{number} {text}")).collect());
        assert_eq!(found.as_deref(), Some(expected.iter().map(ToString::to_string).collect::<Vec<_>>()).as_deref(), "{sql}");
    }
}

#[test]
fn what_may_be_made_of_anything_else_has_no_answer() {
    for sql in [
        "select day from t",
        "select day from t where rsdbt_limits(at, 0)",
        "select at as day from t where rsdbt_limits(at, 0) or id > 1",
        "select max(at) as day from t where rsdbt_limits(at, 0)",
        "select lag(at) over (order by id) as day from t where rsdbt_limits(at, 0)",
        "select u.at as day from t join u on true where rsdbt_limits(t.at, 0)",
        "select at as day from t full join u using (at) where rsdbt_limits(t.at, 0)",
        "select at + id as day from t where rsdbt_limits(at, 0)",
        "select coalesce(at, now()) as day from t where rsdbt_limits(at, 0)",
        "select case when id > 1 then at else at + 1 end as day from t where rsdbt_limits(at, 0)",
        "select at as day from t where rsdbt_limits(at, 0) union all select now()",
        "with e(day) as (select at from t where rsdbt_limits(at, 0)) select day from e",
        "with recursive e as (select at as day from t where rsdbt_limits(at, 0) union all select day + 1 from e) select day from e",
        "with e as (select at as day from t where rsdbt_limits(at, 0)) select day from s.e",
        "with e as (select at as day from t where rsdbt_limits(at, 0)) select day from e full join u using (day)",
        "with e as (select at as day from t where rsdbt_limits(at, 0)) select u.day from e join u on true",
        "with e as (select * from t where rsdbt_limits(at, 0)) select day from e join u on true",
        "select (select at from t where rsdbt_limits(at, 0)) as day",
        "select at as day from t where rsdbt_limits(at, 0); select 1",
        "select day from",
    ] {
        assert_eq!(made(sql), None, "{sql}");
    }
}

/// The expressions that tie, without those that make the column.
fn tied(sql: &str) -> Option<Vec<String>> {
    made_of(sql, "day", &[]).ties.map(|ties| ties.into_iter().map(|tie| tie.expression).collect())
}

#[test]
fn what_is_joined_grouped_and_ranked_by_its_period_is_tied() {
    let events = "with a as (select id, at, at::date as day from t where rsdbt_limits(at, 0)),
        b as (select id, at, at::date as day from u where rsdbt_limits(at, 1))";
    for (sql, ties) in [
        ("select at::date as day from t where rsdbt_limits(at, 0)", 0),
        ("select t.at::date as day, u.name from t left join u on u.id = t.id where rsdbt_limits(t.at, 0)", 0),
        ("select day, count(*) from a where exists (select from s.v where v.id = a.id) group by day", 0),
        ("select day from a union all select day from b", 0),
        ("select a.day from a join b on a.id = b.id and a.day = b.day", 2),
        ("select a.day from a left join b using (id, day)", 2),
        ("select coalesce(a.day, b.day) as day from a full join b on a.day = b.day and a.id = b.id", 2),
        ("select day from a full join b using (id, day)", 2),
        ("select a.day from a, b where a.at::date = b.day", 2),
        ("select a.day from a join b using (day) join a as c on c.day = b.day", 4),
        (
            "select x.*, b.id from (select day, id, count(*) from a group by 1, 2) as x join b on b.day = x.day",
            2,
        ),
        ("select day, row_number() over (partition by id, day order by at) from a", 1),
        ("select day, sum(id) over w from a window w as (partition by day), v as (w order by id)", 1),
        ("select distinct on (a.day, id) a.day from a", 1),
        (
            "select t.at::date as day from t join u on t.at::date = u.at::date and rsdbt_limits(u.at, 1) where rsdbt_limits(t.at, 0)",
            2,
        ),
        (
            "select t.at::date as day from t left join u on t.at = u.at and rsdbt_limits(u.at, 1) where rsdbt_limits(t.at, 0)",
            2,
        ),
        ("select a.day, e.key from a cross join lateral jsonb_each(a.id) as e(key, value)", 0),
    ] {
        let sql = if sql.contains("rsdbt_limits") { sql.to_owned() } else { format!("{events} {sql}") };
        assert_eq!(tied(&sql).map(|ties| ties.len()), Some(ties), "{sql}");
    }
}

#[test]
fn rows_of_several_periods_are_not_tied() {
    let events = "with a as (select id, at, at::date as day from t where rsdbt_limits(at, 0)),
        b as (select id, at, at::date as day from u where rsdbt_limits(at, 1))";
    for sql in [
        "select a.day from a join b on a.id = b.id",
        "select a.day from a join b using (id)",
        "select a.day from a join a as c on c.id = a.id",
        "select a.day from a left join b on a.id = b.id or a.day = b.day",
        "select a.day from a join b on a.day <= b.day",
        "select day from a where id in (select id from b)",
        "select day from a where exists (select from b where b.id = a.id)",
        "select day, (select count(*) from b) from a",
        "select day, count(*) over (partition by id) from a",
        "select day, lag(id) over w from a window w as (order by at)",
        "select distinct on (id) day from a order by id, at",
        "select day from a order by at limit 5",
        "select day from (select day from a order by at fetch first 5 rows only) as first",
        "select min(at)::date as day from a group by id",
        "select a.day from a join (select id, min(day) as day from b group by id) as c on c.day = a.day",
        "select a.day from a natural join b",
        "select a.day from a cross join lateral (select from b where b.id = a.id) as c",
        "select t.at::date as day from t join u on t.id = u.id where rsdbt_limits(t.at, 0) and rsdbt_limits(u.at, 1)",
        "select t.at::date as day from t left join u on t.at = u.at and rsdbt_limits(t.at, 1) where rsdbt_limits(t.at, 0)",
        "select t.at::date as day from t join u on t.id = u.id where rsdbt_limits(t.at, 0) and (rsdbt_limits(u.at, 1) or u.id is null)",
    ] {
        let sql = if sql.contains("rsdbt_limits") { sql.to_owned() } else { format!("{events} {sql}") };
        assert_eq!(tied(&sql), None, "{sql}");
    }
}

#[test]
fn what_holds_in_some_rows_only_ties_nothing() {
    let events = "with a as (select id, at, kind, at::date as day from t where rsdbt_limits(at, 0)),
        b as (select id, at, kind, at::date as day from u where rsdbt_limits(at, 1)),
        c as (select a.*, b.day as other from a left join b on b.id = a.id and b.day = a.day)";
    for sql in [
        "select coalesce(a.day, b.day) as day from a full join b on a.id = b.id",
        "select coalesce(a.day, b.day) as day from a join b on a.id = b.id and (a.day = b.day or b.kind = 'p')",
        "select coalesce(a.day, b.day) as day from a full join b using (id)",
        "select b.day from a join b on b.id = a.id and coalesce(b.day, a.day) = b.day",
        "select b.day from a join b on b.id = a.id and coalesce(a.day, b.day) = coalesce(b.day, a.day)",
        "select a.day from a join b on b.id = a.id left join a as m on a.day = b.day and m.day = a.day",
        "select a.day from a join b on b.id = a.id full join a as m on a.day = b.day and m.day = a.day",
        "select day, row_number() over (partition by id, other order by at) from c",
        "select distinct on (id, other) day from c",
        "select distinct on (day) id as day, day as x from a order by day, at",
        "select distinct on (day) kind as day, day from a",
    ] {
        assert_eq!(tied(&format!("{events} {sql}")), None, "{sql}");
    }
    assert_eq!(
        made_of("with a as (select id, at::date as day from t where rsdbt_limits(at, 0)) select distinct on (day) id as day, day as x from a", "x", &[]).ties,
        None
    );
    for (sql, ties) in [
        (
            "select coalesce(a.day, b.day) as day from a full join b on a.day = b.day full join c on c.day = coalesce(a.day, b.day)",
            Some(7),
        ),
        (
            "select coalesce(a.day, b.day, m.day) as day from a full join b on a.day = b.day full join a as m on m.day = coalesce(a.day, b.day)",
            Some(5),
        ),
        ("select coalesce(b.day, a.day) as day from a full join b using (day)", Some(2)),
    ] {
        assert_eq!(tied(&format!("{events} {sql}")).map(|ties| ties.len()), ties, "{sql}");
    }
}

#[test]
fn what_is_limited_is_a_column_of_a_table_or_computed() {
    for (sql, expected) in [
        ("select at::date as day from t where rsdbt_limits(at, 0)", vec![0]),
        (
            "select t.at::date as day from t join u on u.id = t.id and rsdbt_limits(u.at, 1) where rsdbt_limits(t.at, 0)",
            vec![0, 1],
        ),
        ("select * from s.t where id in (select id from u where rsdbt_limits(at, 3))", vec![3]),
        (
            "select at::date as day from (select at - interval '1 hour' as at from t) as t where rsdbt_limits(at, 0)",
            vec![],
        ),
        (
            "with e as (select at - interval '1 hour' as at from t) select 1 from e where rsdbt_limits(at, 0)",
            vec![],
        ),
        (
            "with e as (select * from s.e where rsdbt_limits(e.at, 1)) select day from e where rsdbt_limits(day, 0)",
            vec![1],
        ),
        ("select 1 from t where rsdbt_limits(at - interval '1 hour', 0)", vec![]),
    ] {
        let mut plain = made_of(sql, "day", &[]).plain;
        plain.sort_unstable();
        assert_eq!(plain, expected, "{sql}");
    }
}

#[test]
fn columns_that_depend_on_the_order_of_rows_are_known() {
    let columns = ["day", "total", "before"].map(str::to_owned);
    for (sql, expected) in [
        ("select day, sum(id) as total, 1 as before from t group by 1", &[] as &[&str]),
        ("select day, id as total, lag(id) over (order by at) as before from t", &["before"]),
        ("select day, sum(id) as total, string_agg(name, ',') as before from t group by 1", &["before"]),
        (
            "with l as (select day, id as total, row_number() over (order by at) as n from t) select day, l.total, n + 1 as before from l",
            &["before"],
        ),
        (
            "with l as (select *, lag(x) over (order by at) as before from t) select l.* from l join t on true",
            &["before"],
        ),
        (
            "select day, total, before from (select 1) as x natural join (select lag(1) over () as l) as y",
            &["day", "total", "before"],
        ),
        ("select 1 as day, 2 as total, 3 as before union all select 1, lag(2) over (), 3", &["total"]),
        (
            "with c as (select * from u) select day, (select count(*) from c where c.id = e.id) as total, row_number() over () as before from c as e",
            &["before"],
        ),
        (
            "select day, q.total, q.before from t left join lateral (select count(*) as total, string_agg(x, ',') as before from u where u.id = t.id) as q on true",
            &["before"],
        ),
        ("select day from", &["day", "total", "before"]),
    ] {
        assert_eq!(made_of(sql, "day", &columns).ordered, expected, "{sql}");
    }
}
