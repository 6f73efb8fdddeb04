//! The repository's own mart: where its columns come from, in the terminal and as OpenLineage events.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::support::{Database, Project};

/// The whole project with its sample as the arriving tables, built.
fn built(database: &Database, arguments: &[&str]) -> Project {
    let project = Project::new(database);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["models", "macros", "seeds", "data_tests"] {
        project.copy_from(&root.join(folder), folder);
    }
    let settings = std::fs::read_to_string(root.join("dbt_project.yml")).unwrap();
    let own = settings.replace("profile: ad_mart\n", "profile: shop\n");
    assert_ne!(settings, own);
    project.write("dbt_project.yml", &own);
    project.run_ok(&[&["build"], arguments].concat());
    project
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn every_column_of_the_mart_leads_to_its_facts_and_dimensions() {
    let expected = [
        ("lineitem_id", "ad.ad_click.lineitem_id, ad.ad_impression.lineitem_id"),
        ("unit_id", "ad.ad_click.unit_id, ad.ad_impression.unit_id"),
        ("data_at", "ad.ad_click.created_at, ad.ad_impression.created_at"),
        ("revenue_sum", "ad.ad_click.revenue, ad.ad_impression.revenue"),
        ("revenue_type", "ad.ad_lineitem_staging.revenue_type, ad_lineitem.revenue_type"),
        ("unit_type", "ad.unit_staging.unit_type, unit.unit_type"),
        ("impression_count", "ad.ad_click (rows), ad.ad_impression (rows)"),
        ("click_count", "ad.ad_click (rows), ad.ad_impression (rows)"),
        ("created_at", ""),
    ];
    let database = Database::new();
    let project = built(&database, &[]);
    // it writes a manifest in which nothing is compiled
    project.run_ok(&["ls"]);
    for (column, origins) in expected {
        let name = format!("m1_d_ad_mart_metrics.{column}");
        let output = project.run(&["lineage", &name, "--direction", "upstream", "--output", "json"]);
        let graph = json(&output.text);
        let nodes = graph["nodes"].as_array().unwrap();
        let found: BTreeSet<&str> =
            nodes.iter().map(|node| node["label"].as_str().unwrap()).filter(|label| *label != name).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>().join(", "), origins, "{name}");
    }
}

#[test]
fn a_build_writes_open_lineage_events_of_what_it_built() {
    let database = Database::new();
    let project = built(&database, &["--openlineage", "events.jsonl"]);
    let text = std::fs::read_to_string(project.path().join("events.jsonl")).unwrap();
    let mut by_job: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let event = json(line);
        by_job.entry(event["job"]["name"].as_str().unwrap().to_owned()).or_default().push(event);
    }
    let jobs: Vec<&str> = by_job.keys().map(String::as_str).collect();
    assert_eq!(
        jobs,
        [
            "model.ad_mart.ad_lineitem",
            "model.ad_mart.m1_d_ad_mart_metrics",
            "model.ad_mart.unit",
            "seed.ad_mart.ad_click",
            "seed.ad_mart.ad_impression",
            "seed.ad_mart.ad_lineitem_staging",
            "seed.ad_mart.unit_staging",
        ]
    );
    for events in by_job.values() {
        let types: Vec<&str> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
        assert_eq!(types, ["START", "COMPLETE"]);
        assert_eq!(events[0]["run"]["runId"], events[1]["run"]["runId"]);
    }
    let mart = &by_job["model.ad_mart.m1_d_ad_mart_metrics"][1];
    let fields = &mart["outputs"][0]["facets"]["columnLineage"]["fields"]["revenue_sum"]["inputFields"];
    let inputs: BTreeSet<&str> =
        fields.as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    let ends = |table: &str| inputs.iter().any(|name| name.ends_with(table));
    assert!(inputs.len() == 2 && ends(".ad_click") && ends(".ad_impression"), "{inputs:?}");
}
