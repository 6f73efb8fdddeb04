//! A foreign key that passes deletes on, to a relation that a run writes: rows of others stay, or the node says why not.

use std::collections::BTreeSet;

use crate::support::{Database, Output, Project};

const ACTIONS: [&str; 3] = ["cascade", "set null", "set default"];
const KEPT: &str = "on delete no action deferrable initially deferred";

/// What each strategy is configured with. One that is not listed here fails the test below.
fn config(strategy: &str) -> Option<&'static str> {
    Some(match strategy {
        "default" => "unique_key='id'",
        "append" => "incremental_strategy='append'",
        "delete_insert" => "incremental_strategy='delete+insert', unique_key='id'",
        "merge" => "incremental_strategy='merge', unique_key='id'",
        "insert_overwrite" => "incremental_strategy='insert_overwrite', incremental_predicates=['id > 0']",
        "microbatch" => {
            "incremental_strategy='microbatch', unique_key='id', event_time='day', begin='2024-01-01', batch_size='year', lookback=9"
        }
        "merge_upsert" => "incremental_strategy='merge_upsert', unique_key='id', updated_at='updated_at'",
        "partition_overwrite" => {
            "incremental_strategy='partition_overwrite', dirty=true, partition_by={'field': 'day', 'granularity': 'day'}"
        }
        "native" => {
            "incremental_strategy='partition_overwrite', dirty=true, partition_by={'field': 'day', 'granularity': 'day'}, partitioned=true"
        }
        _ => return None,
    })
}

/// Those that the built-in macros know, native partitions, and the other materializations of tables.
fn strategies() -> BTreeSet<String> {
    let macros = std::fs::read_to_string("src/builtin/macro_calls.txt").unwrap();
    let named = macros
        .lines()
        .filter_map(|line| Some(line.split_once("_sql:")?.0.strip_prefix("get_incremental_")?.to_owned()));
    named.chain(["native".to_owned()]).collect()
}

struct Shop {
    database: Database,
    project: Project,
    models: BTreeSet<String>,
}

impl Shop {
    fn new() -> Self {
        let mut database = Database::new();
        let project = Project::new(&database);
        database.execute(
            "create table events (id int, day timestamp, updated_at timestamp, amount int);
             insert into events values (1, '2024-01-01', '2024-01-01', 5), (2, '2024-01-02', '2024-01-02', 5)",
        );
        project.write(
            "models/sources.yml",
            "sources: [{name: shop, schema: \"{{ target.schema }}\", tables: [{name: events, config: {event_time: day}}]}]",
        );
        let mut models: BTreeSet<String> =
            strategies().iter().map(|strategy| format!("by_{strategy}")).collect();
        for strategy in &strategies() {
            let config = config(strategy).unwrap_or_else(|| panic!("say above how {strategy} is configured"));
            let newer = "{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}";
            let filter = if strategy == "append" { newer } else { "" };
            project.write(
                &format!("models/by_{strategy}.sql"),
                &format!("{{{{ config(materialized='incremental', {config}) }}}} select * from {{{{ source('shop', 'events') }}}} {filter}"),
            );
        }
        project.write(
            "models/a_table.sql",
            "{{ config(materialized='table') }} select * from {{ source('shop', 'events') }}",
        );
        models.insert("a_table".to_owned());
        project.write(
            "seeds/a_seed.csv",
            "id,day,updated_at,amount\n1,2024-01-01 00:00:00,,5\n2,2024-01-02 00:00:00,,5\n",
        );
        models.insert("a_seed".to_owned());
        project.write(
            "snapshots/a_snapshot.sql",
            "{% snapshot a_snapshot %}{{ config(unique_key='id', strategy='check', check_cols=['amount'], hard_deletes='new_record') }}
             select * from {{ source('shop', 'events') }}{% endsnapshot %}",
        );
        models.insert("a_snapshot".to_owned());
        let shop = Self { database, project, models };
        shop.project.run_ok(&["build"]);
        shop
    }

    /// Three tables refer to each relation. A snapshot has a row per version.
    fn refer(&mut self, actions: &[&str]) {
        for model in self.models.clone() {
            let (keys, types) = match model.as_str() {
                "a_snapshot" => ("dbt_scd_id", "dbt_scd_id text"),
                _ => ("id, day", "id int default 7, day timestamp default '2024-01-02'"),
            };
            self.database.execute(&format!("alter table {model} add unique ({keys})"));
            for (number, action) in actions.iter().enumerate() {
                let name = format!("{model}_{number}");
                self.database.execute(&format!(
                    "create table {name} ({types}, foreign key ({keys}) references {model} ({keys}) {action});
                     insert into {name} select {keys} from {model}"
                ));
            }
        }
    }

    fn rows(&mut self, table: &str) -> String {
        let query =
            format!("select coalesce(string_agg(t::text, ' ' order by t::text), '') from {table} as t");
        self.database.client().query_one(&query, &[]).unwrap().get(0)
    }

    fn referring(&mut self) -> Vec<String> {
        let names: Vec<String> =
            self.models.iter().flat_map(|model| (0..3).map(move |n| format!("{model}_{n}"))).collect();
        names.into_iter().map(|name| format!("{name}: {}", self.rows(&name))).collect()
    }

    /// Runs, compares what refers to the models, and gives the models that failed.
    fn build(&mut self, arguments: &[&str]) -> (BTreeSet<String>, Output) {
        let before = self.referring();
        let output = self.project.run(arguments);
        assert_eq!(before, self.referring(), "{arguments:?}: {}", output.text);
        let says = |model: &&String| {
            output.text.contains(&format!("Failure in {kind} {model} ({kind}s/", kind = kind(model)))
        };
        let failed = self.models.iter().filter(says);
        (failed.cloned().collect(), output)
    }
}

