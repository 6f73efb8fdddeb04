//! The right to work on one interval, as it is handed to the process that does the work: what it commits is proven by it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::adapter::{Cell, Connection, quote_literal};
use crate::diagnostic::{Diagnostic, Result};

/// Stands in the place of a node.
const RECORD: &str = "record of other databases";

/// How the record of an interval is named in other databases.
pub(crate) struct Record {
    task: String,
    schema: String,
}

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
    pub step: u32,
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

    /// The nodes that earlier attempts have committed, and from which code.
    pub(crate) fn done(&self, connection: &mut Connection) -> Result<Vec<(String, String)>> {
        let rows =
            connection.query(&format!("select node, code from rsdbt.progress where {}", self.step()), &[])?;
        let text = |cell: &Cell| match cell {
            Cell::Text(text) => Some(text.clone()),
            _ => None,
        };
        Ok(rows.rows.iter().filter_map(|row| Some((text(row.first()?)?, text(row.get(1)?)?))).collect())
    }

    /// These nodes are to be built again.
    pub(crate) fn forget(&self, connection: &mut Connection, nodes: &BTreeSet<String>) -> Result<()> {
        let statement = format!(
            "delete from rsdbt.progress where {} and node in (select pg_catalog.json_array_elements_text($1::json))",
            self.step()
        );
        connection.query(&statement, &[&serde_json::to_string(nodes).unwrap_or_default()]).map(drop)
    }

    /// What the record of this interval is called in other databases. It is another one once the interval is cleared.
    pub(crate) fn record(&self, own: &mut Connection) -> Result<Record> {
        let begin = Self { step: 0, ..self.clone() };
        own.query(&begin.marker(RECORD, &uuid::Uuid::new_v4().to_string()), &[])?;
        let query = format!(
            "select code, pg_catalog.current_database()::text from rsdbt.progress where {} and node = $1",
            begin.step()
        );
        let rows = own.query(&query, &[RECORD])?.rows;
        let row = rows.into_iter().next().unwrap_or_default();
        let [task, database] = [row.first(), row.get(1)].map(|cell| match cell {
            Some(Cell::Text(text)) => text.clone(),
            _ => String::new(),
        });
        let schema = format!("{database}.{}", self.schema);
        Ok(Record { task: format!("{} {task}", self.task), schema })
    }

    /// The right to commit in another database. Whoever was in charge before commits nothing there from now on.
    pub(crate) fn enter(&self, record: &Record, home: &mut Connection) -> Result<Self> {
        let raise = "insert into rsdbt.jobs as job (project, schema_name, epoch) values ($1, $2, $3::int8) \
             on conflict (role, project, schema_name) do update set epoch = greatest(job.epoch, excluded.epoch) returning role, epoch::text";
        let rows = home.query(raise, &[&self.project, &record.schema, &self.epoch.to_string()])?.rows;
        let (role, epoch) = match rows.into_iter().next().unwrap_or_default().as_slice() {
            [Cell::Text(role), Cell::Text(epoch)] => (role.clone(), epoch.parse().unwrap_or(i64::MAX)),
            _ => (String::new(), i64::MAX),
        };
        if epoch > self.epoch {
            return Err(
                Diagnostic::runtime("lease", "another process has taken charge of the schedule").boxed()
            );
        }
        let old = "delete from rsdbt.progress where role = current_user and project = $1 and schema_name = $2 \
             and done_at < pg_catalog.now() - interval '1 year'";
        home.query(old, &[&self.project, &record.schema])?;
        Ok(Self { role, schema: record.schema.clone(), task: record.task.clone(), ..self.clone() })
    }

    fn step(&self) -> String {
        format!(
            "{} and task operator(pg_catalog.=) {}::pg_catalog.text \
             and logical_time operator(pg_catalog.=) {}::pg_catalog.timestamptz and step operator(pg_catalog.=) {}::pg_catalog.int4",
            self.own(),
            quote_literal(&self.task),
            quote_literal(&self.logical_time.to_string()),
            self.step
        )
    }

    fn own(&self) -> String {
        let is = |column: &str, value: &str| {
            format!("{column} operator(pg_catalog.=) {}::pg_catalog.text", quote_literal(value))
        };
        [is("role", &self.role), is("project", &self.project), is("schema_name", &self.schema)].join(" and ")
    }
}
