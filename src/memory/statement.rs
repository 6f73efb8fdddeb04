//! A statement of ours.

use crate::adapter::{Begin, Connection, Fetch};
use crate::diagnostic::Result;

pub(super) fn run(connection: &mut Connection, statement: &str) -> Result<()> {
    connection.add_query(statement, Begin::Auto, Fetch::Nothing).map(drop)
}
