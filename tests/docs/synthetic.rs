//! A manifest of any size, in the shape of a usual project.

use serde_json::{Value, json};

/// A project of staging, intermediate and mart models, as large as asked.
pub(crate) fn manifest(count: usize) -> Value {
    let mut seed = 7u64;
    let mut random = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % limit as u64).unwrap()
    };
    let staging = count / 5;
    let intermediate = count / 2;
    let name = |at: usize| match at {
        _ if at < staging => format!("stg_{at:05}"),
        _ if at < staging + intermediate => format!("int_{at:05}"),
        _ => format!("fct_{at:05}"),
    };
    let mut nodes = serde_json::Map::new();
    for at in 0..count {
        let folder = ["staging", "intermediate", "marts"]
            [usize::from(at >= staging) + usize::from(at >= staging + intermediate)];
        let own = name(at);
        let (parents, sql) = if at < staging {
            let sql = "select id, k, grp, amount, created_at, round((amount / 100.0)::numeric, 2) as amount_c\nfrom \"db\".\"raw\".\"events\"\nwhere created_at >= '2024-01-01'::timestamp and k <> 7";
            (vec!["source.perf.raw.events".to_owned()], sql.to_owned())
        } else {
            let mut parents: Vec<usize> = (0..=random(3)).map(|_| random(at.min(staging + at / 2))).collect();
            parents.sort_unstable();
            parents.dedup();
            let ctes: Vec<String> = parents
                .iter()
                .enumerate()
                .map(|(n, &parent)| {
                    format!(
                        "p{n} as (select id, k, grp, amount, created_at from \"db\".\"perf\".\"{}\")",
                        name(parent)
                    )
                })
                .collect();
            let joins: String = (1..parents.len())
                .fold(String::new(), |all, n| all + &format!("\nleft join p{n} using (id)"));
            let sql = format!(
                "with {}\nselect p0.id, p0.k, p0.grp, p0.amount, p0.created_at, round((p0.amount / 100.0)::numeric, 3) as amount_c\n  , count(*) over (partition by p0.grp) as n_a_{at}\n  , count(*) over (partition by p0.grp) as n_b_{at}\nfrom p0{joins}\nwhere p0.id <= {}\n",
                ctes.join(",\n"),
                random(1000)
            );
            (parents.iter().map(|&parent| format!("model.perf.{}", name(parent))).collect(), sql)
        };
        nodes.insert(
            format!("model.perf.{own}"),
            json!({
                "resource_type": "model", "name": own, "alias": own, "package_name": "perf", "schema": "perf",
                "fqn": ["perf", folder, format!("g{:03}", at / 100), own], "relation_name": format!("\"db\".\"perf\".\"{own}\""),
                "original_file_path": format!("models/{folder}/g{:03}/{own}.sql", at / 100),
                "description": format!("Model {own} of the synthetic project"), "tags": [format!("g{}", at % 10)],
                "columns": {"id": {"name": "id", "description": "the key"}, "created_at": {"name": "created_at"}, "amount_c": {"name": "amount_c"}},
                "config": {"materialized": if at % 4 == 0 { "table" } else { "view" }},
                "depends_on": {"nodes": parents}, "raw_code": sql, "compiled_code": format!("{sql}\n"),
            }),
        );
    }
    let columns: serde_json::Map<String, Value> = ["id", "k", "grp", "amount", "created_at"]
        .into_iter()
        .map(|name| (name.to_owned(), json!({"name": name})))
        .collect();
    json!({
        "metadata": {"project_name": "perf", "generated_at": "2024-01-01T00:00:00Z"},
        "nodes": nodes,
        "sources": {"source.perf.raw.events": {
            "resource_type": "source", "name": "events", "source_name": "raw", "package_name": "perf", "schema": "raw", "identifier": "events",
            "relation_name": "\"db\".\"raw\".\"events\"", "columns": columns, "description": "", "original_file_path": "models/sources.yml",
        }},
    })
}
