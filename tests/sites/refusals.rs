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

/// The target's own output under another name of its host.
fn twin(field: &Field, host: &str) -> String {
    let profile = std::fs::read_to_string(field.project.path().join("profiles.yml")).unwrap();
    let dev = profile.split("    dev:\n").nth(1).unwrap().split("    far_dev:").next().unwrap();
    let own = dev.lines().find(|line| line.trim_start().starts_with("host:")).unwrap();
    let twin = dev.replace(own, &format!("      host: '{host}'")).replace("connections: {far: far_dev}", "");
    profile.replace("{far: far_dev}", "{far: far_dev, twin: twin}") + "    twin:\n" + &twin
}

#[test]
fn one_database_under_two_names_is_not_waited_for() {
    let field = Field::new();
    let profile = std::fs::read_to_string(field.project.path().join("profiles.yml")).unwrap();
    let host = profile.lines().find_map(|line| line.trim_start().strip_prefix("host:")).unwrap();
    let other = match host.trim().trim_matches(['\'', '"']) {
        "127.0.0.1" => "localhost".to_owned(),
        folder if folder.starts_with('/') => format!("{folder}/."),
        _ => "127.0.0.1".to_owned(),
    };
    field.project.write("profiles.yml", &twin(&field, &other));
    field.project.write("models/here.sql", "{{ config(materialized='table') }} select 1 as id");
    field
        .project
        .write("models/there.sql", "{{ config(materialized='table', connection='twin') }} select 1 as id");
    let run = field.project.command(&["run"]);
    let mut bounded = std::process::Command::new("timeout");
    bounded.arg("60").arg(run.get_program()).args(run.get_args()).current_dir(field.project.path());
    for (name, value) in run.get_envs() {
        match value {
            Some(value) => bounded.env(name, value),
            None => bounded.env_remove(name),
        };
    }
    let output = bounded.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("PASS=2"), "{text}");
}

#[test]
fn relations_of_two_servers_may_have_one_name() {
    let field = Field::new();
    for name in ["here", "there"] {
        let connection = if name == "there" { ", connection='twin'" } else { "" };
        field.project.write(
            &format!("models/{name}.sql"),
            &format!("{{{{ config(materialized='table', alias='same'{connection}) }}}} select 1 as id"),
        );
    }
    let profile = twin(&field, "warehouse.invalid");
    field.project.write("profiles.yml", &profile);
    field.run_ok(&["parse"]);
    let own = profile.lines().find(|line| line.trim_start().starts_with("host:")).unwrap();
    field.project.write("profiles.yml", &profile.replace("      host: 'warehouse.invalid'", own));
    refused(&field, "parse", &["dbt found two resources with the database representation"]);
    field.project.write("profiles.yml", &profile);
    let output = field.project.run(&["run", "--select", "there"]);
    assert!(output.text.contains("output `twin`: "), "{}", output.text);
}
