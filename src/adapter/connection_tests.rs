//! The session on a real server.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::adapter::test_database::{self, connect};
use crate::adapter::{Cell, is_transient};

#[test]
fn results_carry_tags_types_and_names() {
    let mut connection = connect();
    let (response, rows) = connection
        .execute("select 1 as id, 'x' as name, 2.50 as id, null::date as day", Begin::Auto, Fetch::All)
        .unwrap();
    assert_eq!((response.message.as_str(), response.code.as_str()), ("SELECT 1", "SELECT"));
    let rows = rows.unwrap();
    let names: Vec<_> = rows.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "name", "id_2", "day"]);
    assert_eq!(rows.rows, [[Cell::Int(1), Cell::Text("x".into()), Cell::Decimal("2.50".into()), Cell::Null]]);
    let tag = |connection: &mut Connection, sql| {
        connection.execute(sql, Begin::Auto, Fetch::Nothing).unwrap().0.message
    };
    assert_eq!(tag(&mut connection, "create temp table t as select generate_series(1, 5) as n"), "SELECT 5");
    assert_eq!(tag(&mut connection, "insert into t values (1), (2), (3)"), "INSERT 0 3");
    assert_eq!(tag(&mut connection, "select 1; create temp view v as select 1 as a"), "CREATE VIEW");
}

#[test]
fn an_error_shows_the_place_and_rolls_back() {
    let mut connection = connect();
    connection.execute("create temp table t as select 1 as n", Begin::Auto, Fetch::Nothing).unwrap();
    let error = connection.execute("select *\nfrom missing", Begin::Auto, Fetch::Nothing).unwrap_err();
    assert_eq!(error.message, "relation \"missing\" does not exist\nLINE 2: from missing\n             ^");
    assert_eq!(error.server.as_ref().unwrap().sqlstate, "42P01");
    assert!(!connection.transaction_open());
    let found =
        connection.query("select count(*) from pg_class where relname = $1 and relpersistence = 't'", &["t"]);
    assert_eq!(found.unwrap().rows, [[Cell::Int(0)]]);
}

#[test]
fn the_first_statement_of_a_session_is_in_a_transaction_and_later_ones_are_not() {
    let mut connection = connect();
    let id = |connection: &mut Connection| {
        let sql = "select now() = statement_timestamp(), pg_current_xact_id()::text";
        connection.execute(sql, Begin::No, Fetch::All).unwrap().1.unwrap().rows[0][1].clone()
    };
    assert_eq!(id(&mut connection), id(&mut connection), "dbt: an implicit transaction at first");
    connection.execute("commit;", Begin::No, Fetch::Nothing).unwrap();
    connection.execute("vacuum pg_description", Begin::No, Fetch::Nothing).unwrap();
    assert_ne!(id(&mut connection), id(&mut connection));
    connection.begin().unwrap();
    assert_eq!(id(&mut connection), id(&mut connection));
    connection.commit().unwrap();
    assert!(connection.commit().is_err(), "dbt refuses to commit twice");
}

#[test]
fn an_attempt_that_fails_as_foreseen_leaves_the_transaction_as_it_was() {
    let mut connection = connect();
    connection.execute("create temp view v as select 1 as a", Begin::Auto, Fetch::Nothing).unwrap();
    let mut replace = |sql: &str| connection.attempt(sql, &["42P16"]);
    assert_eq!(replace("create or replace temp view v as select 'x' as a").unwrap(), None);
    let response = replace("create or replace temp view v as select 2 as a").unwrap().unwrap();
    assert_eq!(response.message, "CREATE VIEW");
    assert_eq!(replace("select nonsense").unwrap_err().server.unwrap().sqlstate, "42703");
    assert!(!connection.transaction_open(), "any other error ends the transaction");
}

#[test]
fn the_query_comment_stands_before_or_after() {
    let mut connection = connect();
    let sent = |connection: &mut Connection, sql| {
        let error = connection.execute(sql, Begin::Auto, Fetch::Nothing).unwrap_err();
        error.server.unwrap().statement.to_string()
    };
    connection.set_comment(Some(QueryComment { text: "node".into(), append: false }));
    assert_eq!(sent(&mut connection, "oops"), "/* node */\noops");
    connection.set_comment(Some(QueryComment { text: "node".into(), append: true }));
    assert_eq!(sent(&mut connection, "oops; "), "oops\n/* node */;");
}

#[test]
fn copy_streams_and_an_error_in_the_input_leaves_the_session_usable() {
    let mut connection = connect();
    connection.execute("create temp table t (n int)", Begin::Auto, Fetch::Nothing).unwrap();
    let mut left = 3;
    let response = connection
        .copy_in("copy t from stdin", Begin::Auto, &mut |piece| {
            piece.extend_from_slice(format!("{left}\n").as_bytes());
            left -= 1;
            Ok(left > 0)
        })
        .unwrap();
    assert_eq!(response.message, "COPY 3");
    let error = connection.copy_in("copy t from stdin", Begin::Auto, &mut |piece| {
        piece.extend_from_slice(b"x\n");
        Ok(false)
    });
    assert!(error.unwrap_err().message.starts_with("invalid input syntax for type integer: \"x\""));
    connection.execute("select 1", Begin::Auto, Fetch::Nothing).unwrap();
}

