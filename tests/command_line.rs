//! The command line, whatever is typed: numbers out of their range.

use crate::support::Project;

/// All options of all commands whose value is a number, as clap has them.
fn numbers() -> Vec<(Vec<String>, String)> {
    fn collect(command: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, String)>) {
        for argument in
            command.get_arguments().filter(|argument| !argument.is_global_set() || path.is_empty())
        {
            let names = argument.get_value_names().unwrap_or_default();
            if names.iter().any(|name| name.as_str() == "N") {
                found.push((path.to_vec(), argument.get_long().unwrap().to_owned()));
            }
        }
        for sub in command.get_subcommands() {
            let path = path.iter().cloned().chain([sub.get_name().to_owned()]).collect::<Vec<_>>();
            collect(sub, &path, found);
        }
    }
    let mut command = rsdbt::inside::cli::command();
    command.build();
    let mut found = Vec::new();
    collect(&command, &[], &mut found);
    found
}

#[test]
fn a_number_out_of_its_range_is_an_error_that_says_the_range() {
    let project = Project::at(&format!("rsdbt-numbers-{}", std::process::id()));
    project.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: postgres, embedded: true, schema: shop}}}\n",
    );
    let numbers = numbers();
    let mut names: Vec<&str> = numbers.iter().map(|(_, name)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["depth", "limit", "log-file-max-bytes", "port", "printer-width", "threads"]);
    for (path, name) in &numbers {
        let range = rsdbt::inside::options::range(&name.replace('-', "_"));
        let (least, most) = range.unwrap_or_else(|| panic!("{name} has no range"));
        let path = if path.is_empty() { &["parse".to_owned()][..] } else { path };
        let say = |value: &str| {
            let words: Vec<String> = path.iter().cloned().chain([format!("--{name}={value}")]).collect();
            project.run(&words)
        };
        let above = i128::from(most) + 1;
        let below = i128::from(least) - 1;
        for value in
            [below, above, i128::from(i64::MIN), i128::from(u64::MAX) * 10].map(|value| value.to_string())
        {
            let output = say(&value);
            let expected =
                format!("Invalid value for --{name}: '{value}' is not a whole number from {least} to {most}");
            assert!(output.status == 2 && output.text.contains(&expected), "{path:?} {}", output.text);
        }
        for value in ["x", "1.5", "", "0x10", "1e3"] {
            let output = say(value);
            assert!(output.status == 2 && output.text.contains("whole number"), "{path:?} {}", output.text);
        }
    }
    for value in ["1", "10000"] {
        let output = project.run(&["parse", "--threads", value, "--printer-width", value]);
        assert_eq!(output.status, 0, "{}", output.text);
    }
    for variable in ["DBT_PRINTER_WIDTH", "DBT_LOG_FILE_MAX_BYTES", "DBT_ENGINE_LOG_FILE_MAX_BYTES"] {
        let output = project.command(&["parse"]).env(variable, "-1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            text.contains(&format!("Invalid value for {variable}: '-1' is not a whole number from")),
            "{text}"
        );
    }
}
