//! Which server a session talks to, so that a transaction's number means the same after a reconnect.

use super::{Cell, ResultSet};

/// Asked once per session, outside of any transaction: a role may be denied the functions.
pub(super) const QUERY: &str = "select s.system_identifier::pg_catalog.text, \
    case when not pg_catalog.pg_is_in_recovery() \
    then pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8) end, \
    extract(epoch from w.stats_reset)::pg_catalog.text \
    from pg_catalog.pg_control_system() as s, pg_catalog.pg_stat_wal as w";

/// A cluster on one timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerIdentity {
    system: String,
    /// The timeline that is written; a standby has none.
    timeline: Option<String>,
    /// Changes when the server recovers from a crash. Then a number whose transaction never reached the disk
    /// may have been given to another one.
    recovered: Option<String>,
}

impl ServerIdentity {
    pub(super) fn of(answer: &ResultSet) -> Option<Self> {
        let text = |cell: &Cell| match cell {
            Cell::Text(text) => Some(text.clone()),
            _ => None,
        };
        let [system, timeline, recovered] = answer.rows.first()?.as_slice() else { return None };
        Some(Self { system: text(system)?, timeline: text(timeline), recovered: text(recovered) })
    }

    /// Whether both speak of one history.
    pub(super) fn continues(&self, earlier: &Self) -> bool {
        self.system == earlier.system && self.timeline.is_some() && self.timeline == earlier.timeline
    }

    /// Whether the server recovered from a crash since.
    pub(super) fn recovered_since(&self, earlier: &Self) -> bool {
        self.recovered != earlier.recovered
    }
}
