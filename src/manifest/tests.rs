use std::sync::Arc;

use serde_json::Value;

use crate::hashed::HashSet;

use super::*;

const RECORDED: &str = "tests/recorded/mart.manifest.json";

/// Set `MANIFESTS` to a colon-separated list of files to try more of them.
fn manifests() -> Vec<String> {
    let mut files = vec![RECORDED.to_owned()];
    files.extend(std::env::var("MANIFESTS").iter().flat_map(|list| list.split(':')).map(str::to_owned));
    files
}

fn read(file: &str) -> Manifest {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn as_many_nodes_as_there_are_come_out() {
    let node = |number: u32| {
        (
            format!("model.shop.m{number}"),
            Node { kind: NodeKind::Model(Box::default()), name: format!("m{number}"), ..Node::default() },
        )
    };
    for count in [0, 1, 32, 33, 2000] {
        let nodes = (0..count).map(node).map(|(id, node)| (id, Arc::new(node))).collect();
        let manifest = Manifest { nodes, ..Manifest::default() };
        let mut written = Vec::new();
        manifest.write(&KeptText::default(), &mut written).unwrap();
        assert_eq!(serde_json::from_slice::<Manifest>(&written).unwrap().nodes, manifest.nodes);
    }
}

#[test]
fn what_dbt_wrote_comes_out_again_key_by_key() {
    for file in manifests() {
        let text = std::fs::read_to_string(&file).unwrap();
        let theirs: Value = serde_json::from_str(&text).unwrap();
        let manifest: Manifest = serde_json::from_str(&text).unwrap();
        compare(&theirs, &serde_json::to_value(&manifest).unwrap(), &file);
        let kept = KeptText::default();
        let mut written = Vec::new();
        manifest.write(&kept, &mut written).unwrap();
        let mut again = Vec::new();
        manifest.write(&kept, &mut again).unwrap();
        assert_eq!(written, again);
        compare(&theirs, &serde_json::from_slice(&written).unwrap(), &file);
    }
}

fn compare(theirs: &Value, ours: &Value, path: &str) {
    match (theirs, ours) {
        (Value::Object(left), Value::Object(right)) => {
            let keys = |map: &Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(left), keys(right), "keys of {path}");
            for (key, value) in left {
                compare(value, &right[key], &format!("{path} > {key}"));
            }
        }
        _ => assert_eq!(theirs, ours, "{path}"),
    }
}

fn without_edges(manifest: &Manifest) -> Manifest {
    let mut bare = manifest.clone();
    for node in bare.nodes.values_mut().chain(bare.functions.values_mut()) {
        Arc::make_mut(node).depends_on.nodes.clear();
    }
    for exposure in bare.exposures.values_mut() {
        exposure.depends_on.nodes.clear();
    }
    for metric in bare.metrics.values_mut() {
        metric.depends_on.nodes.clear();
        metric.type_params.input_measures.clear();
    }
    for model in bare.semantic_models.values_mut() {
        model.depends_on.nodes.clear();
        model.node_relation = None;
    }
    for query in bare.saved_queries.values_mut() {
        query.depends_on.nodes.clear();
    }
    bare
}

fn resolve(manifest: &mut Manifest) -> Result<Vec<String>, Vec<String>> {
    let root = manifest.metadata.project_name.clone().unwrap();
    let lookup = Lookup::new(manifest, &root, Precedence::default());
    let restricted_packages = HashSet::default();
    let context =
        ResolveContext { lookup: &lookup, restricted_packages: &restricted_packages, locate: &|_, _| None };
    let texts = |list: Vec<crate::diagnostic::Diagnostic>| list.into_iter().map(|it| it.message).collect();
    manifest.resolve_edges(&context).map(texts).map_err(|errors| texts(errors.0))
}

#[test]
fn edges_and_maps_are_those_of_dbt() {
    for file in manifests() {
        let theirs = read(&file);
        let mut ours = without_edges(&theirs);
        assert_eq!(resolve(&mut ours), Ok(Vec::new()));
        compare(&serde_json::to_value(&theirs).unwrap(), &serde_json::to_value(&ours).unwrap(), &file);
        assert_eq!(ours.check_unique(SameNames::Refuse, |_| "").unwrap().len(), 0);
    }
}

fn edit(manifest: &mut Manifest, id: &str, change: impl FnOnce(&mut Node)) {
    change(Arc::make_mut(manifest.nodes.get_mut(id).unwrap()));
}

