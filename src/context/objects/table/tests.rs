//! What dbt's agate tables print for the same expressions.

use minijinja::Environment;

use super::{PrintLimits, Table};
use crate::adapter::{Cell, ResultColumn, ResultSet};
use crate::jinja::python::{call_method, repr, to_str, tuple};

pub(in super::super) fn table() -> Table {
    let columns = ["id", "name", "x", "f", "d", "b", "z"];
    let columns = columns.map(|name| ResultColumn { name: name.into(), type_oid: 0, type_modifier: -1 });
    let row = |index: i64| {
        let halves = index * 150;
        vec![
            Cell::Int(index),
            Cell::Text(format!("n{index}")),
            Cell::Decimal(format!("{}.{:02}", halves / 100, halves % 100)),
            Cell::Float(1_234_567.25),
            Cell::Date(jiff::civil::date(2024, 1, i8::try_from(index).unwrap() + 1)),
            Cell::Bool(index % 2 == 0),
            Cell::Null,
        ]
    };
    Table::from_result_set(&ResultSet { columns: columns.into(), rows: (0..7).map(row).collect() })
}

fn evaluate(expression: &str) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_unknown_method_callback(call_method);
    environment.add_global("t", table().to_value());
    Ok(to_str(&environment.compile_expression(expression)?.eval(())?))
}

