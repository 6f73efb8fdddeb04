//! Whatever somebody attached to a relation is there after a rebuild: one of each class, compared by whole catalog rows.

mod catalogs;
mod estate;

use estate::{EVERY_CLASS, Estate, SUPERUSER};

const ROWS: &str = "1 as id, 'new'::text as status, 5 as amount, date '2024-01-02' as day";

/// Rebuilds twice: what was carried over is carried over again.
fn is_as_before(estate: &mut Estate, rebuild: &[&str]) {
    let (before, dumped) = (estate.state("orders"), estate.dump());
    for _ in 0..2 {
        estate.project.run_ok(rebuild);
        similar_asserts(&before, &estate.state("orders"));
        similar_asserts(&dumped, &estate.dump());
    }
}

fn similar_asserts(before: &str, after: &str) {
    let diff = similar::TextDiff::from_lines(before, after);
    assert!(before == after, "the rebuild changed:\n{}", diff.unified_diff().context_radius(2));
}

fn model(config: &str) -> String {
    format!("{{{{ config({config}) }}}}\nselect {ROWS}")
}

#[test]
fn of_a_table() {
    let mut estate = Estate::new();
    estate.project.write("models/orders.sql", &model("materialized='table', indexes=[{'columns': ['id']}]"));
    estate.project.run_ok(&["run"]);
    estate.attach(EVERY_CLASS);
    if estate.is_superuser() {
        estate.attach(SUPERUSER);
    }
    is_as_before(&mut estate, &["run"]);
}

#[test]
fn of_a_table_with_hooks_that_say_a_part_of_it_themselves() {
    let mut estate = Estate::new();
    estate.project.write("models/orders.sql", &model("materialized='table'"));
    estate.project.run_ok(&["run"]);
    estate.attach(EVERY_CLASS);
    let hooks = "'create index on {{ this }} (amount)', 'alter table {{ this }} add constraint orders_pk primary key (id)', \
        'create policy p2 on {{ this }} for insert with check (true)', \"grant select on {{ this }} to public\"";
    estate.project.write("models/orders.sql", &model(&format!("materialized='table', post_hook=[{hooks}]")));
    estate.project.run_ok(&["run"]);
    let before = estate.state("orders");
    assert!(
        before.contains("orders_amount_idx")
            && before.contains("policy p2")
            && before.contains("trigger off"),
        "{before}"
    );
    is_as_before(&mut estate, &["run"]);
}

/// A hook outside of the transaction that makes an index finds its name free, as after a rebuild by dbt.
#[test]
fn of_a_table_whose_hooks_make_indexes_concurrently() {
    let mut estate = Estate::new();
    let hook = |sql: &str| format!("{{'sql': '{sql}', 'transaction': false}}");
    let hooks = [
        hook("create index concurrently named on {{ this }} (id)"),
        hook("create index concurrently on {{ this }} (day)"),
    ];
    let config = format!("materialized='table', post_hook=[{}]", hooks.join(", "));
    estate.project.write("models/orders.sql", &model(&config));
    estate.project.run_ok(&["run"]);
    estate.attach(
        "create index by_hand on orders (status); alter table orders cluster on by_hand;
         create function note() returns trigger language plpgsql as 'begin return new; end';
         create trigger t after insert on orders referencing new table as added for each statement execute function note()",
    );
    is_as_before(&mut estate, &["run"]);
}

#[test]
fn of_an_incremental_model() {
    let mut estate = Estate::new();
    estate.project.write("models/orders.sql", &model("materialized='incremental'"));
    estate.project.run_ok(&["run"]);
    estate.attach(EVERY_CLASS);
    is_as_before(&mut estate, &["run", "--full-refresh"]);
}

#[test]
fn of_a_seed() {
    let mut estate = Estate::new();
    estate.project.write("seeds/orders.csv", "id,status,amount,day\n1,new,5,2024-01-02\n");
    estate.project.run_ok(&["seed"]);
    estate.attach(EVERY_CLASS);
    is_as_before(&mut estate, &["seed", "--full-refresh"]);
}

/// The role owns the tables and is nobody else: what it may not do itself is left out.
#[test]
fn of_a_table_of_an_ordinary_role() {
    let mut estate = Estate::new();
    let role = estate.as_owner();
    estate.project.write("models/orders.sql", &model("materialized='table'"));
    estate.project.run_ok(&["run"]);
    let others = ["set role", "create publication"];
    let own: Vec<&str> =
        EVERY_CLASS.lines().filter(|line| !others.iter().any(|word| line.starts_with(word))).collect();
    estate.attach(&format!("set role {role};\n{}\nreset role;", own.join("\n")));
    is_as_before(&mut estate, &["run"]);
}

#[test]
fn of_views_and_materialized_views() {
    let attached = [
        "grant select on orders to ROLE_reader with grant option; grant select (id) on orders to ROLE_second",
        "alter default privileges in schema SCHEMA grant delete on tables to ROLE_second",
        "comment on KIND orders is 'what'; comment on column orders.id is 'key'",
    ];
    let of_view = "alter view orders set (security_invoker = true, security_barrier = true); alter view orders alter id set default 7; \
        create function note() returns trigger language plpgsql as 'begin return new; end'; \
        create trigger instead instead of update on orders for each row execute function note(); \
        create rule r as on delete to orders do instead nothing; comment on rule r on orders is 'rule'";
    let of_materialized = "alter materialized view orders set (fillfactor = 50, toast.autovacuum_enabled = false); \
        alter materialized view orders alter status set storage external, alter id set statistics 9; \
        create unique index by_id on orders (id); create index partly on orders (status) where id > 0; create statistics s on id, amount from orders; \
        alter materialized view orders cluster on by_id";
    for (kind, own) in [("view", of_view), ("materialized view", of_materialized)] {
        let mut estate = Estate::new();
        let model = |more: &str| {
            format!("{{{{ config(materialized='{}') }}}}\nselect {more}{ROWS}", kind.replace(' ', "_"))
        };
        estate.project.write("models/orders.sql", &model(""));
        estate.project.run_ok(&["run"]);
        estate.attach(&format!("{};{own}", attached.join(";")).replace("KIND", kind));
        is_as_before(&mut estate, &["run"]);
        is_as_before(&mut estate, &["run", "--full-refresh"]);
        let before = estate.state("orders");
        estate.project.write("models/orders.sql", &model("'first' as earlier, "));
        estate.project.run_ok(&["run"]);
        let after = estate.state("orders");
        let lost: Vec<&str> =
            before.split("\n\n").filter(|part| !after.contains(part) && !part.contains("_RETURN")).collect();
        assert!(lost.iter().all(|part| part.starts_with("relation")), "lost: {lost:#?}");
        assert_eq!(lost.len(), 1, "the number of columns is all that differs: {lost:#?}");
    }
}
