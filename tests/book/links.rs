//! The summary, the index, and the links of all pages.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fancy_regex::Regex;

use super::{assert_written, files, read};

/// The pages of the summary by their files, from `docs/`.
fn summary() -> Vec<String> {
    let link = Regex::new(r"\]\(([^)]+)\)").unwrap();
    let text = read("docs/SUMMARY.md");
    link.captures_iter(&text).map(|found| found.unwrap()[1].to_owned()).collect()
}

#[test]
fn every_page_is_in_the_summary_once() {
    let listed = summary();
    let once: BTreeSet<&String> = listed.iter().collect();
    assert_eq!(once.len(), listed.len(), "a page is listed twice");
    let pages: BTreeSet<String> = files("docs", "md")
        .iter()
        .map(|path| path.strip_prefix("docs").unwrap().to_str().unwrap().to_owned())
        .filter(|path| path != "SUMMARY.md")
        .collect();
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), pages);
}

/// Who reads the folder without mdBook begins at docs/README.md.
#[test]
fn the_index_is_the_summary() {
    let summary = read("docs/SUMMARY.md");
    let (_, parts) = summary.split_once("(README.md)\n").unwrap();
    let parts = parts.replace("\n# ", "\n## ");
    let index = format!(
        "# Documentation\n\nWritten from `SUMMARY.md`. `mdbook build docs` makes a book of this folder, in `target/book`.\n{parts}"
    );
    assert_written("docs/README.md", &index);
}

#[test]
fn every_relative_link_leads_somewhere() {
    let outside = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(PathBuf::from);
    let mut broken = Vec::new();
    let mut count = 0;
    for page in files("docs", "md").into_iter().chain(outside) {
        for link in links(&fs::read_to_string(&page).unwrap()) {
            count += 1;
            if let Some(why) = problem(&page, &link) {
                broken.push(format!("{}: {link}: {why}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(count > 200, "{count}");
}

/// The targets of the relative links of a page, those in code left out.
fn links(text: &str) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let code = Regex::new(r"(`+)[^`]+\1").unwrap();
    let prose = prose(text);
    let prose = code.replace_all(&prose, "`");
    let targets = link.captures_iter(&prose).map(|found| found.unwrap()[1].to_owned());
    targets.filter(|target| !target.contains("://")).collect()
}

/// Without fenced blocks.
fn prose(text: &str) -> String {
    let mut fence = None::<String>;
    let mut prose = String::new();
    for line in text.lines() {
        let ticks: String = line.trim_start().chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if ticks == *open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                prose.push_str(line);
                prose.push('\n');
            }
        }
    }
    prose
}

fn problem(page: &Path, link: &str) -> Option<&'static str> {
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let target = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
    if !target.exists() {
        return Some("no such file");
    }
    let anchors = || anchors(&fs::read_to_string(&target).unwrap());
    anchor.is_some_and(|anchor| !anchors().contains(anchor)).then_some("no such heading")
}

/// As GitHub and mdBook name headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for heading in prose(text).lines().filter(|line| line.starts_with('#')) {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let mut number = 0;
        let mut anchor = name.clone();
        while !anchors.insert(anchor) {
            number += 1;
            anchor = format!("{name}-{number}");
        }
    }
    anchors
}

#[test]
fn links_in_code_are_no_links() {
    let text =
        "# A `b` c\n\n[x](y.md#z) `[n](o.md)`\n```sql\n[p](q.md)\n# r\n```\n[s](https://t)\n# A b, c\n";
    assert_eq!(links(text), ["y.md#z"]);
    assert_eq!(anchors(text).into_iter().collect::<Vec<_>>(), ["a-b-c", "a-b-c-1"]);
}
