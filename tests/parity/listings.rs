//! `ls` of whole projects against what dbt printed. `tests/record/dbt_ls.py` recorded it.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::copy::{Copy, recorded};

#[test]
fn listings_are_those_of_dbt() {
    let mut wrong = Vec::new();
    for name in ["mart", "shop", "layers"] {
        let project = Copy::of(name, "listings");
        let cases = recorded(name, "selectors");
        let cases = cases.as_array().unwrap();
        let next = AtomicUsize::new(0);
        let take = || {
            let mut own = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                own.extend(difference(&project, case));
            }
            own
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            for worker in workers {
                wrong.extend(worker.join().unwrap());
            }
        });
    }
    assert!(wrong.is_empty(), "{} listings differ:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// The difference to what dbt printed, if there is one.
fn difference(project: &Copy, case: &Value) -> Option<String> {
    let texts = |key: &str| -> Vec<&str> {
        case[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
    };
    let mut arguments = vec!["ls"];
    arguments.extend(texts("args"));
    let output = project.rsdbt(&arguments);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = printed.lines().collect();
    let expected = texts("lines");
    let same = match case["error"].as_str() {
        Some(_) => output.status.code() == Some(2),
        None => output.status.success() && lines == expected,
    };
    (!same).then(|| {
        format!("{}: {}\n  dbt {expected:#?}\n  rsdbt {lines:#?}", project.name, arguments.join(" "))
    })
}
