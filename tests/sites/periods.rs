//! `mode: replace_partition`: the newest periods become what the other database has of them.

use super::field::Field;

/// Which rows a table has, in any order.
const ROWS: &str = "coalesce(string_agg(concat_ws(' ', id, day, extract(epoch from at), amount), '; ' order by id, amount), '')";

fn far_value(field: &mut Field, sql: &str) -> String {
    field.far.query_one(sql, &[]).unwrap().get(0)
}

/// What a load must make of the table: what is older than `first` stays, the rest is that of the other database.
fn expected(field: &mut Field, first: &str) -> [String; 2] {
    let kept = field.home_value(&format!("select {ROWS} from events where at < timestamptz '{first}'"));
    let new = far_value(
        field,
        &format!("select {ROWS} from events where at >= timestamptz '{first}' or at is null"),
    );
    [kept, new]
}

fn found(field: &mut Field, first: &str) -> [String; 2] {
    ["at < timestamptz '{}'", "(at >= timestamptz '{}' or at is null)"]
        .map(|condition| condition.replace("{}", first))
        .map(|condition| field.home_value(&format!("select {ROWS} from events where {condition}")))
}

#[test]
fn the_newest_days_of_a_time_zone_are_replaced_by_what_is_there() {
    let mut field = Field::new();
    field.write_source(
        "mode: replace_partition, cursor: at, lookback: 1 day, granularity: day, time_zone: Europe/Berlin",
    );
    // two days of Berlin around the change of its clocks, an event an hour and its double
    field
        .far
        .batch_execute(
            "alter table events drop constraint events_pkey;
             insert into events select n, date '2024-10-25', timestamptz '2024-10-25 00:30Z' + n * interval '1 hour', n from generate_series(0, 71) as n;
             insert into events select id, day, at, amount + 0.5 from events;
             insert into events values (-1, null, null, 7)",
        )
        .unwrap();
    field.loads(&["load"], "LOAD 145");
    // the last is of 27 October at 23:30 UTC: 28 October in Berlin, so that the 27th begins at 22:00 UTC of the 26th
    let first = "2024-10-26 22:00Z";
    field
        .far
        .batch_execute(
            "update events set amount = -1 where id in (40, 50);
             delete from events where id in (41, 60) or at is null;
             insert into events values (100, null, '2024-10-26 21:59:59Z', 1), (101, null, '2024-10-26 22:00Z', 1), (102, null, '2024-10-28 22:00Z', 1), (-2, null, null, 8)",
        )
        .unwrap();
    let expected = expected(&mut field, first);
    field.loads(&["load"], "LOAD ");
    assert_eq!(found(&mut field, first), expected);
    assert_eq!(
        field.home_value("select string_agg(amount::text, ' ' order by amount) from events where id = 40"),
        "40.00 40.50"
    );
    assert_eq!(
        field.home_value("select string_agg(amount::text, ' ' order by amount) from events where id = 50"),
        "-1.00 -1.00"
    );
    assert_eq!(field.home_value("select count(*)::text from events where id in (100, -1)"), "0");
}

#[test]
fn a_row_that_moves_to_a_newer_period_leaves_the_old_one_where_rows_have_a_key() {
    let mut field = Field::new();
    field.write_source(
        "mode: replace_partition, unique_key: id, cursor: day, lookback: 1 month, granularity: month",
    );
    field
        .far
        .batch_execute(
            "insert into events select n, date '2024-01-05' + n, null, 1 from generate_series(0, 99) as n",
        )
        .unwrap();
    field.loads(&["load"], "LOAD 100");
    // March and April are replaced
    field
        .far
        .batch_execute("update events set day = '2024-04-30' where id = 3; update events set amount = 9 where id in (4, 56); delete from events where id in (5, 57)")
        .unwrap();
    field.loads(&["load"], "LOAD 44");
    let rows = "select string_agg(concat_ws(' ', id, day, amount), '; ' order by id) from events where id in (3, 4, 5, 56, 57)";
    assert_eq!(
        field.home_value(rows),
        "3 2024-04-30 1.00; 4 2024-01-09 1.00; 5 2024-01-10 1.00; 56 2024-03-01 9.00"
    );
    assert_eq!(field.home_value("select count(*)::text from events"), "99");
}

