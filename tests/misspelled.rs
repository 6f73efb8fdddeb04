//! Every key that is read, mistyped by a letter, in every place that it can be written in: a warning with the line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::support::Project;

/// `tags` as `tgs`, `taags`, `tgas` and `tagq`.
fn slips(key: &str) -> Vec<String> {
    let letters: Vec<char> = key.chars().collect();
    if letters.len() < 3 {
        return Vec::new();
    }
    let mut swapped = letters.clone();
    swapped.swap(1, 2);
    let text = |letters: &[char]| letters.iter().collect::<String>();
    vec![
        text(&[&letters[..1], &letters[2..]].concat()),
        text(&[&letters[..2], &letters[1..]].concat()),
        text(&swapped),
        text(&[&letters[..letters.len() - 1], &['q']].concat()),
    ]
}

/// The slips of all keys of a place, without those that are keys themselves.
struct Slips(BTreeMap<String, BTreeSet<String>>);

impl Slips {
    fn new() -> Self {
        let known = rsdbt::inside::keys_of_files();
        let is_known = |slip: &String| {
            known
                .iter()
                .any(|(_, keys)| keys.iter().any(|key| key.replace('-', "_") == slip.replace('-', "_")))
        };
        let of = |keys: &[&str]| {
            keys.iter().flat_map(|key| slips(key)).filter(|slip| !is_known(slip)).collect::<BTreeSet<_>>()
        };
        Self(known.iter().map(|(place, keys)| (place.clone(), of(keys))).collect())
    }

    fn of(&self, place: &str) -> &BTreeSet<String> {
        &self.0[place]
    }

    /// A line each, as YAML.
    fn yaml(&self, place: &str, indent: usize) -> String {
        self.of(place).iter().fold(String::new(), |mut text, slip| {
            let _ = writeln!(text, "{}{slip}: 1", " ".repeat(indent));
            text
        })
    }

    /// Those that can be names of arguments, in a call of `config`.
    fn call(&self, place: &str) -> String {
        let arguments: Vec<String> = self
            .of(place)
            .iter()
            .filter(|slip| !slip.contains('-'))
            .map(|slip| format!("\n  {slip}=1"))
            .collect();
        format!("{{{{ config({}) }}}}", arguments.join(","))
    }
}

fn project() -> Project {
    let project =
        Project::at(&format!("rsdbt-misspelled-{}-{:?}", std::process::id(), std::thread::current().id()));
    project.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: postgres, host: h, port: 1, user: u, password: p, dbname: d, schema: s}}}\n",
    );
    project
}

/// The file and the line of each warning of one of these kinds.
fn places(project: &Project) -> Vec<String> {
    let said = project.run(&["parse", "--show-all-deprecations"]);
    assert_eq!(said.status, 0, "{}", said.text);
    let lines: Vec<&str> = said.text.lines().collect();
    let mut found: Vec<String> = lines
        .windows(3)
        .filter(|lines| lines[0].contains("][UnknownConfig]") || lines[0].contains("][UnknownKey]"))
        .inspect(|lines| assert!(lines[2].contains("help: did you mean"), "{lines:?}"))
        .map(|lines| {
            let place = lines[1].trim().strip_prefix("--> ").unwrap_or_else(|| panic!("{lines:?}"));
            place.rsplit_once(':').unwrap().0.to_owned()
        })
        .collect();
    found.sort();
    found
}

/// All lines of the files that hold a slip.
fn expected(files: &[(&str, String)], slips: &Slips) -> Vec<String> {
    let all: BTreeSet<&String> = slips.0.values().flatten().collect();
    let mut lines = Vec::new();
    for (path, text) in files {
        for (number, line) in text.lines().enumerate() {
            let word: String = line
                .trim_start_matches([' ', '+'])
                .chars()
                .take_while(|c| c.is_alphanumeric() || "_-".contains(*c))
                .collect();
            if all.contains(&word) {
                lines.push(format!("{path}:{}", number + 1));
            }
        }
    }
    lines.sort();
    lines
}

fn check(files: &[(&str, String)], slips: &Slips) {
    let project = project();
    for (path, text) in files {
        project.write(path, text);
    }
    let expected = expected(files, slips);
    assert!(!expected.is_empty());
    let found = places(&project);
    let missing: Vec<_> = expected.iter().filter(|place| !found.contains(place)).collect();
    assert!(missing.is_empty(), "without a warning: {missing:?}");
    assert_eq!(found, expected);
}

