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

const PARTITIONED: &str = "materialized='incremental', incremental_strategy='partition_overwrite', partitioned=true, \
    partition_by={'field': 'day', 'granularity': 'day'}, indexes=[{'columns': ['id']}]";

/// The parent and one partition have things of their own; the other partition is swapped, and a third one comes to them.
#[test]
fn of_a_table_with_native_partitions() {
    let mut estate = Estate::new();
    let later = |day: &str| format!("union all select 2, 'new', 6, date '{day}'");
    let write = |estate: &Estate, more: &str| {
        estate.project.write("models/orders.sql", &format!("{}\n{more}", model(PARTITIONED)));
    };
    write(&estate, &later("2024-01-03"));
    estate.project.run_ok(&["run"]);
    estate.project.run_ok(&["run"]);
    let part = "orders_p20240102";
    estate.attach(&format!(
        "grant select on orders to ROLE_reader; grant select on {part} to ROLE_second; grant update (id) on {part} to ROLE_reader;
         comment on table orders is 'all'; comment on table {part} is 'one day'; comment on column {part}.id is 'key';
         create function note() returns trigger language plpgsql as 'begin return new; end';
         create trigger of_all after insert on orders for each row execute function note();
         create trigger of_one after update on {part} for each row execute function note();
         alter table orders enable row level security; create policy p on orders using (true);
         alter table {part} enable row level security; create policy q on {part} using (id > 0);
         alter table {part} set (fillfactor = 60), alter id set statistics 20, replica identity full;
         create statistics of_part on id, status from {part}; create statistics of_whole on id, amount from orders;
         create index by_status on {part} (status); alter table {part} add constraint positive check (id > 0);
         alter table orders add constraint key unique (day, id, status) with (fillfactor = 60);
         comment on constraint key on orders is 'key';
         create unique index by_amount on orders (day, amount) with (fillfactor = 50);
         create rule noted as on delete to orders where old.id = 0 do also nothing;
         create sequence numbers owned by orders.id; grant update (amount) on orders to ROLE_second;
         alter table orders alter amount set statistics 33;
         alter table orders add constraint one_each unique (day, id), replica identity full;
         create publication ROLE_some for table orders; create publication ROLE_whole for table {part} where (id > 0)"
    ));
    // rows of the other day are replaced in place, and it publishes deletes: it needs the replica identity of its table
    let identity = "select relreplident::text from pg_class where oid = 'orders_p20240103'::regclass";
    let before = without_numbers_of_names(&estate.state("orders"));
    assert_eq!(estate.database.client().query_one(identity, &[]).unwrap().get::<_, &str>(0), "d");
    estate.project.run_ok(&["run"]);
    assert_eq!(estate.database.client().query_one(identity, &[]).unwrap().get::<_, &str>(0), "f");
    let without_identity = |state: &str| state.replace("\"relreplident\": \"d\"", "\"relreplident\": \"f\"");
    let after = without_numbers_of_names(&estate.state("orders"));
    similar_asserts(&without_identity(&before), &without_identity(&after));
    let before = without_numbers_of_names(&estate.state("orders"));
    for rebuild in [&["run"][..], &["run"], &["run", "--full-refresh"], &["run"]] {
        estate.project.run_ok(rebuild);
        let after = estate.state("orders");
        similar_asserts(&before, &without_numbers_of_names(&after));
        assert!(!after.contains("__dbt_tmp"), "{after}");
    }
    // with a trigger or a replica identity, its rows would be replaced in place
    estate.attach("drop trigger of_all on orders; drop rule noted on orders; alter table orders_p20240103 replica identity default");
    estate.project.run_ok(&["run"]);
    assert_eq!(
        estate.database.client().query_one(identity, &[]).unwrap().get::<_, &str>(0),
        "f",
        "for the statistics of its column"
    );
    estate.attach("alter table orders alter amount set statistics -1; alter table orders_p20240103 replica identity default");
    let oid = "select 'orders_p20240103'::regclass::oid::bigint, relreplident::text, (select count(*) from orders) from pg_class where relname = 'orders_p20240104' and relnamespace = current_schema()::regnamespace";
    write(&estate, &format!("{} {}", later("2024-01-03"), later("2024-01-04")));
    estate.project.run_ok(&["run"]);
    let first = estate.database.client().query_one(oid, &[]).unwrap();
    assert_eq!(
        (first.get::<_, &str>(1), first.get::<_, i64>(2)),
        ("f", 3),
        "the new partition is published as its parent is"
    );
    let output = estate.project.run(&["run"]);
    assert!(output.text.contains("partitions that are swapped in are not replicated"), "{}", output.text);
    let second = estate.database.client().query_one(oid, &[]).unwrap();
    assert_ne!(
        first.get::<_, i64>(0),
        second.get::<_, i64>(0),
        "a partition without anything of its own is swapped"
    );
}

