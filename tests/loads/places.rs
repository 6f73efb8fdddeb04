//! Which files a pattern finds, and what counts as the same file.

use std::fs;
use std::os::unix::fs::symlink;

use super::{lines, orders};
use crate::support::{Database, Project};

const IDS: &str = "select string_agg(id::text, ',' order by id, n) from orders";
const FILES: &str =
    "select string_agg(file, ' ' order by file) from rsdbt.loads where relation = 'orders'::regclass";

fn load(project: &Project, arguments: &[&str]) -> String {
    let output = project.run(&[&["load"], arguments].concat());
    assert_eq!(output.status, 0, "{}", output.text);
    output.text
}

fn refused(project: &Project, arguments: &[&str]) -> String {
    let output = project.run(&[&["load"], arguments].concat());
    assert_ne!(output.status, 0, "{}", output.text);
    output.text
}

#[test]
fn a_file_is_loaded_once_under_every_spelling_and_through_every_link() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/*.csv\"}");
    project.write("in/a.csv", "id,n\n1,1\n");
    symlink("a.csv", project.path().join("in/b.csv")).unwrap();
    load(&project, &[]);
    assert_eq!(lines(&mut database, FILES), ["in/a.csv"]);
    symlink("in", project.path().join("link")).unwrap();
    let absolute = project.path().join("in/a.csv");
    for spelling in
        ["in/../in/a.csv", "./in/a.csv", "in//a.csv", "link/a.csv", "in/b.csv", absolute.to_str().unwrap()]
    {
        let text = load(&project, &["orders", "--files", spelling]);
        assert!(text.contains("no new files"), "{spelling}: {text}");
    }
    load(&project, &["orders", "--files", "in/a.csv", "--files", "link/a.csv"]);
    for pattern in
        ["link/*.csv", "in/../in/*.csv", "**/*.csv", &format!("{}/link/*.csv", project.path().display())]
    {
        let config = fs::read_to_string(project.path().join("models/sources.yml")).unwrap();
        let (before, rest) = config.split_once("files: \"").unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        project.write("models/sources.yml", &format!("{before}files: \"{pattern}\"{after}"));
        let text = load(&project, &[]);
        assert!(text.contains("no new files"), "{pattern}: {text}");
    }
    assert_eq!(lines(&mut database, IDS), ["1"]);
}

#[test]
fn files_outside_the_project_have_one_name_too() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/*.csv\"}");
    let other = Database::new();
    let elsewhere = Project::new(&other);
    elsewhere.write("a.csv", "id,n\n1,1\n");
    fs::create_dir(project.path().join("in")).unwrap();
    symlink(elsewhere.path(), project.path().join("in2")).unwrap();
    symlink(elsewhere.path().join("a.csv"), project.path().join("in/x.csv")).unwrap();
    load(&project, &[]);
    let place = fs::canonicalize(elsewhere.path()).unwrap().join("a.csv");
    assert_eq!(lines(&mut database, FILES), [place.to_str().unwrap()]);
    for spelling in ["in2/a.csv", place.to_str().unwrap()] {
        assert!(load(&project, &["orders", "--files", spelling]).contains("no new files"), "{spelling}");
    }
    assert_eq!(lines(&mut database, IDS), ["1"]);
}

#[test]
fn a_link_to_nowhere_is_an_error_and_what_begins_with_a_dot_is_left_alone() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/**/*.csv\"}");
    project.write("in/a.csv", "id,n\n1,1\n");
    project.write("in/.hidden.csv", "id,n\n2,1\n");
    project.write("in/.old/b.csv", "id,n\n3,1\n");
    symlink("..", project.path().join("in/loop")).unwrap();
    load(&project, &[]);
    assert_eq!(lines(&mut database, IDS), ["1"]);
    symlink("/nowhere", project.path().join("in/eu")).unwrap();
    let text = load(&project, &[]);
    assert!(text.contains("in/eu: it is a symbolic link to nowhere"), "{text}");
    symlink("/nowhere/b.csv", project.path().join("in/b.csv")).unwrap();
    let text = refused(&project, &[]);
    assert!(text.contains("in/b.csv: it is a symbolic link to nowhere"), "{text}");
    fs::remove_file(project.path().join("in/b.csv")).unwrap();
    fs::remove_dir_all(project.path().join("in")).unwrap();
    symlink("/nowhere", project.path().join("in")).unwrap();
    let text = refused(&project, &[]);
    assert!(text.contains("in/: it is a symbolic link to nowhere"), "{text}");
}

#[test]
fn files_with_other_dates_in_their_names_are_named_and_do_not_stop_the_rest() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/o_{day:%Y-%m-%d}.csv\"}");
    for name in ["2024-02-01", "2024-02-31", "2024-1-15", "x"] {
        project.write(&format!("in/o_{name}.csv"), "id,n\n1,1\n");
    }
    project.write("in/p_x.csv", "");
    let text = load(&project, &[]);
    assert!(
        text.contains(
            "3 files do not match the pattern from which raw.orders is loaded, though almost\n  \
             in/o_2024-02-31.csv: `2024-02-31` is a date that does not exist (format `%Y-%m-%d`)\n  \
             in/o_2024-1-15.csv: `2024-1-15` is not a date of the format `%Y-%m-%d`\n  \
             in/o_x.csv: `x` is not a date of the format `%Y-%m-%d`\n"
        ),
        "{text}"
    );
    assert_eq!(lines(&mut database, FILES), ["in/o_2024-02-01.csv"]);
    refused(&project, &["--warn-error"]);
    let results = fs::read_to_string(project.path().join("target/run_results.json")).unwrap();
    assert!(results.contains("\"rows_affected\"") || results.contains("though almost"), "{results}");
}

