//! Native partitions that the retention has passed, and what may keep them.

use crate::support::{Database, Project};

#[test]
fn a_partition_that_something_depends_on_stays_and_stops_no_other() {
    let mut database = Database::new();
    let schema = database.schema.clone();
    let project = Project::new(&database);
    project.declare_facts(&schema);
    project.write(
        "models/mart.sql",
        "{{ config(
            materialized='incremental', incremental_strategy='partition_overwrite', dirty=true, partitioned=true,
            retention=var('retention'), partition_by={'field': 'day', 'granularity': 'day'}
        ) }}
        select at::date as day, count(*) as n from {{ source('s', 'f') }} where {{ in_partitions('at') }} group by 1",
    );
    let today = "date_trunc('day', now() at time zone 'UTC')";
    database.execute(&format!(
        "create table f as select {today} - n * interval '1 day' as at from generate_series(0, 4) as n"
    ));
    project.run_ok(&["run", "--vars", "{retention: 4}"]);
    let mut client = database.client();
    let mut partition = |days: i32| -> String {
        let name = format!("select 'mart_p' || to_char({today} - {days} * interval '1 day', 'YYYYMMDD')");
        client.query_one(&name, &[]).unwrap().get(0)
    };
    let (viewed, referenced) = (partition(4), partition(3));
    database.execute(&format!(
        "create view kept as select * from {viewed};
         alter table mart add primary key (day); create table notes (day date references mart (day));
         insert into notes select {today}::date - 3;
         insert into f values ({today}), ({today} - interval '1 day')"
    ));
    for run in ["the first", "the next"] {
        let output = project.run(&["run", "--vars", "{retention: 1}"]);
        assert_eq!(output.status, 0, "{run}: {}", output.text);
        let output = output.text;
        assert!(
            output.contains("partitions that the retention has passed could not be dropped"),
            "{run}: {output}"
        );
        assert!(
            output.contains(&viewed) && output.contains(&format!("view {schema}.kept depends on")),
            "{run}: {output}"
        );
        assert!(
            output.contains(&referenced) && output.contains("violates foreign key constraint"),
            "{run}: {output}"
        );
        assert!(!output.contains("CASCADE"), "{run}: {output}");
        let days =
            format!("select string_agg(concat({today}::date - day, ':', n), ' ' order by day) from mart");
        let days: String = database.client().query_one(&days, &[]).unwrap().get(0);
        assert_eq!(days, "4:1 3:1 1:2 0:2", "{run}: the day between is dropped, the others are built");
    }
    database.execute("drop view kept; drop table notes");
    project.run_ok(&["run", "--vars", "{retention: 1}"]);
    let left: i64 = database.client().query_one("select count(*) from mart", &[]).unwrap().get(0);
    assert_eq!(left, 2);
}