#[test]
fn as_agate() {
    let cases = [
        ("t.columns['x'].data_type.jsonify(t.rows[1]['x'])", "1.5"),
        ("t.columns['d'].data_type.jsonify(t.rows[1]['d'])", "2024-01-02"),
        ("t.columns['b'].data_type.jsonify(t.rows[1]['b'])", "False"),
        ("t.columns['name'].data_type.jsonify(none)", "None"),
        ("t.columns['d'].data_type.cast('2024-02-01')", "2024-02-01"),
        (
            "t.rows[0]",
            "<agate.Row: (0, 'n0', Decimal('0.00'), Decimal('1234567.25'), datetime.date(2024, 1, 1), ...)>",
        ),
        ("t.rows[-1]['name']", "n6"),
        ("t.rows[1].x", "1.50"),
        ("t.rows[1]['x']", "1.50"),
        (
            "t.rows[0].values()",
            "(0, 'n0', Decimal('0.00'), Decimal('1234567.25'), datetime.date(2024, 1, 1), True, None)",
        ),
        ("t.rows[0].keys()", "('id', 'name', 'x', 'f', 'd', 'b', 'z')"),
        ("t.rows[0].dict()['x']", "0.00"),
        ("t.rows[0].get('q')", "None"),
        ("t.rows[0].get('name', 'z')", "n0"),
        ("t.rows[0].items()[0]", "('id', 0)"),
        ("t.columns[0].values()", "(0, 1, 2, 3, 4, 5, 6)"),
        ("t.columns['name'].values()[1]", "n1"),
        ("t.columns[2].name", "x"),
        ("t.columns[0]", "<agate.Column: (0, 1, 2, 3, 4, ...)>"),
        ("t.columns['x'].values_sorted()[-1]", "9.00"),
        ("t.columns['z'].values_without_nulls()", "()"),
        ("t.columns.keys()", "('id', 'name', 'x', 'f', 'd', 'b', 'z')"),
        ("t.column_names", "('id', 'name', 'x', 'f', 'd', 'b', 'z')"),
        ("t.column_names[0]", "id"),
        ("t.columns['x'][2]", "3.00"),
        ("t[0]['id']", "0"),
        ("t.select(['id', 'z']).column_names", "('id', 'z')"),
        ("t.select('id').column_names", "('id',)"),
        ("t.exclude(['id']).column_names", "('name', 'x', 'f', 'd', 'b', 'z')"),
        ("t.rename(column_names={'id': 'ID'}).column_names", "('ID', 'name', 'x', 'f', 'd', 'b', 'z')"),
        ("t.limit(2).columns['id'].values()", "(0, 1)"),
        ("t.limit(2, 4).columns['id'].values()", "(2, 3)"),
        ("t.order_by('x', reverse=true).columns['id'].values()", "(6, 5, 4, 3, 2, 1, 0)"),
        ("t.distinct('b').columns['id'].values()", "(0, 1)"),
        (
            "t",
            "| column | data_type |\n| ------ | --------- |\n| id     | Integer   |\n| name   | Text      |\n| x      | Number    |\n| f      | Number    |\n| d      | Date      |\n| b      | Boolean   |\n| z      | Integer   |\n",
        ),
        ("t.select(['id', 'x'])[1]", "<agate.Row: (1, Decimal('1.50'))>"),
        (
            "t.rows",
            "<agate.MappedSequence: (<agate.Row: (0, 'n0', Decimal('0.00'), Decimal('1234567.25'), datetime.date(2024, 1, 1), ...)>, <agate.Row: (1, 'n1', Decimal('1.50'), Decimal('1234567.25'), datetime.date(2024, 1, 2), ...)>, <agate.Row: (2, 'n2', Decimal('3.00'), Decimal('1234567.25'), datetime.date(2024, 1, 3), ...)>, <agate.Row: (3, 'n3', Decimal('4.50'), Decimal('1234567.25'), datetime.date(2024, 1, 4), ...)>, <agate.Row: (4, 'n4', Decimal('6.00'), Decimal('1234567.25'), datetime.date(2024, 1, 5), ...)>, ...)>",
        ),
        ("t.columns.values()[0].name", "id"),
        ("t.rows.values()[0]['d']", "2024-01-01"),
        ("t.columns['d'].values()[0]", "2024-01-01"),
        ("t.columns['f'].values()[0]", "1234567.25"),
        ("t.columns['b'].values()", "(True, False, True, False, True, False, True)"),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(expression, expected)| {
            let result = evaluate(expression);
            let right = result.as_deref().unwrap_or("error") == *expected;
            (!right).then(|| format!("{expression}: {result:?} is not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn tables_print_as_markdown() {
    let limits = PrintLimits { rows: Some(2), ..PrintLimits::default() };
    assert_eq!(
        table().to_markdown(limits),
        "\
| id | name |   x |            f |          d |     b | ... |
| -- | ---- | --- | ------------ | ---------- | ----- | --- |
|  0 | n0   | 0.0 | 1,234,567.25 | 2024-01-01 |  True | ... |
|  1 | n1   | 1.5 | 1,234,567.25 | 2024-01-02 | False | ... |
| ... | ...  | ... |          ... |        ... |   ... | ... |
"
    );
    assert_eq!(table().max_precision(2), 1);
    assert_eq!(table().max_precision(0), 0);
}

#[test]
fn result_cells_get_the_types_that_agate_gives_them() {
    let one = |cells: Vec<Cell>| {
        let columns = vec![ResultColumn { name: "a".into(), type_oid: 0, type_modifier: -1 }];
        let rows = cells.into_iter().map(|cell| vec![cell]).collect();
        let table = Table::from_result_set(&ResultSet { columns, rows });
        let values = table.rows().iter().map(|row| row.values()[0].clone()).collect();
        (table.column_types()[0].name(), repr(&tuple(values)))
    };
    let is = |name, text: &str| (name, text.to_owned());
    let decimal = |text: &str| Cell::Decimal(text.into());
    assert_eq!(one(vec![Cell::Null]), is("Integer", "(None,)"));
    assert_eq!(one(vec![Cell::Int(1), Cell::Null]), is("Integer", "(1, None)"));
    assert_eq!(one(vec![Cell::Int(1), decimal("2.0")]), is("Number", "(Decimal('1'), Decimal('2.0'))"));
    assert_eq!(one(vec![Cell::Float(1e20)]), is("Number", "(Decimal('1E+20'),)"));
    assert_eq!(one(vec![Cell::Bool(true), Cell::Null]), is("Boolean", "(True, None)"));
    assert_eq!(one(vec![Cell::Time(jiff::civil::time(1, 2, 0, 0))]), is("Text", "('01:02:00',)"));
    let interval = Cell::Interval(crate::adapter::Interval { days: 1, microseconds: 0 });
    assert_eq!(one(vec![interval]), is("Text", "('1 day, 0:00:00',)"));
    assert_eq!(one(vec![Cell::Json(serde_json::json!({"a": 1}))]), is("Text", "('{\"a\": 1}',)"));
    let array =
        Cell::Array(vec![Cell::Date(jiff::civil::date(2024, 1, 1)), decimal("1.5"), Cell::Bool(true)]);
    assert_eq!(one(vec![array]), is("Text", "('[\"2024-01-01\", 1.5, true]',)"));
    assert_eq!(one(vec![Cell::Json(serde_json::json!(5))]), is("Integer", "(5,)"));
}
