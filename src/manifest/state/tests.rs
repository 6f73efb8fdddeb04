use std::sync::Arc;

use super::*;
use crate::manifest::{Constraint, FileHash, Node, Version};

fn mart() -> Manifest {
    serde_json::from_str(&std::fs::read_to_string("tests/recorded/mart.manifest.json").unwrap()).unwrap()
}

fn edit(manifest: &mut Manifest, id: &str, change: impl FnOnce(&mut Node)) {
    change(Arc::make_mut(manifest.nodes.get_mut(id).unwrap()));
}

/// The ids for which the aspect holds, and what was said.
fn compare(new: &Manifest, old: &Manifest, aspect: Aspect) -> Result<(Vec<String>, Vec<String>)> {
    let mut comparison = StateComparison::new(new, old, SourceNames::Rendered);
    let mut ids = Vec::new();
    for resource in new.resources() {
        if comparison.holds(aspect, resource)? {
            ids.push(resource.unique_id().to_owned());
        }
    }
    comparison.check_removed(aspect)?;
    Ok((ids, comparison.warnings.into_iter().map(|warning| warning.message).collect()))
}

const REVENUE: &str = "model.mart.revenue";

#[test]
fn a_project_equals_itself() {
    let mart = mart();
    for aspect in [Aspect::New, Aspect::Modified, Aspect::Contract, Aspect::Macros, Aspect::Relation] {
        assert_eq!(compare(&mart, &mart, aspect).unwrap(), (Vec::new(), Vec::new()));
    }
}

#[test]
fn a_breaking_change_is_a_warning_and_for_a_version_an_error() {
    let (old, mut new) = (mart(), mart());
    edit(&mut new, REVENUE, |node| {
        node.contract.checksum = Some("other".to_owned());
        node.columns.shift_remove("amount");
        let month = node.columns.get_mut("month").unwrap();
        month.data_type = Some("text".to_owned());
        month.constraints.clear();
        node.model_mut().unwrap().constraints.clear();
        node.config_mut().insert("materialized".to_owned(), "view".into());
    });
    let changes = "\n  - Columns were removed: \n    - amount\
                   \n  - Columns with data_type changes: \n    - month (int -> text)\
                   \n  - Enforced column level constraints were removed: \n    - 'not_null' constraint on column month\
                   \n    - 'positive' constraint on column month\
                   \n  - Enforced model level constraints were removed: \n    - 'primary_key' constraint on columns ['month']\
                   \n  - Materialization changed with enforced constraints: \n    - table -> view";
    let (ids, warnings) = compare(&new, &old, Aspect::Contract).unwrap();
    assert_eq!(ids, [REVENUE]);
    assert!(warnings[0].ends_with(changes), "{}", warnings[0]);

    edit(&mut new, REVENUE, |node| node.model_mut().unwrap().version = Some(Version::from(2)));
    let error = compare(&new, &old, Aspect::Modified).unwrap_err();
    assert!(error.message.starts_with(
        "While comparing to previous project state, dbt detected a breaking change to an enforced contract.\n  - Columns were"
    ));
}

#[test]
fn what_does_not_break_a_contract_is_only_a_change() {
    let (mut old, mut new) = (mart(), mart());
    edit(&mut old, REVENUE, |node| {
        node.columns.get_mut("amount").unwrap().data_type = Some("numeric(4, 2)".to_owned());
    });
    edit(&mut new, REVENUE, |node| {
        node.contract.checksum = Some("other".to_owned());
        node.columns.get_mut("amount").unwrap().data_type = Some("NUMERIC(5,2)".to_owned());
        let mut added = node.columns["month"].clone();
        added.constraints.push(Constraint { name: None, ..added.constraints[0].clone() });
        node.columns.insert("added".to_owned(), added);
    });
    assert_eq!(compare(&new, &old, Aspect::Contract).unwrap(), (vec![REVENUE.to_owned()], Vec::new()));
}

#[test]
fn a_contracted_model_that_is_gone_is_told() {
    let (old, mut new) = (mart(), mart());
    new.nodes.shift_remove(REVENUE);
    let (_, warnings) = compare(&new, &old, Aspect::Modified).unwrap();
    assert!(warnings[0].ends_with("\n  - Contracted model 'model.mart.revenue' was deleted or renamed."));
}

#[test]
fn a_seed_too_big_to_hash_is_known_by_its_path() {
    let (mut old, mut new) = (mart(), mart());
    let set = |manifest: &mut Manifest, hash| edit(manifest, "seed.mart.rates", |node| node.checksum = hash);
    set(&mut new, FileHash::path("seeds/rates.csv"));
    let (ids, warnings) = compare(&new, &old, Aspect::Body).unwrap();
    assert_eq!(ids, ["seed.mart.rates"]);
    assert!(warnings[0].contains("The previous file was <=1MB"));
    set(&mut old, FileHash::path("seeds/rates.csv"));
    let (ids, warnings) = compare(&new, &old, Aspect::Body).unwrap();
    assert!(ids.is_empty() && warnings[0].contains("assuming they are the same"));
}

#[test]
fn built_in_macros_are_not_compared() {
    let (mut old, mut new) = (mart(), mart());
    let mut own = new.macros["macro.mart.cents"].clone();
    Arc::make_mut(&mut own).package_name = "dbt".to_owned();
    new.macros.insert("macro.mart.cents".to_owned(), own);
    Arc::make_mut(old.macros.get_mut("macro.mart.cents").unwrap()).macro_sql = Arc::from("other");
    assert!(compare(&new, &old, Aspect::Macros).unwrap().0.is_empty());
    assert_eq!(compare(&old, &new, Aspect::Macros).unwrap().0, ["model.mart.stg_orders",]);
}

#[test]
fn refs_are_deferred_when_the_target_lacks_the_relation() {
    let (state, current) = (mart(), mart());
    let selected = ["model.mart.orders".to_owned()];
    let deferral = |favor| Deferral::new(&current, &state, &selected, favor);
    let plain = deferral(Favor::Target);
    assert!(plain.target("model.mart.stg_orders", || true).is_none());
    assert!(plain.target("model.mart.stg_orders", || false).is_some());
    assert!(
        plain.target("model.mart.int_orders_paid", || false).is_none(),
        "ephemeral models have no relation"
    );
    let favored = deferral(Favor::State);
    assert!(favored.target("model.mart.stg_orders", || true).is_some());
    assert!(favored.target("model.mart.orders", || true).is_none(), "selected nodes are built here");
}

#[test]
fn a_directory_is_read_and_a_foreign_one_refused() {
    let state = Path::new("tests/projects/mart/state");
    let previous = PreviousState::load(state, Path::new("tests/projects/mart/current")).unwrap();
    assert_eq!(previous.results.as_ref().unwrap().len(), 5);
    let mut fresher = previous.fresher_sources().unwrap();
    fresher.sort_unstable();
    assert_eq!(fresher, ["source.mart.shop.orders", "source.mart.shop.payments"]);
    assert!(PreviousState::load(Path::new("nowhere"), state).unwrap().manifest.is_none());

    let old = std::env::temp_dir().join(format!("rsdbt-old-state-{}", std::process::id()));
    std::fs::create_dir_all(&old).unwrap();
    let text = r#"{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v3.json"}, "nodes": []}"#;
    std::fs::write(old.join("manifest.json"), text).unwrap();
    let error = PreviousState::load(&old, state).unwrap_err();
    std::fs::remove_dir_all(&old).unwrap();
    assert!(error.message.contains("but found \"https://schemas.getdbt.com/dbt/manifest/v3.json\""));
}