#[test]
fn a_statement_is_cancelled_from_another_thread() {
    let mut connection = connect();
    let handle = connection.cancel_handle();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        handle.cancel().unwrap();
    });
    let error = connection.execute("select pg_sleep(20)", Begin::Auto, Fetch::Nothing).unwrap_err();
    canceller.join().unwrap();
    assert_eq!(error.message, "canceling statement due to user request");
    connection.execute("select 1", Begin::Auto, Fetch::Nothing).unwrap();
}

#[test]
fn a_terminated_session_is_reported_as_transient() {
    let mut connection = connect();
    test_database::terminate(connection.backend_pid());
    let error = connection.execute("select 1", Begin::Auto, Fetch::Nothing).unwrap_err();
    assert!(is_transient(&error), "{error:?}");
}

#[test]
fn reset_leaves_nothing_behind() {
    let mut settings = (**connect().settings()).clone();
    settings.session.insert("work_mem".into(), "7MB".into());
    let mut connection = Connection::open(&Arc::new(settings)).unwrap();
    connection.execute("set work_mem = '9MB'; create temp table t ()", Begin::Auto, Fetch::Nothing).unwrap();
    connection.commit().unwrap();
    connection.reset().unwrap();
    let rows =
        connection.query("select current_setting('work_mem'), to_regclass('t')::text", &[]).unwrap().rows;
    assert_eq!(rows, [[Cell::Text("7MB".into()), Cell::Null]]);
}

#[test]
fn a_failed_connection_says_what_to_do() {
    let mut settings = (**connect().settings()).clone();
    settings.database = "no_such_database".into();
    let error = Connection::open(&Arc::new(settings.clone())).map(drop).unwrap_err();
    assert!(
        error.message.ends_with("FATAL:  database \"no_such_database\" does not exist"),
        "{}",
        error.message
    );
    assert!(error.help.unwrap().starts_with("create it with"));
    settings.host = "127.0.0.1".into();
    settings.port = 1;
    settings.patience.retries = 0;
    let error = Connection::open(&Arc::new(settings)).map(drop).unwrap_err();
    assert_eq!(error.message, "connection to server at \"127.0.0.1\", port 1 failed: Connection refused");
}

#[test]
fn the_catalogs_are_read_without_what_others_made() {
    let (mut connection, schema) = test_database::connect_with_schema();
    let hostile = format!(
        "create function format(text, name) returns text language sql as $$ select 'hostile' $$;
         create function equals(oid, bigint) returns boolean language sql as $$ select true $$;
         create operator = (function = equals, leftarg = oid, rightarg = bigint);
         create table t (id int); commit; set search_path = {schema}, public"
    );
    connection.execute(&hostile, Begin::Auto, Fetch::Nothing).unwrap();
    connection.execute("commit", Begin::No, Fetch::Nothing).unwrap();
    let text = |connection: &mut Connection, sql: &str, introspect: bool| {
        let answer = if introspect {
            connection.introspect(sql)
        } else {
            connection.execute(sql, Begin::No, Fetch::All)
        };
        match answer.unwrap().1.unwrap().rows[0][0].clone() {
            Cell::Text(text) => text,
            Cell::Int(number) => number.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let plain = "select format('%I', relname) from pg_catalog.pg_class limit 1";
    let crossed = "select count(*) from pg_catalog.pg_class where oid = 0::bigint";
    let path = format!("{schema}, public");
    for autocommit in [false, true] {
        if autocommit {
            connection.clear_transaction().unwrap();
        }
        assert_eq!(text(&mut connection, plain, false), "hostile");
        assert_ne!(text(&mut connection, plain, true), "hostile");
        assert_eq!(text(&mut connection, crossed, true), "0");
        assert_ne!(text(&mut connection, crossed, false), "0");
        assert_eq!(text(&mut connection, "show search_path", false), path);
    }
    assert!(!connection.in_transaction(), "a read of its own leaves no transaction open");
    // what the transaction set for itself comes back
    connection.execute("set local search_path = public", Begin::Auto, Fetch::Nothing).unwrap();
    assert_ne!(text(&mut connection, plain, true), "hostile");
    assert_eq!(text(&mut connection, "show search_path", false), "public");
    connection.commit().unwrap();
    assert_eq!(text(&mut connection, "show search_path", false), path);
    // an error is the query's own, and the session goes on
    let error = connection.introspect("select nothing").unwrap_err();
    assert_eq!(error.server.as_ref().unwrap().sqlstate, "42703");
    assert_eq!(text(&mut connection, "show search_path", false), path);
    connection.execute(&format!("drop schema {schema} cascade"), Begin::Auto, Fetch::Nothing).unwrap();
    connection.commit().unwrap();
}
