//! What a client that shares no code with the adapter reads of a finished project.

use crate::support::{Database, Project};

#[test]
fn odd_names_and_values_arrive_as_they_were_written() {
    let database = Database::new();
    let project = Project::new(&database);
    project.write("seeds/odd.csv", "order,\"select \"\"x\"\"\",größe\n1,\"a,b\",1.50\n2,\"it's\",\n");
    project.write(
        "models/user.sql",
        "{{ config(materialized='table') }}\nselect \"order\", \"select \"\"x\"\"\", größe * 2 as \"double size\"\nfrom {{ ref('odd') }}",
    );
    project.write(
        "models/schema.yml",
        "models:\n  - name: user\n    columns:\n      - {name: 'select \"x\"', quote: true, data_tests: [not_null, unique]}\n",
    );
    project.run_ok(&["build"]);
    let mut client = database.client();
    let rows = client.query("select * from \"user\" order by \"order\"", &[]).unwrap();
    let names: Vec<&str> = rows[0].columns().iter().map(postgres::Column::name).collect();
    assert_eq!(names, ["order", "select \"x\"", "double size"]);
    let sql =
        "select concat_ws('|', \"order\", \"select \"\"x\"\"\", \"double size\") from \"user\" order by 1";
    let texts: Vec<String> = client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(texts, ["1|a,b|3", "2|it's"]);
}
