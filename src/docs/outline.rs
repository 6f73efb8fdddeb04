//! The lineage of nodes as text for `rsdbt docs`: each node after what it reads, or folders when there are many nodes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::counted::counted;
use crate::graph;
use crate::hashed::{HashMap, HashSet};
use crate::manifest::{Manifest, Resource};

/// More nodes than this are shown by folder, or by step where there are no folders.
const MANY_NODES: usize = 50;
/// So many folders fit on a screen; more of them are joined into their parents.
const MANY_FOLDERS: usize = 30;
/// So many names are written out in a line.
const NAMES: usize = 5;
/// Longer names are not waited for by the columns after them.
const WIDEST: usize = 48;

/// One node as it is shown.
#[derive(Debug, Default)]
struct Item {
    name: String,
    kind: String,
    folder: String,
    parents: Vec<usize>,
    /// The longest way from a node that reads nothing.
    step: usize,
    selected: bool,
}

/// The selected nodes with what they read, whether that is selected or not.
pub(crate) fn outline(manifest: &Manifest, selected: &[String]) -> String {
    draw(&items(manifest, selected))
}

fn items(manifest: &Manifest, selected: &[String]) -> Vec<Item> {
    let nodes = manifest.nodes.values().chain(manifest.functions.values()).map(|node| Resource::Node(node));
    let resources: Vec<Resource<'_>> = nodes
        .filter(|node| is_shown(*node))
        .chain(manifest.sources.values().map(|source| Resource::Source(source)))
        .chain(manifest.exposures.values().map(Resource::Exposure))
        .collect();
    let places: HashMap<&str, usize> =
        resources.iter().enumerate().map(|(at, resource)| (resource.unique_id(), at)).collect();
    let selected: HashSet<&str> = selected.iter().map(String::as_str).collect();
    let root = manifest.metadata.project_name.as_deref().unwrap_or_default();
    let item = |resource: &Resource<'_>| {
        let parents: HashSet<usize> =
            resource.parents().iter().filter_map(|id| places.get(id.as_str()).copied()).collect();
        Item {
            name: name(*resource),
            kind: kind(*resource),
            folder: folder(*resource, root),
            parents: parents.into_iter().collect(),
            step: 0,
            selected: selected.contains(resource.unique_id()),
        }
    };
    let mut items: Vec<Item> = resources.iter().map(item).collect();
    number_steps(&mut items);
    items
}

fn number_steps(items: &mut [Item]) {
    let edges =
        items.iter().enumerate().flat_map(|(at, item)| item.parents.iter().map(move |&from| (from, at)));
    for (item, depth) in graph::depths(items.len(), edges).into_iter().enumerate() {
        items[item].step = depth;
    }
}

fn is_shown(resource: Resource<'_>) -> bool {
    use crate::manifest::ResourceType::{Function, Model, Seed, Snapshot};
    matches!(resource.resource_type(), Model | Seed | Snapshot | Function)
}

fn name(resource: Resource<'_>) -> String {
    match resource {
        Resource::Source(source) => format!("{}.{}", source.source_name, source.name),
        Resource::Node(node) => node.search_name(),
        other => other.name().to_owned(),
    }
}

fn kind(resource: Resource<'_>) -> String {
    match resource {
        Resource::Node(node) if node.model().is_some() => node.materialized().to_owned(),
        Resource::Exposure(exposure) => exposure.kind.clone(),
        other => other.resource_type().to_string(),
    }
}

fn folder(resource: Resource<'_>, root: &str) -> String {
    if let Resource::Source(source) = resource {
        return format!("source {}", source.source_name);
    }
    let path = resource.original_file_path();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    if resource.package_name() == root {
        folder.to_owned()
    } else {
        format!("{}/{folder}", resource.package_name())
    }
}

fn draw(items: &[Item]) -> String {
    let mut shown: Vec<&Item> = items.iter().filter(|item| item.selected).collect();
    shown.sort_by(|left, right| (left.step, &left.name).cmp(&(right.step, &right.name)));
    if shown.len() <= MANY_NODES {
        return nodes(items, &shown);
    }
    match folders(items, &shown) {
        Some(text) => text,
        None => steps(&shown),
    }
}

