//! Whether the first build of a model takes the rows of its interval alone. It is compiled for two intervals, as a first build and as a later
//! one: what differs between the intervals is what the query asks of them.

use std::sync::Arc;

use super::built::asks_only_incrementally;
use super::compiled;
use super::session::{ParsedProject, Session};
use crate::diagnostic::Result;
use crate::manifest::Node;

/// Two intervals that have no number in common.
const INTERVALS: [[&str; 2]; 2] =
    [["2011-02-03T04:05:06", "2012-06-07T08:09:10"], ["2043-11-24T13:14:15", "2044-12-25T17:18:19"]];

/// Where later builds ask for more of the interval than the first one, the first one takes the rows of all times. A query that asks the database
/// while it is compiled is judged by its text.
pub(super) fn takes_all(session: &Session<'_>, parsed: &ParsedProject, node: &Arc<Node>) -> Result<bool> {
    let asked = |is_there| -> Result<Option<usize>> {
        let [one, other] =
            INTERVALS.map(|interval| compiled::within(session, parsed, node, interval, is_there));
        Ok(one?.zip(other?).map(|(one, other)| differences(&one, &other)))
    };
    Ok(match (asked(false)?, asked(true)?) {
        (Some(first), Some(later)) => first < later,
        _ => asks_only_incrementally(node),
    })
}

/// How many words differ.
fn differences(one: &str, other: &str) -> usize {
    let words = |text: &str| -> Vec<String> {
        text.split(|character: char| !character.is_alphanumeric()).map(str::to_owned).collect()
    };
    let (one, other) = (words(one), words(other));
    let differing = one.iter().zip(&other).filter(|(one, other)| one != other).count();
    differing + one.len().abs_diff(other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_are_counted() {
        assert_eq!(differences("select a from t", "select a from t"), 0);
        assert_eq!(differences("at >= '2011-02-03'", "at >= '2043-11-24'"), 3);
        assert_eq!(differences("a", "a or b"), 2);
    }
}
