//! Models that only add rows: a batch that is built twice has its rows twice.

use jiff::Timestamp;

use super::built::Built;
use super::table_rows::has_rows;
use crate::adapter::Connection;
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::Node;

/// What is built of it, whatever its code was then: rows that are there are not added again. Without any there is nothing. `refused`: the help
/// where the table has rows and nothing is noted of it, as after a restore. `takes_all`: whether its first build is one of all times.
pub(super) fn known(
    home: &mut Connection,
    node: &Node,
    built: Built,
    refused: Option<&str>,
    takes_all: impl FnOnce() -> Result<bool>,
) -> Result<Built> {
    if !has_rows(home, node)? {
        return if takes_all()? { Err(of_all(&node.name)) } else { Ok(Built::none()) };
    }
    let Some(help) = refused.filter(|_| built.is_empty()) else { return Ok(built) };
    let name = &node.name;
    let message = format!(
        "`{name}` has rows, and it is not known of which times: its strategy would add those of the interval again. Nothing was added"
    );
    let help = format!(
        "{help}`rsdbt backfill {name} --from .. --to .. --mark-built` notes a range of which all rows are there, as after a restore or a rename of the table"
    );
    Err(Diagnostic::runtime("backfill-adds", message).help(help).boxed())
}

/// The rows after the interval would come again with later ones.
fn of_all(name: &str) -> Box<Diagnostic> {
    let message = format!(
        "`{name}` asks for the interval only where `is_incremental()`: its first build would take the rows of all times, and later intervals would add them again"
    );
    Diagnostic::runtime("first-build-of-all", message)
        .help("write the condition without `is_incremental()`: the first build of an interval has `{{ interval_start }}`, too")
        .boxed()
}

/// The batches, cut where something is built already: the rest of one is added, and nothing of it again.
pub(super) fn pieces<'b>(
    batches: &[[Timestamp; 2]],
    built: impl Iterator<Item = &'b Built>,
) -> Vec<[Timestamp; 2]> {
    let mut cuts: Vec<Timestamp> = built.flat_map(Built::bounds).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut pieces = Vec::new();
    for [start, end] in batches {
        let within = cuts.iter().filter(|cut| *start < **cut && **cut < *end);
        let mut from = *start;
        for cut in within.chain([end]) {
            pieces.push([from, *cut]);
            from = *cut;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3_600).unwrap()
    }

    #[test]
    fn batches_are_cut_where_something_is_built() {
        let mut built = Built::none();
        built.add([at(12), at(36)]);
        let days = [[at(0), at(24)], [at(24), at(48)], [at(48), at(72)]];
        assert_eq!(
            pieces(&days, [&built].into_iter()),
            [[at(0), at(12)], [at(12), at(24)], [at(24), at(36)], [at(36), at(48)], [at(48), at(72)]]
        );
        assert_eq!(pieces(&days, std::iter::empty()), days);
    }
}
