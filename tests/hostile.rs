//! A role that may create objects in a schema of the search path makes functions and operators whose types match a call better than those of
//! `pg_catalog`. What rsdbt itself writes must not call them, or a superuser's run would hand the role its rights.
//!
//! The specs are played as a superuser in a database full of them: every name that our SQL calls, every operator that it
//! uses, for all types of the catalogs' columns. Each counts its calls and fails. What a spec's own SQL calls with such arguments it
//! takes from `pg_catalog` by name.
//!
//! In the same database, every object of others is broken: our SQL must not have the server describe or open any relation but its own.
//! In a live database those of others are dropped at any time, and a statement that looks at them fails.

mod commands;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use postgres::Client;

use crate::spec;
use crate::support::{Database, settings};

/// The types of the columns of the catalogs and of our own tables, and of literals.
const TYPES: &str = "array['name', 'text', 'character varying', 'oid', 'regclass', 'regtype', 'xid', '\"char\"', 'smallint', 'integer', 'bigint', \
    'numeric', 'double precision', 'boolean', 'aclitem', 'date', 'timestamp without time zone', 'timestamp with time zone', 'interval', 'text[]', \
    'name[]', 'oid[]', 'json', 'jsonb']";
const FEW: &str = "array['name', 'text', 'oid', 'integer', 'bigint', 'boolean', 'timestamp without time zone', 'timestamp with time zone']";
const OPERATORS: [&str; 16] =
    ["=", "<>", "<", ">", "<=", ">=", "||", "~", "!~", "+", "-", "*", "%", "#", "&", "~~"];

#[test]
fn built_in_sql_calls_nothing_that_others_made() {
    if std::env::var_os("RSDBT_TEST_DATABASE_URL").is_none() {
        eprintln!("skipped: the embedded server takes minutes to make so many functions");
        return;
    }
    let own = settings();
    let name = format!("h{}", std::process::id());
    let mut outside = Database::new();
    let mut server = outside.client();
    server.batch_execute(&format!("create database {name}")).unwrap();
    let mut hostile = (*own).clone();
    hostile.database.clone_from(&name);
    hostile.search_path = Some("public, evil".to_owned());
    let hostile = Arc::new(hostile);
    let mut client = Database::on(Arc::clone(&hostile)).client();
    make_hostile(&mut client);
    drop(client);
    let far = format!("{name}_far");
    server.batch_execute(&format!("create database {far} template {name}")).unwrap();
    let mut beside = (*hostile).clone();
    beside.database.clone_from(&far);
    let mut beside = Database::on(Arc::new(beside)).client();
    beside.batch_execute(commands::FAR).unwrap();
    let mut client = Database::on(Arc::clone(&hostile)).client();
    client.batch_execute(include_str!("hostile/neighbours.sql")).unwrap();
    // of a superuser they would be trusted
    let stranger = format!("{name}_stranger");
    client.batch_execute(&of_a_stranger(&stranger)).unwrap();
    let mut strange = (*hostile).clone();
    strange.search_path = Some("public, strange, evil".to_owned());
    let strange = Arc::new(strange);

    let mut specs: Vec<PathBuf> =
        fs::read_dir("tests/spec").unwrap().map(|entry| entry.unwrap().path()).collect();
    // the repository's own project compares columns of type varchar, for which pg_catalog has no operator
    specs.retain(|path| {
        path.extension().is_some_and(|extension| extension == "md") && !path.ends_with("ad-mart-defects.md")
    });
    // a link is a page of docs/, whose SQL calls functions by their names alone, as a user's does
    specs.retain(|path| !path.is_symlink());
    specs.sort();
    let next = AtomicUsize::new(0);
    let play = || {
        let mut failed = Vec::new();
        while let Some(path) = specs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let text = fs::read_to_string(path).unwrap();
            let settings = if path.ends_with("keys-of-other-types.md") { &strange } else { &hostile };
            match catch_unwind(|| spec::play(&text, settings)) {
                Ok(actual) if actual == text => {}
                // both are refused before anything is compared
                Ok(actual)
                    if path.ends_with("keys-of-other-types.md")
                        && actual.matches("PostgreSQL may compare them by =(").count() == 2 => {}
                Ok(actual) => {
                    failed.push(format!("{}:\n{}", path.display(), spec::difference(&text, &actual)));
                }
                Err(_) => failed.push(format!("{}: what it runs after a command failed", path.display())),
            }
        }
        failed
    };
    let failed: Vec<String> = thread::scope(|scope| {
        let commands = scope.spawn(|| commands::play(&hostile, &far));
        let players: Vec<_> = (0..2).map(|_| scope.spawn(play)).collect();
        let failed = players.into_iter().flat_map(|player| player.join().unwrap()).collect();
        commands.join().unwrap();
        failed
    });
    let are_called = |client: &mut Client| {
        client.query_one("select is_called from evil.hostile_calls", &[]).unwrap().get(0)
    };
    let calls: bool = are_called(&mut client) || are_called(&mut beside);
    drop((client, beside));
    for database in [&far, &name] {
        server.batch_execute(&format!("drop database {database} with (force)")).unwrap();
    }
    server.batch_execute(&format!("drop role {stranger}")).unwrap();
    outside.execute("select 1");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(!calls, "something called a hostile function and hid its error");
}