fn kind(model: &str) -> &'static str {
    if model == "a_seed" {
        "seed"
    } else if model == "a_snapshot" {
        "snapshot"
    } else {
        "model"
    }
}

const CHANGE: &str = "update events set amount = amount + 1, updated_at = updated_at + interval '1 hour' where id = 1; \
    insert into events select max(id) + 1, '2024-01-02', '2024-01-03', 5 from events";

#[test]
fn rows_that_refer_to_a_model_stay_or_the_model_fails() {
    let mut shop = Shop::new();
    shop.refer(
        &ACTIONS.map(|action| format!("on delete {action}")).iter().map(String::as_str).collect::<Vec<_>>(),
    );
    shop.database.execute(CHANGE);
    let (failed, output) = shop.build(&["build"]);
    let refused =
        ["by_default", "by_delete_insert", "by_insert_overwrite", "by_native", "by_partition_overwrite"];
    assert_eq!(failed, refused.map(str::to_owned).into(), "{}", output.text);
    let said = output.text.matches("nothing was changed").count()
        + output.text.matches("would delete or change rows of other tables").count();
    assert!(said >= refused.len(), "{}", output.text);
    let (events, old) = (shop.rows("events"), shop.rows("by_native"));
    for model in shop.models.clone() {
        let rows = shop.rows(&model);
        match model.as_str() {
            refused if failed.contains(refused) => assert_eq!(rows, old, "{refused}"),
            "a_seed" | "a_snapshot" | "by_append" => {}
            built => assert_eq!(rows, events, "{built}"),
        }
    }
    let (failed, output) = shop.build(&["build", "--full-refresh"]);
    assert!(failed.is_empty(), "{}", output.text);
    assert_eq!(shop.rows("by_native"), events);
}

#[test]
fn a_key_stops_no_run_that_deletes_nothing() {
    let mut shop = Shop::new();
    shop.refer(&["on delete cascade"; 3]);
    shop.database.execute("insert into events values (9, '2024-02-01', '2024-02-01', 5)");
    for _ in 0..2 {
        let (failed, output) = shop.build(&["build", "--select", "by_partition_overwrite", "by_native"]);
        assert!(failed.is_empty(), "{}", output.text);
    }
    let events = shop.rows("events");
    assert_eq!((shop.rows("by_partition_overwrite"), shop.rows("by_native")), (events.clone(), events));
}

/// The way out that the message names.
#[test]
fn a_deferred_key_without_an_action_lets_every_strategy_run() {
    let mut shop = Shop::new();
    shop.refer(&[KEPT; 3]);
    for _ in 0..2 {
        shop.database.execute(CHANGE);
        let (failed, output) = shop.build(&["build"]);
        assert!(failed.is_empty(), "{}", output.text);
        let events = shop.rows("events");
        for model in [
            "by_default",
            "by_delete_insert",
            "by_insert_overwrite",
            "by_native",
            "by_partition_overwrite",
            "by_merge",
            "by_microbatch",
            "a_table",
        ] {
            assert_eq!(shop.rows(model), events, "{model}");
        }
    }
}

/// A row that the model deletes is deleted for its readers, too, and the key acts as it is declared.
#[test]
fn deletes_of_delete_when_reach_what_refers_to_their_rows_and_nothing_else() {
    let mut database = Database::new();
    let project = Project::new(&database);
    database.execute("create table events (id int, gone boolean, at timestamp); insert into events values (1, false, '2024-01-01'), (2, false, '2024-01-01')");
    let config = "materialized='incremental', incremental_strategy='merge_upsert', unique_key='id', updated_at='at', delete_when='gone'";
    project.write(
        "models/sources.yml",
        "sources: [{name: shop, schema: \"{{ target.schema }}\", tables: [{name: events}]}]",
    );
    project.write(
        "models/orders.sql",
        &format!("{{{{ config({config}) }}}} select * from {{{{ source('shop', 'events') }}}}"),
    );
    project.run_ok(&["run"]);
    database.execute("create table notes (id int references orders (id) on delete cascade); insert into notes values (1), (2); insert into events values (1, true, '2024-01-02')");
    project.run_ok(&["run"]);
    let left: String =
        database.client().query_one("select string_agg(id::text, ' ') from notes", &[]).unwrap().get(0);
    assert_eq!(left, "2");
}

/// What is consumed is deleted from the log, with what refers to it.
#[test]
fn a_log_that_others_refer_to_is_not_consumed() {
    let mut database = Database::new();
    let project = Project::new(&database);
    database.execute(
        "create table log (id int primary key, at timestamp); insert into log values (1, '2024-01-01');
         create table items (id int references log on delete cascade); insert into items values (1)",
    );
    let config = "materialized='incremental', incremental_strategy='merge_upsert', unique_key='id', updated_at='at', consume=true";
    project.write(
        "models/sources.yml",
        "sources: [{name: shop, schema: \"{{ target.schema }}\", tables: [{name: log}]}]",
    );
    project.write(
        "models/orders.sql",
        &format!("{{{{ config({config}) }}}} select id, at from {{{{ source('shop', 'log') }}}}"),
    );
    let output = project.run(&["run"]);
    assert!(
        output.text.contains("`consume` deletes rows of") && output.text.contains("items_id_fkey"),
        "{}",
        output.text
    );
    let left: i64 = database
        .client()
        .query_one("select (select count(*) from log) + (select count(*) from items)", &[])
        .unwrap()
        .get(0);
    assert_eq!(left, 2);
}
