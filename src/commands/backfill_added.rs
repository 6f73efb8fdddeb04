//! Models that only add rows: a batch that is built twice has its rows twice.

use jiff::Timestamp;

use super::built::Built;
use crate::adapter::{Cell, Connection, quote_identifier};
use crate::diagnostic::{Diagnostic, Result};
use crate::manifest::Node;

/// What is built of it, whatever its code was then: rows that are there are not added again. Without any there is nothing.
pub(super) fn known(home: &mut Connection, node: &Node, built: Built, is_rebuild: bool) -> Result<Built> {
    if !has_rows(home, node)? {
        return Ok(Built::none());
    }
    if built.is_empty() && !is_rebuild {
        let message = format!(
            "`{0}` has rows, and it is not known of which times: its strategy would add those of the range again",
            node.name
        );
        return Err(Diagnostic::runtime("backfill-adds", message)
            .help("delete the rows that it has of the range, if any, and say so by `--rebuild`")
            .boxed());
    }
    Ok(built)
}

pub(super) fn has_rows(home: &mut Connection, node: &Node) -> Result<bool> {
    let [schema, name] = [&node.schema, &node.alias].map(|name| quote_identifier(name));
    let is_there = "select pg_catalog.to_regclass($1::text) is not null";
    let found = |rows: Vec<Vec<Cell>>| rows.first().and_then(|row| row.first()) == Some(&Cell::Bool(true));
    let relation = format!("{schema}.{name}");
    if !found(home.query(is_there, &[&relation])?.rows) {
        return Ok(false);
    }
    Ok(found(home.query(&format!("select exists (select from {relation})"), &[])?.rows))
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