/// A line per node, an empty line between steps.
fn nodes(items: &[Item], shown: &[&Item]) -> String {
    let width = |text: fn(&Item) -> &str| {
        shown.iter().map(|item| text(item).chars().count()).max().unwrap_or(0).min(WIDEST)
    };
    let (names, kinds) = (width(|item| &item.name), width(|item| &item.kind));
    let mut text = format!("Lineage of {} (<- means \"reads\")\n", counted(shown.len(), "node"));
    let mut step = None;
    for item in shown {
        if step.replace(item.step) != Some(item.step) {
            text.push('\n');
        }
        let mut parents: Vec<&str> = item.parents.iter().map(|&at| items[at].name.as_str()).collect();
        parents.sort_unstable();
        let parents = if parents.is_empty() { String::new() } else { format!("<- {}", listed(&parents)) };
        let line = format!("  {:names$}  {:kinds$}  {parents}", item.name, item.kind);
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// `a, b, c, d, e and 7 more`.
fn listed(names: &[&str]) -> String {
    let (first, rest) = names.split_at(names.len().min(NAMES));
    let first = first.join(", ");
    if rest.is_empty() { first } else { format!("{first} and {} more", rest.len()) }
}

/// A line per folder; None where the nodes lie in one or two of them.
fn folders(items: &[Item], shown: &[&Item]) -> Option<String> {
    let groups = |depth: usize| -> BTreeMap<String, Vec<&Item>> {
        let mut groups: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
        for &item in shown {
            groups.entry(cut(&item.folder, depth)).or_default().push(item);
        }
        groups
    };
    let depth = (1..=8).rev().find(|&depth| groups(depth).len() <= MANY_FOLDERS)?;
    let groups = groups(depth);
    if groups.len() < 3 {
        return None;
    }
    // the mean step, so that a folder comes after those that most of its nodes read
    let place =
        |group: &[&Item]| group.iter().map(|item| item.step).sum::<usize>() * 1000 / group.len().max(1);
    let mut order: Vec<(&String, &Vec<&Item>)> = groups.iter().collect();
    order.sort_by_key(|(name, group)| (place(group), *name));
    let width = groups.keys().map(|name| name.chars().count()).max().unwrap_or(0).min(WIDEST);
    let mut text =
        format!("Lineage of {} nodes in {} folders (<- means \"reads\")\n\n", shown.len(), groups.len());
    for (name, group) in order {
        let mut read: BTreeMap<String, HashSet<usize>> = BTreeMap::new();
        for &parent in group.iter().flat_map(|item| &item.parents) {
            read.entry(cut(&items[parent].folder, depth)).or_default().insert(parent);
        }
        read.remove(name.as_str());
        let mut read: Vec<(String, usize)> = read.into_iter().map(|(name, of)| (name, of.len())).collect();
        read.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        let read: Vec<String> = read.into_iter().map(|(name, count)| format!("{name} ({count})")).collect();
        let read: Vec<&str> = read.iter().map(String::as_str).collect();
        let read = if read.is_empty() { String::new() } else { format!("<- {}", listed(&read)) };
        let line = format!("  {name:width$}  {:>5}  {read}", group.len());
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text.push_str("\n`--select path:FOLDER` or `--select +MODEL+` shows single nodes\n");
    Some(text)
}

fn cut(folder: &str, depth: usize) -> String {
    folder.split('/').take(depth).collect::<Vec<_>>().join("/")
}

/// A line per step, with some names of each.
fn steps(shown: &[&Item]) -> String {
    let mut steps: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for item in shown {
        steps.entry(item.step).or_default().push(&item.name);
    }
    let mut text = format!("Lineage of {} nodes in {} steps\n\n", shown.len(), steps.len());
    let lines = steps.len();
    for (at, (step, names)) in steps.iter().enumerate() {
        if at == MANY_FOLDERS && lines > MANY_FOLDERS {
            let _ = writeln!(text, "  and {} more steps", lines - at);
            break;
        }
        let _ = writeln!(text, "  step {:<3} {:>5}  {}", step + 1, names.len(), listed(names));
    }
    text.push_str("\n`--select +MODEL+` shows single nodes\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, folder: &str, parents: &[usize]) -> Item {
        Item {
            name: name.into(),
            kind: "view".into(),
            folder: folder.into(),
            parents: parents.to_vec(),
            step: 0,
            selected: true,
        }
    }

    fn drawn(mut items: Vec<Item>) -> String {
        number_steps(&mut items);
        draw(&items)
    }

    #[test]
    fn few_nodes_stand_after_what_they_read() {
        let text = drawn(vec![
            item("report", "m", &[1, 2]),
            item("orders", "m", &[3]),
            item("customers", "m", &[4]),
            item("raw.orders", "source raw", &[]),
            item("raw.customers", "source raw", &[]),
        ]);
        assert_eq!(
            text,
            "Lineage of 5 nodes (<- means \"reads\")\n\n  \
             raw.customers  view\n  raw.orders     view\n\n  \
             customers      view  <- raw.customers\n  orders         view  <- raw.orders\n\n  \
             report         view  <- customers, orders\n"
        );
    }

    /// Sources, staging beside them, and marts in folders of their own, each reading three staging models.
    fn large(mart: impl Fn(usize) -> String) -> Vec<Item> {
        let mut items: Vec<Item> =
            (0..100).map(|at| item(&format!("raw.t{at}"), "source raw", &[])).collect();
        items.extend((0..100).map(|at| item(&format!("stg_{at}"), "models/staging", &[at])));
        let parents = |at: usize| [100 + at % 100, 100 + (at + 1) % 100, 100 + (at + 2) % 100];
        items.extend((0..300).map(|at| item(&format!("mart_{at}"), &mart(at), &parents(at))));
        items
    }

    #[test]
    fn five_hundred_nodes_fit_on_a_screen() {
        let text = drawn(large(|at| format!("models/marts/{}", ["finance", "ops", "sales"][at % 3])));
        assert_eq!(
            text,
            "Lineage of 500 nodes in 5 folders (<- means \"reads\")\n\n  \
             source raw              100\n  \
             models/staging          100  <- source raw (100)\n  \
             models/marts/finance    100  <- models/staging (100)\n  \
             models/marts/ops        100  <- models/staging (100)\n  \
             models/marts/sales      100  <- models/staging (100)\n\n\
             `--select path:FOLDER` or `--select +MODEL+` shows single nodes\n"
        );
        let deep = drawn(large(|at| format!("models/marts/team_{at}")));
        assert!(deep.lines().count() < 40 && deep.contains("models/marts "), "{deep}");
    }

    #[test]
    fn without_folders_there_are_steps() {
        let flat: Vec<Item> = (0..200)
            .map(|at: usize| {
                item(&format!("m{at}"), "models", &at.checked_sub(20).map_or(vec![], |at| vec![at]))
            })
            .collect();
        let text = drawn(flat);
        assert!(
            text.starts_with("Lineage of 200 nodes in 10 steps\n\n  step 1      20  m0, m1, m10"),
            "{text}"
        );
        let chain: Vec<Item> = (0..500)
            .map(|at: usize| {
                item(&format!("m{at}"), "models", &at.checked_sub(1).map_or(vec![], |at| vec![at]))
            })
            .collect();
        assert!(drawn(chain).lines().count() < 40);
    }
}
