//! Rows compared with what the files say: several files of one key, times in names, whole lines of rejects, values that a cast would change.

use std::io::Write as _;
use std::process::Stdio;

use super::lines;
use crate::support::{Database, Project};

fn source(database: &Database, tables: &str) -> Project {
    let project = Project::new(database);
    project.write(
        "models/sources.yml",
        &format!("sources:\n  - name: raw\n    schema: {}\n    tables:\n{tables}", database.schema),
    );
    project
}

/// The last row of the last file, whatever its line.
#[test]
fn a_key_in_several_files_has_the_row_of_the_last_one() {
    let mut database = Database::new();
    let project = source(
        &database,
        "      - name: kept
        config: {load: {from: {files: \"in/*.csv\"}, mode: replace, unique_key: id}}
        columns: [{name: id, data_type: int}, {name: v, data_type: text}]
      - name: plain
        config: {load: {from: {files: \"in/*.csv\"}, mode: replace}}
        columns: [{name: id, data_type: int}, {name: v, data_type: text}]
",
    );
    project.write("in/1.csv", "id,v\n5,x\n1,old\n2,a\n2,b\n");
    project.write("in/2.csv", "id,v\n1,new\n");
    project.write("in/3.csv", "id,v\n2,c\n");
    project.run_ok(&["load"]);
    assert_eq!(lines(&mut database, "select id::text, v from kept order by id"), ["1 new", "2 c", "5 x"]);
    let in_order = lines(&mut database, "select v from plain");
    assert_eq!(in_order, ["x", "old", "a", "b", "new", "c"]);
}

#[test]
fn times_in_names_order_the_files() {
    let mut database = Database::new();
    let files = "files: \"in/stock_{at:%Y-%m-%dT%H%M}.csv\"";
    let columns = "columns: [{name: item, data_type: int}, {name: n, data_type: int}, {name: at, data_type: timestamp}]";
    let project = source(
        &database,
        &format!(
            "      - name: newest\n        config: {{load: {{from: {{{files}}}, mode: replace}}}}\n        {columns}
      - name: upserted\n        config: {{load: {{from: {{{files}}}, mode: upsert, unique_key: item}}}}\n        {columns}\n"
        ),
    );
    project.write("in/stock_2024-01-01T0800.csv", "item,n\n1,8\n2,8\n3,8\n");
    project.write("in/stock_2024-01-01T1000.csv", "item,n\n1,10\n2,10\n3,10\n");
    project.run_ok(&["load"]);
    let rows = |database: &mut Database, table: &str| {
        lines(database, &format!("select item::text, n::text, at::text from {table} order by item"))
    };
    let newest = ["1 10 2024-01-01 10:00:00", "2 10 2024-01-01 10:00:00", "3 10 2024-01-01 10:00:00"];
    assert_eq!(rows(&mut database, "newest"), newest);
    assert_eq!(rows(&mut database, "upserted"), newest);
    project.write("in/stock_2024-01-01T0700.csv", "item,n\n1,7\n");
    let output = project.run(&["load"]);
    assert!(output.status == 0 && output.text.contains("OlderFilesLoaded"), "{}", output.text);
    assert_eq!(rows(&mut database, "newest"), newest);
}

/// Equal keys that are written differently are one key, and the row has it as it was loaded last.
#[test]
fn a_key_takes_the_spelling_of_the_last_file() {
    let mut database = Database::new();
    let columns = "columns: [{name: n, data_type: numeric}, {name: v, data_type: text}]";
    let load = "load: {from: {files: \"in/*.csv\"}, mode: upsert, unique_key: n}";
    let tables: String = ["plain", "watched"]
        .map(|name| format!("      - name: {name}\n        config: {{{load}}}\n        {columns}\n"))
        .concat();
    let project = source(&database, &tables);
    project.write("in/1.csv", "n,v\n1.0,old\n2,old\n");
    project.run_ok(&["load"]);
    // another way into the table
    database.execute(
        "create function noted() returns trigger language plpgsql as 'begin return new; end';
         create trigger noted before insert or update on watched for each row execute function noted()",
    );
    project.write("in/2.csv", "n,v\n1.00,new\n");
    project.run_ok(&["load"]);
    for table in ["plain", "watched"] {
        assert_eq!(
            lines(&mut database, &format!("select n::text, v from {table} order by n")),
            ["1.00 new", "2 old"]
        );
    }
}

/// Also where only the server knows the type; nothing is cut or filled by a cast, and an empty text is one where the type has it.
#[test]
fn what_the_server_judges_is_rejected_by_whole_lines() {
    let mut database = Database::new();
    database.execute("create domain named as text not null; create domain word as text");
    let (named, word) = (format!("{}.named", database.schema), format!("{}.word", database.schema));
    let types: [(&str, &str, &str); 5] = [
        ("bits", "bit(3)", "101"),
        ("varied", "varbit(3)", "10"),
        ("names", "varchar(3)[]", "{abc}"),
        ("host", "inet", "1.2.3.4/32"),
        ("chosen", &named, "x"),
    ];
    let mut yaml = String::new();
    for (name, data_type, _) in types {
        yaml.push_str(&format!(
            "      - name: {name}\n        config: {{load: {{from: {{files: \"in/{name}*.csv\"}}, rejects: {{max: 90%}}}}}}
        columns: [{{name: id, data_type: int}}, {{name: v, data_type: \"{data_type}\"}}]\n"
        ));
    }
    yaml.push_str(&format!(
        "      - name: words\n        config: {{load: {{from: {{files: \"in/words.csv\"}}}}}}\n        columns: [{{name: id, data_type: int}}, {{name: v, data_type: {word}}}, {{name: h, data_type: inet}}]\n"
    ));
    let project = source(&database, &yaml);
    project.write("in/bits.csv", "id,v\n1,101\n2,10111\n3,1\n");
    project.write("in/varied.csv", "id,v\n1,10\n2,1010\n");
    project.write("in/names.csv", "id,v\n1,{abc}\n2,{abcd}\n");
    project.write("in/host.csv", "id,v\n1,1.2.3.4\n2,bad\n");
    project.write("in/host_2.csv", "id,v\n3,\"worse, still\"\n4,::1\n");
    project.write("in/chosen.csv", "id,v\n1,x\n2,\n");
    project.write("in/words.csv", "id,v,h\n1,\"\",\"\"\n2,,\n3,a,::1\n");
    project.run_ok(&["load"]);
    for (name, _, first) in types {
        assert_eq!(lines(&mut database, &format!("select v::text from {name} where id = 1")), [first]);
    }
    let mut rejected = |name: &str| {
        lines(
            &mut database,
            &format!("select file, line::text, raw, column_name from {name}__rejects order by file, line"),
        )
    };
    assert_eq!(rejected("bits"), ["in/bits.csv 3 2,10111 v", "in/bits.csv 4 3,1 v"]);
    assert_eq!(rejected("varied"), ["in/varied.csv 3 2,1010 v"]);
    assert_eq!(rejected("names"), ["in/names.csv 3 2,{abcd} v"]);
    assert_eq!(rejected("host"), ["in/host.csv 3 2,bad v", "in/host_2.csv 2 3,\"worse, still\" v"]);
    assert_eq!(rejected("chosen"), ["in/chosen.csv 3 2, v"]);
    let words = "select id::text, coalesce('[' || v || ']', 'null'), coalesce(h::text, 'null') from words order by id";
    assert_eq!(lines(&mut database, words), ["1 [] null", "2 null null", "3 [a] ::1/128"]);
}

/// The rejects are those of the rows that are there, and no table of others takes them.
#[test]
fn a_replaced_table_has_the_rejects_of_its_own_rows() {
    let mut database = Database::new();
    let project = source(
        &database,
        "      - name: orders
        config: {load: {from: {files: \"in.csv\"}, mode: replace, rejects: {max: 0.57%}}}
        columns: [{name: id, data_type: int}]
",
    );
    let file = |misfits: usize| {
        let mut text = "id\n".to_owned() + &"x\n".repeat(misfits);
        for id in misfits..10_000 {
            text.push_str(&format!("{id}\n"));
        }
        text
    };
    let count = |database: &mut Database| lines(database, "select count(*)::text from orders__rejects");
    for misfits in [57, 3, 0] {
        project.write("in.csv", &file(misfits));
        project.run_ok(&["load"]);
        assert_eq!(count(&mut database), [misfits.to_string()]);
    }
    project.write("in.csv", &file(58));
    let output = project.run(&["load"]);
    assert!(output.status == 1 && output.text.contains("58 lines do not fit"), "{}", output.text);
    assert!(output.text.contains("at most 0.57% may be rejected"), "{}", output.text);
    database.execute("drop table orders__rejects; create table orders__rejects (id int)");
    project.write("in.csv", &file(1));
    let output = project.run(&["load"]);
    assert!(output.status == 1 && output.text.contains("which is no table of them"), "{}", output.text);
}

/// What was piped in is gone when it is tried again.
#[test]
fn a_retry_without_the_rows_of_standard_input_fails() {
    let mut database = Database::new();
    let project = source(
        &database,
        "      - name: orders\n        config: {load: {from: stdin, format: jsonl}}\n        columns: [{name: id, data_type: int}]\n",
    );
    let piped = |arguments: &[&str], text: &str| {
        let mut command = project.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(piped(&["load", "orders"], "{\"id\": \"x\"}\n{\"id\": 7}\n").0, 1);
    let (status, text) = piped(&["retry"], "");
    assert!(status == 1 && text.contains("rsdbt load raw.orders < rows"), "{text}");
    assert_eq!(piped(&["retry"], "{\"id\": 8}\n").0, 0);
    assert_eq!(lines(&mut database, "select id::text from orders"), ["8"]);
    let (status, text) = piped(&["build", "--load"], "{\"id\": 9}\n");
    assert!(status == 2 && text.contains("no selected table reads it"), "{text}");
}
