use super::super::trace_manifest;
use super::*;
use serde_json::json;

fn manifest() -> Value {
    json!({
        "sources": {"source.p.raw.pay": {
            "resource_type": "source", "name": "pay", "source_name": "raw", "schema": "raw", "relation_name": "\"db\".\"raw\".\"pay\"",
        }},
        "nodes": {
            "model.p.stg": {
                "resource_type": "model", "name": "stg", "relation_name": "\"db\".\"s\".\"stg\"",
                "compiled_code": "select id, cents / 100 as amount from db.raw.pay where ok",
                "depends_on": {"nodes": ["source.p.raw.pay"]}, "config": {"materialized": "view"},
            },
            "model.p.eph": {
                "resource_type": "model", "name": "eph", "relation_name": null,
                "compiled_code": "select amount as a from db.s.stg",
                "depends_on": {"nodes": ["model.p.stg"]}, "config": {"materialized": "ephemeral"},
            },
            "model.p.mart": {
                "resource_type": "model", "name": "mart", "relation_name": "\"db\".\"s\".\"mart\"",
                "compiled_code": "with __dbt__cte__eph as (select amount as a from db.s.stg) select sum(e.a) as total, max(o.x) as x from __dbt__cte__eph e join other.o on true",
                "depends_on": {"nodes": ["model.p.eph"]}, "config": {"materialized": "table"},
            },
        },
        "exposures": {"exposure.p.board": {
            "resource_type": "exposure", "name": "board", "depends_on": {"nodes": ["model.p.mart"]},
        }},
    })
}

fn ask(target: &str, direction: Direction, influences: Influences, format: Format) -> Result<String> {
    let manifest = manifest();
    let lineage = trace_manifest(&manifest, None, 2);
    answer(&manifest, &lineage, &Question { target, direction, depth: None, influences }, format)
}

#[test]
fn a_column_goes_through_ephemeral_models_to_its_source() {
    let tree = ask("mart.total", Direction::Upstream, Influences::Hidden, Format::Tree).unwrap();
    assert_eq!(
        tree,
        "mart.total\n└─ eph.a  derived\n   └─ stg.amount  direct\n      └─ raw.pay.cents  derived\n"
    );
    let down = ask("raw.pay.cents", Direction::Downstream, Influences::Hidden, Format::Tree).unwrap();
    assert_eq!(
        down,
        "raw.pay.cents\n└─ stg.amount  derived\n   └─ eph.a  direct\n      └─ mart.total  derived\n"
    );
    let outside = ask("mart.x", Direction::Upstream, Influences::Hidden, Format::Tree).unwrap();
    assert_eq!(outside, "mart.x\n└─ other.o.x  derived\n");
    let filtered = ask("stg.id", Direction::Upstream, Influences::Shown, Format::Tree).unwrap();
    assert_eq!(filtered, "stg.id\n├─ raw.pay.id  direct\n└─ raw.pay.ok  filter\n");
}

#[test]
fn nodes_have_lineage_too() {
    let tree = ask("stg", Direction::Both, Influences::Hidden, Format::Tree).unwrap();
    assert_eq!(tree, "stg  (upstream)\n└─ raw.pay\nstg  (downstream)\n└─ eph\n   └─ mart\n      └─ board\n");
}

#[test]
fn other_formats_hold_the_same_edges() {
    let mermaid = ask("stg.amount", Direction::Upstream, Influences::Hidden, Format::Mermaid).unwrap();
    assert_eq!(
        mermaid,
        "flowchart LR\n  n0[\"stg.amount\"]\n  n1[\"raw.pay.cents\"]\n  n1 -->|derived| n0\n"
    );
    let dot = ask("model.p.stg.amount", Direction::Upstream, Influences::Hidden, Format::Dot).unwrap();
    assert!(dot.contains("n1 -> n0 [label=\"derived\"];"), "{dot}");
    let json: Value =
        serde_json::from_str(&ask("mart", Direction::Both, Influences::Hidden, Format::Json).unwrap())
            .unwrap();
    assert_eq!(json["nodes"].as_array().unwrap().len(), 5);
    assert_eq!(json["edges"].as_array().unwrap().len(), 4);
    assert_eq!(json["nodes"][0]["unique_id"], "model.p.mart");
}

#[test]
fn a_mistyped_target_gets_a_hint() {
    let error = ask("martt", Direction::Both, Influences::Hidden, Format::Tree).unwrap_err();
    assert_eq!(error.message, "there is no node `martt`, nor a column of that name");
    assert!(error.help.is_some());
    let error = ask("mart.totl", Direction::Both, Influences::Hidden, Format::Tree).unwrap_err();
    assert_eq!(error.message, "`model.p.mart` has no column `totl`");
    assert!(error.help.is_some());
}
