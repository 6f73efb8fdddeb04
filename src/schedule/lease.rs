//! The right to work on one interval, as it is handed to the process that does the work: what it commits is proven by it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::adapter::{Cell, Connection, quote_literal};
use crate::diagnostic::Result;
use crate::hashed::HashSet;

/// The variable of the environment by which a process gets its lease.
pub(crate) const VARIABLE: &str = "RSDBT_LEASE";

/// Of whoever was in charge when the interval was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub role: String,
    pub project: String,
    pub schema: String,
    pub task: String,
    pub logical_time: Timestamp,
    pub epoch: i64,
    /// Of a job; a node with a schedule of its own has none.
    pub step: usize,
}

impl Lease {
    /// An expression that fails on the server once somebody else has taken charge. It holds the epoch until the commit: who raises it waits.
    pub(crate) fn proof(&self) -> String {
        format!(
            "(case when exists (select from rsdbt.jobs where {} and epoch operator(pg_catalog.=) {}::pg_catalog.int8 for share) \
             then '2000-01-01' else 'another process has taken charge of the schedule: nothing of this attempt is committed' \
             end)::pg_catalog.date",
            self.own(),
            self.epoch
        )
    }

    /// What a node commits together with its work; `code` is a checksum of what it was built from.
    pub(crate) fn marker(&self, node: &str, code: &str) -> String {
        format!(
            "insert into rsdbt.progress (role, project, schema_name, task, logical_time, step, node, code) values ({}, {}, {}, {}, {}, {}, {}, {}) \
             on conflict do nothing",
            quote_literal(&self.role),
            quote_literal(&self.project),
            quote_literal(&self.schema),
            quote_literal(&self.task),
            quote_literal(&self.logical_time.to_string()),
            self.step,
            quote_literal(node),
            quote_literal(code)
        )
    }

    /// The nodes that earlier attempts have committed.
    pub(crate) fn done(&self, connection: &mut Connection) -> Result<HashSet<String>> {
        let query = format!(
            "select node from rsdbt.progress where {} and task operator(pg_catalog.=) {}::pg_catalog.text \
             and logical_time operator(pg_catalog.=) {}::pg_catalog.timestamptz and step operator(pg_catalog.=) {}::pg_catalog.int4",
            self.own(),
            quote_literal(&self.task),
            quote_literal(&self.logical_time.to_string()),
            self.step
        );
        let rows = connection.query(&query, &[])?.rows;
        let nodes = rows.into_iter().filter_map(|row| match row.into_iter().next() {
            Some(Cell::Text(node)) => Some(node),
            _ => None,
        });
        Ok(nodes.collect())
    }

    fn own(&self) -> String {
        let is = |column: &str, value: &str| {
            format!("{column} operator(pg_catalog.=) {}::pg_catalog.text", quote_literal(value))
        };
        [is("role", &self.role), is("project", &self.project), is("schema_name", &self.schema)].join(" and ")
    }
}
