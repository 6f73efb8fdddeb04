//! What succeeded long ago is remembered as one span of time instead of a row per interval.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::interval::{Interval, IntervalState};

/// Every interval of a task in here has succeeded, unless its row says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Past {
    pub(super) first: Timestamp,
    pub(super) until: Timestamp,
}

impl Past {
    pub(super) fn contains(self, logical_time: Timestamp) -> bool {
        (self.first..self.until).contains(&logical_time)
    }

    /// A longer past, when there are more than so many rows: without a gap, so that what never ran is still open.
    pub(super) fn extended(
        past: Option<Self>,
        intervals: &BTreeMap<Timestamp, Interval>,
        keep: usize,
        following: impl Fn(Timestamp) -> Timestamp,
    ) -> Option<Self> {
        let (&newest_to_go, _) = intervals.iter().rev().nth(keep)?;
        let begin = past.map_or_else(|| intervals.keys().next().copied(), |past| Some(past.until))?;
        let is_over = |at: &Timestamp| {
            intervals
                .get(at)
                .is_some_and(|known| matches!(known.state, IntervalState::Success | IntervalState::Failed))
        };
        let mut until = begin;
        while until <= newest_to_go && is_over(&until) {
            until = following(until);
        }
        (until > begin).then(|| Self { first: past.map_or(begin, |past| past.first), until })
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    fn following(time: Timestamp) -> Timestamp {
        time + SignedDuration::from_hours(1)
    }

    fn intervals(states: &[(i64, IntervalState)]) -> BTreeMap<Timestamp, Interval> {
        let interval = |state| Interval {
            state,
            end: None,
            attempt: 1,
            not_before: None,
            started_at: None,
            message: String::new(),
        };
        states.iter().map(|(hour, state)| (at(*hour), interval(*state))).collect()
    }

    #[test]
    fn the_oldest_that_are_over_become_one_span() {
        use IntervalState::{Failed, Success, Waiting};
        let rows = intervals(&[(0, Success), (1, Failed), (2, Success), (3, Success), (4, Waiting)]);
        let span = |first, until| Some(Past { first: at(first), until: at(until) });
        assert_eq!(Past::extended(None, &rows, 2, following), span(0, 3));
        assert_eq!(Past::extended(None, &rows, 0, following), span(0, 4));
        assert_eq!(Past::extended(None, &rows, 5, following), None);
        assert_eq!(Past::extended(span(-5, 0), &rows, 3, following), span(-5, 2));
        let gap = intervals(&[(0, Success), (2, Success), (3, Success)]);
        assert_eq!(Past::extended(None, &gap, 1, following), span(0, 1));
        assert_eq!(Past::extended(span(0, 1), &gap, 1, following), None, "what never ran stays open");
    }
}
