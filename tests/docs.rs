//! The documentation page of a small project that real dbt built, and of 5,000 models; `tests/browser`
//! opens what is written here.

use rsdbt::inside::docs::{Artifacts, generate, trace_manifest};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

mod synthetic;

const PAGES: &str = "target/browser";

fn shop(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(format!("tests/browser/shop/{name}.json")).unwrap()).unwrap()
}

fn page(name: &str, artifacts: Artifacts<'_>) -> String {
    let lineage = trace_manifest(artifacts.manifest, artifacts.catalog, 2);
    let html = generate(artifacts, &lineage);
    fs::create_dir_all(PAGES).unwrap();
    fs::write(Path::new(PAGES).join(name), &html).unwrap();
    html
}

/// The text of an inlined JSON element.
fn inlined(html: &str, id: &str) -> Value {
    let (_, rest) = html.split_once(&format!("id=\"{id}\">")).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

fn node<'v>(index: &'v Value, id: &str) -> &'v Value {
    index["nodes"].as_array().unwrap().iter().find(|node| node["id"] == id).unwrap()
}

/// What the database says beside the artifacts: a table's storage, and three weeks of runs.
fn observed() -> Value {
    let day = |number: i64| 1_767_225_600 + number * 86_400;
    let status = |number: i64| if number == 17 { "error" } else { "success" };
    let runs = (0..21).map(|number| {
        json!([
            number,
            "build",
            "nightly",
            status(number),
            day(number),
            40 + number,
            11,
            i64::from(number == 17),
            1,
            null
        ])
    });
    let by_hand = json!([21, "run", null, "success", day(20) + 4000, 3, 1, 0, null, null]);
    let points = (0..21).map(|number| {
        json!([
            number,
            day(number),
            f64::from(u8::try_from(15 + number).unwrap()) / 10.0,
            1000 + number,
            status(number)
        ])
    });
    json!({
        "tables": {"model.shop.fct_orders": {
            "rows": 120_345, "bytes": 48_234_496, "partitions": null, "required": ["order_id"],
            "indexes": [
                ["fct_orders_key", "CREATE UNIQUE INDEX fct_orders_key ON shop.fct_orders USING btree (order_id)", 2_727_936, true],
                ["by_day", "CREATE INDEX by_day ON shop.fct_orders USING brin (ordered_at)", 24_576, true],
            ],
            "constraints": [
                ["fct_orders_key", "PRIMARY KEY (order_id)", true],
                ["customer", "FOREIGN KEY (customer_id) REFERENCES shop.dim_customers(customer_id)", false],
            ],
        }},
        "history": {
            "runs": runs.chain([by_hand]).collect::<Vec<_>>(),
            "nodes": {"model.shop.fct_orders": points.collect::<Vec<_>>()},
            "failures": [
                [17, "model.shop.broken_report", "error", "Database Error in model broken_report (models/broken_report.sql)\n  division by zero", "select 1 / 0"],
                [17, "operation.shop.gone", "error", "</script><b>gone</b>", null],
            ],
        },
    })
}

#[test]
fn the_page_holds_the_project_and_nothing_that_runs() {
    let observed = observed();
    let (manifest, catalog, run, sources) =
        (shop("manifest"), shop("catalog"), shop("run_results"), shop("sources"));
    let html = page(
        "shop.html",
        Artifacts {
            manifest: &manifest,
            catalog: Some(&catalog),
            run_results: Some(&run),
            sources: Some(&sources),
            observed: Some(&observed),
        },
    );
    // One script that runs, three that are data; what users wrote opens none.
    assert_eq!(html.matches("<script").count(), 4);
    assert_eq!(html.matches("</script").count(), 4);
    assert!(!html.contains("<img"));
    for placeholder in ["{{title}}", "{{policy}}", "{{style}}", "{{script}}", "{{columns}}"] {
        assert!(!html.contains(placeholder), "{placeholder} is left");
    }
    for loading in [" src=\"", "@import", "url(", "fetch(", "XMLHttpRequest"] {
        assert!(!html.contains(loading), "the page loads something: {loading}");
    }
    let index = inlined(&html, "data-index");
    let orders = node(&index, "model.shop.fct_orders");
    assert_eq!(orders["owner"], "Finance data, finance@example.com");
    assert_eq!(orders["status"], "success");
    assert_eq!(orders["layer"], "marts");
    assert_eq!(orders["columns"][0]["name"], "order_id");
    assert_eq!(orders["columns"][0]["type"], "integer");
    assert_eq!(orders["columns"][0]["tests"].as_array().unwrap().len(), 3);
    assert_eq!(node(&index, "source.shop.raw.payments")["freshness"]["status"], "warn");
    assert_eq!(node(&index, "model.shop.broken_report")["status"], "error");
    assert_eq!(node(&index, "exposure.shop.revenue_dashboard")["label"], "Revenue dashboard");
    assert_eq!(orders["stored"]["rows"], 120_345);
    assert_eq!(orders["history"].as_array().unwrap().len(), 21);
    assert_eq!(index["runs"].as_array().unwrap().len(), 22);
    assert!(index["meta"]["overview"].as_str().unwrap().contains("shop's warehouse"));
}

#[test]
fn columns_are_traced_through_an_ephemeral_model_to_the_source() {
    let (manifest, catalog) = (shop("manifest"), shop("catalog"));
    let html = page(
        "no_run.html",
        Artifacts {
            manifest: &manifest,
            catalog: Some(&catalog),
            run_results: None,
            sources: None,
            observed: None,
        },
    );
    let (index, columns) = (inlined(&html, "data-index"), inlined(&html, "data-columns"));
    let nodes = index["nodes"].as_array().unwrap();
    let edges = |id: &str, column: &str| -> Vec<String> {
        let at = nodes.iter().position(|node| node["id"] == id).unwrap();
        let own = columns["nodes"][at]["columns"].as_array().unwrap();
        let found = own.iter().find(|entry| entry[0] == column).unwrap();
        let shown = |edge: &Value| {
            let from = usize::try_from(edge[0].as_i64().unwrap()).unwrap();
            format!("{} {} {}", nodes[from]["name"].as_str().unwrap(), edge[1], edge[2].as_str().unwrap())
        };
        found[1].as_array().unwrap().iter().map(shown).collect()
    };
    assert_eq!(edges("model.shop.dim_customers", "lifetime_value"), ["fct_orders \"amount\" e"]);
    assert_eq!(edges("model.shop.fct_orders", "amount"), ["int_order_payments \"amount\" e"]);
    assert_eq!(edges("model.shop.int_order_payments", "amount"), ["stg_payments \"amount\" e"]);
    assert_eq!(edges("model.shop.stg_payments", "amount"), ["raw.payments \"amount_cents\" e"]);
    assert_eq!(edges("model.shop.dim_customers", "country"), ["stg_customers \"country\" d"]);
}

#[test]
fn five_thousand_models_make_one_page() {
    let manifest = synthetic::manifest(5000);
    let html = page(
        "large.html",
        Artifacts { manifest: &manifest, catalog: None, run_results: None, sources: None, observed: None },
    );
    let index = inlined(&html, "data-index");
    let nodes = index["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 5001);
    // Data flows to the right.
    for node in nodes {
        for parent in node.get("parents").and_then(Value::as_array).into_iter().flatten() {
            let parent = &nodes[usize::try_from(parent.as_u64().unwrap()).unwrap()];
            assert!(parent["at"][0].as_f64() < node["at"][0].as_f64());
        }
    }
}