/// The index of a key that spans partitions takes its options when it is made, and not later.
#[test]
fn of_the_key_of_a_table_with_native_partitions() {
    let mut estate = Estate::new();
    estate.project.write("models/orders.sql", &model(PARTITIONED));
    estate.project.run_ok(&["run"]);
    estate.attach(
        "alter table orders add constraint key primary key (day, id) include (status) with (fillfactor = 60) deferrable initially deferred;
         comment on constraint key on orders is 'key'",
    );
    let before = without_numbers_of_names(&estate.state("orders"));
    assert!(before.contains("fillfactor='60'"), "{before}");
    for rebuild in [&["run"][..], &["run", "--full-refresh"], &["run"]] {
        estate.project.run_ok(rebuild);
        similar_asserts(&before, &without_numbers_of_names(&estate.state("orders")));
    }
}

/// Without what rsdbt itself gives to a partition that it swaps: the check of its bounds, and numbers in the names of its
/// parent's indexes, since the old partition has the names without.
fn without_numbers_of_names(state: &str) -> String {
    let lines = state.replace("_idx1", "_idx").replace("_key1", "_key").replace("_pkey1", "_pkey");
    let kept = |part: &&str| !part.contains("_day_check");
    let mut parts: Vec<&str> = lines.split("\n\n").filter(kept).map(str::trim).collect();
    parts.sort_unstable();
    let text = parts.join("\n\n");
    text.lines().filter(|line| !line.contains("relchecks")).collect::<Vec<_>>().join("\n")
}

/// A name that leaves no room for those of its partitions; the index is the one of `unique_key`, which the server names.
#[test]
fn names_of_stages_are_gone_after_a_rebuild() {
    let mut estate = Estate::new();
    let long = format!("orders_{}", "of_a_day".repeat(6));
    let native = format!("{PARTITIONED}, on_schema_change='fail', contract={{'enforced': true}}");
    let upsert =
        "materialized='incremental', incremental_strategy='merge_upsert', unique_key='id', updated_at='day'";
    estate.project.write(&format!("models/{long}.sql"), &model(&native));
    estate.project.write("models/kept.sql", &model(upsert));
    let columns = [("id", "integer"), ("status", "text"), ("amount", "integer"), ("day", "date")].map(
        |(name, kind)| {
            format!("      - {{name: {name}, data_type: {kind}, constraints: [{{type: not_null}}]}}\n")
        },
    );
    let schema = format!(
        "models:\n  - name: {long}\n    constraints:\n      - {{type: check, expression: id > 0}}\n    columns:\n{}",
        columns.join("")
    );
    estate.project.write("models/models.yml", &schema);
    estate.project.run_ok(&["run"]);
    estate.attach("create index by_status on kept (status); alter table kept alter day set not null, add check (amount > 0)");
    for rebuild in [&["run", "--full-refresh"][..], &["run"], &["run", "--full-refresh"], &["run"]] {
        estate.project.run_ok(rebuild);
        let query = "select relname::text from pg_class where relnamespace = current_schema()::regnamespace
             union all select conname::text from pg_constraint where connamespace = current_schema()::regnamespace";
        let names: Vec<String> =
            estate.database.client().query(query, &[]).unwrap().iter().map(|row| row.get(0)).collect();
        let left: Vec<&String> = names.iter().filter(|name| name.contains("__dbt_")).collect();
        assert!(
            left.is_empty() && names.contains(&"kept_id_idx".to_owned()),
            "{rebuild:?}: {left:?} of {names:?}"
        );
    }
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