#[test]
fn periods_that_have_lost_many_rows_are_replaced_only_if_asked() {
    for key in ["", ", unique_key: id"] {
        let mut field = Field::new();
        field.write_source(&format!(
            "mode: replace_partition{key}, cursor: at, lookback: 4 hours, granularity: hour"
        ));
        field.arrive(1, 600);
        field.loads(&["load"], "LOAD 600");
        // of the 241 rows of the hours from 6:00 on, most of one; later hours have many new ones
        field.far.batch_execute("delete from events where id between 420 and 469 or id = 300").unwrap();
        field.arrive(601, 900);
        field.refuses("in the periods that the load replaces, 50 are missing there, more than 20 %");
        field.arrive(420, 421);
        field.loads(&["load"], "LOAD ");
        assert_eq!(field.home_value("select count(*)::text from events"), "852");
        field.far.batch_execute("truncate events").unwrap();
        field.refuses("it has no rows, and");
        field.loads(&["load", "--allow-deletes"], "LOAD 0");
        // from 11:00 on: the cursor goes to 15:00
        assert_eq!(field.home_value("select count(*)::text from events"), "611");
    }
}

#[test]
fn rows_that_others_refer_to_or_keep_are_not_replaced() {
    let mut field = Field::new();
    field.write_source("mode: replace_partition, unique_key: id, cursor: at, lookback: 1 hour");
    field.arrive(1, 100);
    field.loads(&["load"], "LOAD 100");
    field
        .home
        .batch_execute("create table note (event bigint references events (id) on delete cascade); insert into note values (7)")
        .unwrap();
    field.refuses(".note` refer to them");
    field
        .home
        .batch_execute("drop table note; alter table events add foreign key (id) references events (id) on delete cascade")
        .unwrap();
    field.refuses("refer to them");
    field
        .home
        .batch_execute(
            "alter table events drop constraint events_id_fkey;
             create function keep() returns trigger language plpgsql as 'begin return case when old.id <> 7 then old end; end';
             create trigger keeps before delete on events for each row execute function keep()",
        )
        .unwrap();
    field.refuses("in the periods that the load replaces were kept by trigger keeps of ");
    field
        .home
        .batch_execute("drop trigger keeps on events; create trigger drops before insert on events for each row execute function keep()")
        .unwrap();
    field.refuses("load");
    assert_eq!(field.home_value("select count(*)::text from events"), "100");
    field.home.batch_execute("drop trigger drops on events").unwrap();
    field.loads(&["load"], "LOAD 100");
}

#[test]
fn a_partitioned_table_and_cursors_of_other_types_are_taken() {
    let mut field = Field::new();
    field.write_source("mode: replace_partition, cursor: at, lookback: 1 day");
    field
        .home
        .batch_execute(
            "create table events (id bigint not null, day date, at timestamptz, amount numeric(12, 2)) partition by range (at);
             create table events_old partition of events for values from (minvalue) to ('2024-01-03 UTC');
             create table events_rest partition of events default",
        )
        .unwrap();
    field.arrive(1, 5000);
    field.loads(&["load"], "LOAD 5000");
    field.far.batch_execute("update events set amount = 0 where id in (1000, 3000)").unwrap();
    // the first two days stay
    field.loads(&["load"], "LOAD 2121");
    assert_eq!(
        field.home_value(
            "select string_agg(amount::text, ' ' order by id) from events where id in (1000, 3000)"
        ),
        "1250.00 0.00"
    );
    field
        .far
        .batch_execute("alter table events alter at type timestamp using at at time zone 'UTC'")
        .unwrap();
    field.home.batch_execute("drop table events").unwrap();
    field.write_source("mode: replace_partition, cursor: at, lookback: 1 day, time_zone: Asia/Seoul");
    field.refuses("has no time zone, and the load sets `time_zone`");
    field.write_source("mode: replace_partition, cursor: at, lookback: 1 day, granularity: week");
    field.loads(&["load"], "LOAD 5000");
    field.loads(&["load"], "LOAD 5000");
    field.write_source("mode: replace_partition, cursor: amount, lookback: 1 day");
    field.refuses("the cursor `amount` of \"public\".\"events\" in");
}
