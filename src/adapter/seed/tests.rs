use super::*;
use crate::adapter::test_database::connect_with_schema;
use crate::adapter::{Begin, Connection, Fetch};

fn parse(text: &str) -> Seed {
    parse_with(text, &SeedOptions::default())
}

fn parse_with(text: &str, options: &SeedOptions) -> Seed {
    Seed::parse(text.into(), "seeds/x.csv", options).unwrap()
}

fn types(seed: &Seed) -> Vec<&'static str> {
    seed.columns.iter().map(|column| column.data_type.sql()).collect()
}

/// The table's rows as text, after the seed was copied.
fn load(seed: &Seed) -> Vec<String> {
    let (mut connection, _) = connect_with_schema();
    let columns: Vec<String> =
        seed.columns.iter().map(|c| format!("\"{}\" {}", c.name, c.data_type.sql())).collect();
    let names: Vec<String> = seed.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let create = format!("create table seed ({})", columns.join(", "));
    connection.execute(&create, Begin::Auto, Fetch::Nothing).unwrap();
    let response = seed.copy_into(&mut connection, "seed", &names.join(", ")).unwrap();
    assert_eq!(response.rows_affected, i64::try_from(seed.row_count).unwrap());
    rows(&mut connection)
}

fn rows(connection: &mut Connection) -> Vec<String> {
    let text = |cell: &Cell| if let Cell::Text(text) = cell { text.clone() } else { panic!("{cell:?}") };
    let rows = connection.query("select seed::text from seed", &[]).unwrap().rows;
    rows.iter().map(|row| text(&row[0])).collect()
}

#[test]
fn types_and_nulls_are_dbts() {
    let seed = parse(
        "\u{feff}a,b,c,d,e,f,g,h\n1,x,2024-1-5,true,,\"\",1.0,2024-01-01T10:00:00Z\n\n2,null,2024-02-01,FALSE,NULL,, 2.50,\n1_0,y\n",
    );
    assert_eq!(
        types(&seed),
        ["integer", "text", "date", "boolean", "integer", "integer", "float8", "timestamp without time zone"]
    );
    assert!(!seed.verbatim);
    assert_eq!(
        load(&seed),
        [
            "(1,x,2024-01-05,t,,,1,\"2024-01-01 10:00:00\")",
            "(,,,,,,,)",
            "(2,,2024-02-01,f,,,2.5,)",
            "(10,y,,,,,,)"
        ]
    );
}

#[test]
fn a_header_of_many_equal_names_is_read_in_its_length() {
    let seed = parse(&"a,".repeat(20_000));
    assert_eq!(seed.columns[19_999].name, "a_20000");
}

#[test]
fn numbers_are_read_as_people_write_them() {
    let seed = parse(
        "a,a,,b,big,huge,e\n\"1,000\",$5,5%,NaN,3000000000,12345678901234567890,1e3\n-3,-$4.00,+2,inf,1,1,2\n",
    );
    let names: Vec<_> = seed.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["a", "a_2", "c", "b", "big", "huge", "e"]);
    assert_eq!(types(&seed), ["integer", "integer", "integer", "float8", "bigint", "numeric", "float8"]);
    assert_eq!(
        load(&seed),
        ["(1000,5,5,NaN,3000000000,12345678901234567890,1000)", "(-3,-4,2,Infinity,1,1,2)"]
    );
}

#[test]
fn leading_zeros_stay_when_asked() {
    let options = SeedOptions { keep_leading_zeros: true, ..SeedOptions::default() };
    assert_eq!(types(&parse_with("zip,n\n00501,0\n", &options)), ["text", "integer"]);
    let options = SeedOptions { text_columns: vec!["zip".into()], ..SeedOptions::default() };
    let seed = parse_with("zip,n\n00501,0.5\n", &options);
    assert_eq!(types(&seed), ["text", "float8"]);
    assert_eq!(load(&seed), ["(00501,0.5)"]);
    assert_eq!(types(&parse("zip\n00501\n")), ["integer"]);
}

#[test]
fn a_regular_file_is_sent_as_it_is() {
    let seed = parse("id;name;at\n1;it's;2024-01-01 10:00:00\n2;;\n");
    assert_eq!(types(&seed), ["text"], "the delimiter is a comma unless configured");
    let options = SeedOptions { delimiter: b';', ..SeedOptions::default() };
    let seed = parse_with("id;name;at\n1.5;it's;2024-01-01 10:00:00\n2;;\n", &options);
    assert!(seed.verbatim);
    assert_eq!(load(&seed), ["(1.5,it's,\"2024-01-01 10:00:00\")", "(2,,)"]);
    assert!(parse("id\n").columns[0].data_type == SeedType::Integer && load(&parse("id\n")).is_empty());
}

#[test]
fn quotes_lines_and_backslashes_survive() {
    let seed = parse("a,b\n\"x\r\ny\",\"say \"\"hi\"\"\"\nback\\slash,a\"b\n\"tab\t\",\\.\n");
    assert_eq!(
        load(&seed),
        ["(\"x\ny\",\"say \"\"hi\"\"\")", "(\"back\\\\slash\",\"a\"\"b\")", "(\"tab\t\",\"\\\\.\")"]
    );
    assert_eq!(seed.rows(1)[0][0], Cell::Text("x\ny".into()));
}

#[test]
fn a_row_that_is_too_long_is_shown() {
    let error = Seed::parse("a,b\n1,2\n1,2,3\n".into(), "seeds/x.csv", &SeedOptions::default()).unwrap_err();
    assert_eq!(error.message, "Row 1 has 3 values, but Table only has 2 columns.");
    assert_eq!(error.labels[0].span.location(), "seeds/x.csv:3:1");
}

#[test]
fn a_whole_number_may_be_written_with_a_point() {
    let seed = parse("n\n50.00\n7\n");
    assert_eq!(types(&seed), ["integer"]);
    assert_eq!(load(&seed), ["(50)", "(7)"]);
}
