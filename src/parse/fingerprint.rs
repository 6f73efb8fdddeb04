//! Checksums that dbt takes over Python's `repr` of its objects: equal to dbt's, so that a state that dbt wrote
//! compares as unchanged.

use std::fmt::Write as _;

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::jinja::python::json_repr;
use crate::manifest::{Constraint, Node, UnitTest, Version};

/// Changes when the columns of a contract change.
pub(super) fn contract(node: &Node) -> String {
    let mut columns: Vec<_> = node.columns.values().collect();
    columns.sort_by(|left, right| left.name.cmp(&right.name));
    let mut state = String::new();
    for column in columns {
        let data_type = column.data_type.as_deref().unwrap_or("None");
        let constraints = constraints(&column.constraints, "ColumnLevelConstraint");
        let _ = write!(state, "|{}{data_type}{constraints}", column.name);
    }
    if let (Some(part), "table" | "incremental") = (node.model(), node.materialized()) {
        let constraints = constraints(&part.constraints, "ModelLevelConstraint");
        let _ = write!(state, "{}{constraints}", node.materialized());
    }
    sha256(&state)
}

/// Changes when what a unit test says changes, its description apart.
pub(super) fn unit_test(test: &UnitTest) -> String {
    let versions = test.versions.as_ref().map_or("None".to_owned(), |versions| {
        let list = |list: &Option<Vec<Version>>| json(&serde_json::to_value(list).unwrap_or_default());
        format!(
            "UnitTestNodeVersions(include={}, exclude={})",
            list(&versions.include),
            list(&versions.exclude)
        )
    });
    let given: Vec<String> = test
        .given
        .iter()
        .map(|input| {
            let rest = fixture(input.rows.as_ref(), &input.format, input.fixture.as_deref());
            format!("UnitTestInputFixture(input={}, {rest})", text(&input.input))
        })
        .collect();
    let expect = &test.expect;
    let expected = fixture(expect.rows.as_ref(), &expect.format, expect.fixture.as_deref());
    let overrides = test.overrides.as_ref().map_or("None".to_owned(), |overrides| {
        let map = |map: &serde_json::Map<String, Json>| json(&Json::Object(map.clone()));
        format!(
            "UnitTestOverrides(macros={}, vars={}, env_vars={})",
            map(&overrides.macros),
            map(&overrides.vars),
            map(&overrides.env_vars)
        )
    });
    let mut data = format!(
        "{}-{versions}-[{}]-UnitTestOutputFixture({expected})-{overrides}",
        test.model,
        given.join(", ")
    );
    for input in test.given.iter().filter(|input| input.fixture.is_some()) {
        // dbt: formatted, not represented: a text stands without its quotes
        match &input.rows {
            Some(Json::String(rows)) => {
                let _ = write!(data, "-{rows}");
            }
            rows => {
                let _ = write!(data, "-{}", json(rows.as_ref().unwrap_or(&Json::Null)));
            }
        }
    }
    sha256(&data)
}

fn fixture(rows: Option<&Json>, format: &str, fixture: Option<&str>) -> String {
    let member = match format {
        "csv" => "CSV",
        "sql" => "SQL",
        _ => "Dict",
    };
    format!(
        "rows={}, format=<UnitTestFormat.{member}: '{format}'>, fixture={}",
        json(rows.unwrap_or(&Json::Null)),
        optional(fixture)
    )
}

fn constraints(list: &[Constraint], class: &str) -> String {
    let shown: Vec<String> = list
        .iter()
        .map(|constraint| {
            let kind = &constraint.kind;
            let mut shown = format!(
                "{class}(type=<ConstraintType.{kind}: '{kind}'>, name={}, expression={}, warn_unenforced={}, \
                 warn_unsupported={}, to={}, to_columns={}",
                optional(constraint.name.as_deref()),
                optional(constraint.expression.as_deref()),
                json(&constraint.warn_unenforced.into()),
                json(&constraint.warn_unsupported.into()),
                optional(constraint.to.as_deref()),
                json(&constraint.to_columns.clone().into())
            );
            if let Some(columns) = &constraint.columns {
                let _ = write!(shown, ", columns={}", json(&columns.clone().into()));
            }
            shown.push(')');
            shown
        })
        .collect();
    format!("[{}]", shown.join(", "))
}

fn text(text: &str) -> String {
    json(&text.into())
}

fn optional(value: Option<&str>) -> String {
    value.map_or("None".to_owned(), text)
}

fn json(value: &Json) -> String {
    json_repr(value)
}

fn sha256(text: &str) -> String {
    crate::hex::digits(Sha256::digest(text.as_bytes()))
}