#[test]
fn names_that_lead_nowhere_are_told() {
    let mut manifest = without_edges(&read(RECORDED));
    let name = |name: &str, package: Option<&str>, version: Option<Version>| RefArgs {
        name: name.to_owned(),
        package: package.map(str::to_owned),
        version,
    };
    edit(&mut manifest, "model.mart.orders", |node| {
        node.refs = vec![
            name("stg_ordres", None, None),
            name("switched_off", None, None),
            name("stg_orders", Some("toolkit"), None),
            name("dim_customers", None, Some(Version::from(9))),
            name("revenue", None, None),
        ];
    });
    edit(&mut manifest, "test.mart.no_negative_orders", |node| node.refs = vec![name("nowhere", None, None)]);
    let errors = resolve(&mut manifest).unwrap_err();
    let place = "Model 'model.mart.orders' (models/marts/orders.sql) depends on a node named";
    assert_eq!(
        errors,
        [
            format!("{place} 'stg_ordres' which was not found"),
            format!("{place} 'switched_off' which is disabled"),
            format!("{place} 'stg_orders' in package or project 'toolkit' which was not found"),
            format!("{place} 'dim_customers' with version '9' which was not found"),
            "Node model.mart.orders attempted to reference node model.mart.revenue, which is not allowed because \
             the referenced node is private to the 'finance' group."
                .to_owned(),
        ]
    );
    assert!(!manifest.nodes["test.mart.no_negative_orders"].is_enabled());
}

#[test]
fn the_root_package_comes_before_the_nodes_own() {
    let mut manifest = read(RECORDED);
    let mut copy = Node::clone(&manifest.nodes["model.toolkit.calendar"]);
    copy.unique_id = "model.mart.calendar".to_owned();
    copy.package_name = "mart".to_owned();
    manifest.nodes.insert(copy.unique_id.clone(), Arc::new(copy));
    let calendar = RefArgs { name: "calendar".to_owned(), ..RefArgs::default() };
    let find = |precedence, package: &str| {
        let lookup = Lookup::new(&manifest, "mart", precedence);
        lookup.reference(package, &calendar).map(|found| match found {
            Found::Enabled(id) => id.to_owned(),
            other => format!("{other:?}"),
        })
    };
    assert_eq!(find(Precedence::RootPackageFirst, "toolkit").unwrap(), "model.mart.calendar");
    assert_eq!(find(Precedence::NodePackageFirst, "toolkit").unwrap(), "model.toolkit.calendar");
    let lookup = Lookup::new(&manifest, "third", Precedence::default());
    assert_eq!(lookup.reference("third", &calendar).unwrap_err().unique_ids.len(), 2);
}

#[test]
fn two_nodes_of_one_relation_are_refused() {
    let mut manifest = read(RECORDED);
    let relation = manifest.nodes["model.mart.orders"].relation_name.clone();
    edit(&mut manifest, "seed.mart.rates", |node| node.relation_name = relation);
    let errors = manifest.check_unique(SameNames::Warn, |_| "").unwrap_err();
    assert!(errors.0[0].message.starts_with(
        "dbt found two resources with the database representation \"\"postgres\".\"selectors\".\"orders\"\""
    ));
}

#[test]
fn older_manifests_are_read() {
    let text = r#"{
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v4.json", "quoting": null},
        "nodes": {
            "model.old.orders": {
                "raw_sql": "select 1", "compiled": true, "compiled_sql": "select 1", "resource_type": "model",
                "depends_on": {"nodes": ["model.old.base"]}, "refs": [["base"], ["pkg", "other"]], "tags": "daily",
                "config": {"enabled": true, "materialized": "view"}, "root_path": "/x", "description": null,
                "unique_id": "model.old.orders", "name": "orders", "deferred": false
            }
        },
        "metrics": {"metric.old.m": {"name": "m", "type": "sum", "sql": "x", "filters": []}},
        "docs": {"dbt.__overview__": {"name": "__overview__", "block_contents": ""}},
        "disabled": null, "parent_map": null
    }"#;
    let manifest: Manifest = serde_json::from_str(text).unwrap();
    assert_eq!(manifest.metadata.schema_number(), Some(4));
    let node = &manifest.nodes["model.old.orders"];
    assert_eq!(&*node.raw_code, "select 1");
    assert_eq!(node.compiled.as_ref().unwrap().code.as_deref(), Some("select 1"));
    assert_eq!(
        node.refs[1],
        RefArgs { name: "other".to_owned(), package: Some("pkg".to_owned()), version: None }
    );
    assert_eq!(node.tags, ["daily"]);
    assert!(manifest.metrics.is_empty() && manifest.disabled.is_empty());
}