#[test]
fn files_of_another_table_are_no_mistakes() {
    let database = Database::new();
    let project = orders(&database, "from: {files: \"in/o_{day}.csv\"}");
    let config = fs::read_to_string(project.path().join("models/sources.yml")).unwrap();
    let second = config
        .split_once("    tables:\n")
        .unwrap()
        .1
        .replace("name: orders", "name: items")
        .replace("o_{day}", "o_items_{day}");
    project.write("models/sources.yml", &format!("{config}{second}"));
    project.write("in/o_2024-02-01.csv", "id,n\n1,1\n");
    project.write("in/o_items_2024-02-01.csv", "id,n\n1,1\n");
    let text = load(&project, &[]);
    assert!(!text.contains("though almost"), "{text}");
}

#[test]
fn a_replaced_table_follows_files_that_go() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/*.csv\"}, mode: replace");
    project.write("in/a.csv", "id,n\n1,1\n2,1\n");
    project.write("in/b.csv", "id,n\n3,1\n");
    load(&project, &[]);
    fs::remove_file(project.path().join("in/b.csv")).unwrap();
    let text = refused(&project, &[]);
    assert!(text.contains("it has 3 rows, and the load has 2, more than 20 % fewer"), "{text}");
    assert_eq!(lines(&mut database, IDS), ["1,2,3"]);
    load(&project, &["--allow-deletes"]);
    assert_eq!(lines(&mut database, IDS), ["1,2"]);
    assert_eq!(lines(&mut database, FILES), ["in/a.csv"]);
    assert!(load(&project, &[]).contains("no new files"));
    fs::remove_file(project.path().join("in/a.csv")).unwrap();
    let text = refused(&project, &[]);
    assert!(text.contains("it has 2 rows, and the load has 0"), "{text}");
    assert_eq!(lines(&mut database, IDS), ["1,2"]);
    let text = load(&project, &["--allow-deletes"]);
    assert!(text.contains("[LOAD 0 (all files are gone)"), "{text}");
    assert_eq!(lines(&mut database, "select count(*)::text from orders"), ["0"]);
    assert!(load(&project, &[]).contains("no new files"));
    project.write("in/b.csv", "id,n\n3,1\n");
    load(&project, &[]);
    assert_eq!(lines(&mut database, IDS), ["3"]);
}

/// The newest of dated files is the table: without it, the one before.
#[test]
fn a_replaced_table_goes_back_when_its_newest_file_goes() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/{day}.csv\"}, mode: replace");
    project.write("in/2024-01-01.csv", "id,n\n1,1\n");
    project.write("in/2024-01-02.csv", "id,n\n2,1\n");
    load(&project, &[]);
    assert_eq!(lines(&mut database, IDS), ["2"]);
    fs::remove_file(project.path().join("in/2024-01-02.csv")).unwrap();
    load(&project, &[]);
    assert_eq!(lines(&mut database, IDS), ["1"]);
}

#[test]
fn a_file_of_an_earlier_date_that_comes_late_is_named() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/{day}.csv\"}, mode: upsert, unique_key: id");
    project.write("in/2024-01-02.csv", "id,n\n1,2\n");
    assert!(!load(&project, &[]).contains("earlier date"));
    project.write("in/2024-01-01.csv", "id,n\n1,1\n");
    project.write("in/2024-01-03.csv", "id,n\n2,3\n");
    let text = load(&project, &[]);
    assert!(
        text.contains("their rows replace newer ones of") && text.contains("in/2024-01-01.csv"),
        "{text}"
    );
    assert!(!text.contains("in/2024-01-03.csv"), "{text}");
    assert_eq!(lines(&mut database, IDS), ["1,2"]);
    assert!(!load(&project, &[]).contains("earlier date"));
}

#[test]
fn a_file_whose_content_changed_under_the_same_size_and_time_is_another_one() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/*.csv\"}, mode: replace");
    let at = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    for id in ["1", "2"] {
        project.write("in/a.csv", &format!("id,n\n{id},1\n"));
        fs::File::options()
            .write(true)
            .open(project.path().join("in/a.csv"))
            .unwrap()
            .set_modified(at)
            .unwrap();
        load(&project, &[]);
        assert_eq!(lines(&mut database, IDS), [id]);
    }
    assert!(load(&project, &[]).contains("no new files"));
}

#[test]
fn the_files_of_a_table_follow_it_to_another_name_and_back() {
    let mut database = Database::new();
    let project = orders(&database, "from: {files: \"in/*.csv\"}");
    project.write("in/a.csv", "id,n\n1,1\n");
    load(&project, &[]);
    database.execute("alter table orders rename to kept");
    load(&project, &[]);
    assert_eq!(lines(&mut database, IDS), ["1"]);
    database.execute("drop table orders");
    database.execute("alter table kept rename to orders");
    assert!(load(&project, &[]).contains("no new files"));
    assert_eq!(lines(&mut database, IDS), ["1"]);
    database.execute("alter table orders rename to sales");
    let config = fs::read_to_string(project.path().join("models/sources.yml")).unwrap();
    project.write("models/sources.yml", &config.replace("name: orders", "name: sales"));
    assert!(load(&project, &[]).contains("no new files"));
    // another table of that name has none of the rows
    database.execute("drop table sales");
    load(&project, &[]);
    assert_eq!(lines(&mut database, "select count(*)::text from sales"), ["1"]);
}
