//! What cannot be, with the words in which it is refused.

use super::field::Field;

fn refused(field: &Field, command: &str, parts: &[&str]) {
    let output = field.project.run(&[command]);
    assert_ne!(output.status, 0, "{}", output.text);
    for part in parts {
        assert!(output.text.contains(part), "{part}: {}", output.text);
    }
}

#[test]
fn what_connections_cannot_do_is_refused_with_the_way_out() {
    let field = Field::new();
    let write = |text: &str| field.project.write("models/m.sql", text);
    field.project.write("models/here.sql", "{{ config(materialized='table') }} select 1 as id");
    write(
        "{{ config(materialized='table') }} select * from {{ source('far', 'events') }} join {{ ref('here') }} using (id)",
    );
    refused(
        &field,
        "parse",
        &[
            "the query reads from two connections: source `far.events` is in the connection `far`, model `here` is in the target's own connection",
            "error[two-connections]",
            "models/m.sql:1",
        ],
    );
    write("{{ config(materialized='view') }} select * from {{ source('far', 'events') }}");
    refused(
        &field,
        "parse",
        &[
            "a view cannot read from another connection",
            "`table` or `incremental`",
            "error[view-across-connections]",
        ],
    );
    write("{{ config(materialized='table', connection='fra') }} select 1 as id");
    refused(
        &field,
        "parse",
        &[
            "the target `dev` maps the connection `fra` to no output",
            "did you mean `far`?",
            "error[unmapped-connection]",
        ],
    );
    write("{{ config(materialized='table', connection=['far']) }} select 1 as id");
    refused(&field, "parse", &["`connection` is not the name of a connection", "error[connection-name]"]);
    write(
        "{{ config(materialized='incremental', consume=true) }} select * from {{ source('far', 'events') }}",
    );
    refused(&field, "parse", &["error[inputs-too-far]"]);
    write(
        "{{ config(materialized='incremental') }} select * from {{ source('far', 'events') }}\n{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}",
    );
    field.run_ok(&["run"]);
    refused(
        &field,
        "run",
        &[
            "names the model's own table",
            "high_water('updated_at')",
            "error[this-elsewhere]",
            "models/m.sql:2",
        ],
    );
    write(
        "{{ config(materialized='table') }} {% do run_query('create table t ()') %} select * from {{ source('far', 'events') }}",
    );
    refused(&field, "run", &["cannot execute CREATE TABLE in a read-only transaction"]);
    write(
        "{{ config(materialized='table') }} select id, {{ high_water('id') }} as h from {{ source('far', 'events') }}",
    );
    field.project.write(
        "models/n.sql",
        "{{ config(materialized='table', alias='new') }} select {{ high_water('id') }} as id",
    );
    refused(&field, "run", &["high_water: ", "does not exist", "is_incremental()", "error[high-water]"]);
}

#[test]
fn the_profile_is_checked() {
    let field = Field::new();
    let profile = std::fs::read_to_string(field.project.path().join("profiles.yml")).unwrap();
    field.project.write("profiles.yml", &profile.replace("{far: far_dev}", "{far: far_dve}"));
    refused(&field, "parse", &["the connection `far` is mapped to the output", "error[connection-output]"]);
    field.project.write("profiles.yml", &profile.replace("{far: far_dev}", "{far: }"));
    refused(&field, "parse", &["a connection is mapped to nothing", "error[profile-key]"]);
}
