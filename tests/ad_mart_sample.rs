//! The sample of the repository's own project, in a database where the real tables have the schema of the target.

use std::path::Path;

use crate::support::{Database, Project};

const TABLES: [&str; 4] = ["ad_impression", "ad_click", "ad_lineitem_staging", "unit_staging"];

#[test]
fn the_sample_is_never_loaded_into_the_tables_that_arrive() {
    let mut database = Database::new();
    let project = Project::new(&database);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["models", "macros", "seeds", "data_tests"] {
        project.copy_from(&root.join(folder), folder);
    }
    let settings = std::fs::read_to_string(root.join("dbt_project.yml")).unwrap();
    let arriving = format!("arriving_schema: {}\n", database.schema);
    assert!(settings.contains("arriving_schema: public\n") && settings.contains("profile: ad_mart\n"));
    project.write(
        "dbt_project.yml",
        &settings
            .replace("profile: ad_mart\n", "profile: shop\n")
            .replace("arriving_schema: public\n", &arriving),
    );
    for table in TABLES {
        database
            .execute(&format!("create table {table} (mine int); insert into {table} values (1), (2), (3)"));
    }
    let real = |database: &mut Database| {
        let rows = TABLES.map(|table| {
            format!("select '{table}:' || string_agg(mine::text, ' ' order by mine) from {table}")
        });
        format!("{:?}", database.query(&rows.join(" union all ")).unwrap().rows)
    };
    let before = real(&mut database);
    // a second time, and by full refresh
    project.run_ok(&["build"]);
    project.run_ok(&["build"]);
    project.run_ok(&["seed", "--full-refresh"]);
    assert_eq!(real(&mut database), before);
    let sample = format!("select count(*)::int > 0 from {}_sample.ad_impression", database.schema);
    assert!(
        format!("{:?}", database.query(&sample).unwrap().rows).contains("Bool(true)"),
        "the sample is somewhere else"
    );
    // what the documentation calls the sources is the sample, and the real tables without it
    for (vars, schema) in
        [("sample: true", format!("{}_sample", database.schema)), ("sample: false", database.schema.clone())]
    {
        let list = [
            "ls",
            "--resource-type",
            "source",
            "--output",
            "json",
            "--output-keys",
            "schema",
            "--vars",
            vars,
        ];
        let listed = project.run(&list).text;
        assert_eq!(listed.matches(&format!("\"schema\": \"{schema}\"")).count(), TABLES.len(), "{listed}");
    }
}