/// Operators for a key that is a text here and an integer there, of a role without rights.
fn of_a_stranger(role: &str) -> String {
    format!(
        "create role {role};
         create schema strange authorization {role};
         create function strange.same(integer, text) returns boolean language sql as $$ select evil.hostile('=') is null $$;
         create function strange.same(text, integer) returns boolean language sql as $$ select evil.hostile('=') is null $$;
         create operator strange.= (leftarg = integer, rightarg = text, function = strange.same);
         create operator strange.= (leftarg = text, rightarg = integer, function = strange.same);
         alter operator strange.=(integer, text) owner to {role};
         alter operator strange.=(text, integer) owner to {role};
         grant usage on schema strange to public"
    )
}

/// Every word before a parenthesis in our SQL; the server says which of them are functions.
fn called_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql" || extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                for (at, _) in text.match_indices('(') {
                    let before = text[..at]
                        .trim_end_matches(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
                    let is_of_rust = before.ends_with(['.', ':', '!']) && !before.ends_with("pg_catalog.");
                    names.extend((!is_of_rust).then(|| text[before.len()..at].to_owned()));
                }
            }
        }
    }
    names
}

fn make_hostile(client: &mut Client) {
    let names: Vec<String> = called_names().into_iter().collect();
    let operators: Vec<String> = OPERATORS.iter().map(ToString::to_string).collect();
    client
        .batch_execute(
            "create schema evil;
             create sequence evil.hostile_calls;
             create function evil.hostile(called text) returns void language plpgsql as $$ begin
               perform pg_catalog.nextval('evil.hostile_calls');
               raise exception 'hostile % was called', called;
             end $$;
             grant all on schema evil to public",
        )
        .unwrap();
    let make = format!(
        r"do $make$
        declare
          called record;
        begin
          perform set_config('check_function_bodies', 'off', true);
          for called in
            with known as (
              select distinct proname as name,
                case when provariadic = 0 then array(select unnest(proargtypes)::regtype::text) else array['text', 'text', 'text'] end as types
              from pg_proc
              where pronamespace = 'pg_catalog'::regnamespace and proname = any(array[{names}]::name[]) and pronargs > 0
            )
            select distinct name, (
              select string_agg(case place when first then one when second then two else types[place] end, ', ' order by place)
              from generate_subscripts(types, 1) as place
            ) as types
            from known, unnest({TYPES}) as one, unnest({TYPES}) as two, generate_subscripts(types, 1) as first, generate_subscripts(types, 1) as second
            where first = second and one = two or first < second and (cardinality(types) = 2 or one = any({FEW}) and two = any({FEW}))
          loop
            -- where pg_catalog takes anything, a function of others has a type
            if called.types !~ 'any\M' and to_regprocedure(format('pg_catalog.%I(%s)', called.name, called.types)) is null then
              -- those in SQL cannot have a record for an argument
              execute format('create function evil.%I(%s) returns text language plpgsql as %L', called.name, called.types,
                format('begin perform evil.hostile(%L); return null; end', format('%s(%s)', called.name, called.types)));
            end if;
          end loop;
        end $make$",
        names = quoted(&names),
    );
    client.batch_execute(&make).unwrap();
    let operators = format!(
        r"do $make$
        declare
          pair record;
          operator text;
        begin
          perform set_config('check_function_bodies', 'off', true);
          for pair in
            select one, two, row_number() over () as number from unnest({TYPES}) as one, unnest({TYPES}) as two
          loop
            execute format('create function evil.hostile_operator_%s(%s, %s) returns boolean language sql as %L', pair.number, pair.one, pair.two,
              format('select evil.hostile(%L) is null', 'operator on ' || pair.one || ' and ' || pair.two));
            foreach operator in array array[{operators}] loop
              if to_regoperator(format('pg_catalog.%s(%s, %s)', operator, pair.one, pair.two)) is null then
                execute format('create operator evil.%s (function = evil.hostile_operator_%s, leftarg = %s, rightarg = %s)',
                  operator, pair.number, pair.one, pair.two);
              end if;
            end loop;
          end loop;
        end $make$",
        operators = quoted(&operators),
    );
    client.batch_execute(&operators).unwrap();
    let made: i64 = client
        .query_one("select (select count(*) from pg_proc where pronamespace = 'evil'::regnamespace) + (select count(*) from pg_operator where oprnamespace = 'evil'::regnamespace)", &[])
        .unwrap()
        .get(0);
    assert!(made > 2_000, "only {made} hostile objects");
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}
