//! The migrations as files; what they do on a server is in `tests/memory.rs`.

use super::layout::{current, migrations};

#[test]
fn versions_are_counted_without_a_gap() {
    let versions: Vec<i64> = migrations().iter().map(|migration| migration.version).collect();
    assert_eq!(versions, (1..=current()).collect::<Vec<_>>());
    assert!(migrations().iter().all(|migration| !migration.statements().is_empty()));
}