#[test]
fn configs_in_the_project_file() {
    let slips = Slips::new();
    for place in
        slips.0.keys().filter_map(|place| place.strip_prefix('+')).filter(|place| *place != "columns")
    {
        let of_tree = slips.yaml(&format!("+{place}"), 4).replace("    ", "    +");
        let plain = slips.yaml(&format!("+{place}"), 6);
        let text = format!("name: shop\nprofile: shop\n{place}:\n  shop:\n{of_tree}    folder:\n{plain}");
        check(&[("dbt_project.yml", text)], &slips);
    }
}

#[test]
fn configs_in_the_calls_of_sql_files() {
    let slips = Slips::new();
    let files = [
        ("models/m.sql", format!("{}\nselect 1 as id", slips.call("+models"))),
        ("models/n.sql", format!("-- again\n{}\nselect 1 as id", slips.call("+models"))),
        (
            "snapshots/k.sql",
            format!(
                "{{% snapshot k %}}{{{{ config(unique_key='id', strategy='check', check_cols='all') }}}}\n{}\nselect 1 as id{{% endsnapshot %}}",
                slips.call("+snapshots")
            ),
        ),
        ("tests/t.sql", format!("{}\nselect 1 as id where false", slips.call("+data_tests"))),
        ("analyses/a.sql", format!("{}\nselect 1 as id", slips.call("+models"))),
    ];
    check(&files, &slips);
}

#[test]
fn configs_in_properties_files() {
    let slips = Slips::new();
    let config = |place: &str, indent: usize| {
        format!("{}config:\n{}", " ".repeat(indent), slips.yaml(place, indent + 2))
    };
    let yaml = format!(
        "models:\n  - name: m\n{}    columns:\n      - name: id\n{}        data_tests:\n          - unique:\n{}          - test_name: not_null\n{}\
         seeds:\n  - name: s\n{}snapshots:\n  - name: k\n    relation: ref('m')\n{}\
         sources:\n  - name: q\n{}    tables:\n      - name: t\n{}\
         exposures:\n  - name: e\n    type: dashboard\n    owner: {{name: o}}\n{}\
         unit_tests:\n  - name: u\n    model: m\n    given: []\n    expect: {{rows: []}}\n{}\
         data_tests:\n  - name: g\n{}analyses:\n  - name: a\n{}",
        config("+models", 4),
        config("+columns", 8),
        config("+data_tests", 14),
        config("+data_tests", 12),
        config("+seeds", 4),
        config("+snapshots", 4).replacen(
            "    config:\n",
            "    config:\n      strategy: check\n      unique_key: id\n      check_cols: all\n",
            1
        ),
        config("+sources", 4),
        config("+sources", 8),
        config("+exposures", 4),
        config("+unit_tests", 4),
        config("+data_tests", 4),
        config("+models", 4),
    );
    let files = [
        ("models/p.yml", yaml),
        ("models/m.sql", "select 1 as id".to_owned()),
        ("seeds/s.csv", "id\n1\n".to_owned()),
        ("tests/g.sql", "select 1 as id where false".to_owned()),
        ("analyses/a.sql", "select 1 as id".to_owned()),
    ];
    check(&files, &slips);
}

#[test]
fn keys_of_entries_and_of_whole_files() {
    let slips = Slips::new();
    let more: BTreeMap<&str, &str> = BTreeMap::from([
        ("exposures", "    type: dashboard\n    owner: {name: o}\n"),
        ("groups", "    owner: {name: o}\n"),
        ("unit_tests", "    model: m\n    given: []\n    expect: {rows: []}\n"),
        ("functions", "    returns: {data_type: int}\n"),
    ]);
    let lists = [
        "models",
        "seeds",
        "snapshots",
        "sources",
        "macros",
        "data_tests",
        "analyses",
        "exposures",
        "functions",
        "groups",
        "unit_tests",
    ];
    for list in lists {
        let yaml = format!("{list}:\n  - name: m\n{}{}", more.get(list).unwrap_or(&""), slips.yaml(list, 4));
        check(&[("models/p.yml", yaml), ("models/m.sql", "select 1 as id".to_owned())], &slips);
    }
    check(&[("models/p.yml", slips.yaml("properties", 0))], &slips);
    let project_file = format!("name: shop\nprofile: shop\n{}", slips.yaml("dbt_project.yml", 0));
    check(&[("dbt_project.yml", project_file)], &slips);
}
