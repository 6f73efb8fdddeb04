//! Rows that one server's query gives go into a table of another, as they are on the wire.

use crate::diagnostic::{Diagnostic, Result};

use super::{Begin, Response, WorkerSession};

/// Streams the rows of a query: `copy` is a `copy .. from stdin (format binary)` at the other end. Its answer.
pub(crate) fn transfer(
    site: &WorkerSession,
    query: &str,
    home: &WorkerSession,
    copy: &str,
) -> Result<Response> {
    let out = format!("copy (\n{query}\n) to stdout (format binary)");
    site.watched(
        &out,
        |site| {
            site.copy_out(&out)?;
            let mut sent = None;
            let mut fill = |piece: &mut Vec<u8>| {
                sent = site.copied(&out, piece)?;
                Ok(sent.is_none())
            };
            let done = home.watched(copy, |home| home.copy_in(copy, Begin::Auto, &mut fill), Response::clone);
            site.leave_copy();
            let received = done?;
            let expected = sent.map_or(-1, |response: Response| response.rows_affected);
            if received.rows_affected != expected {
                let message = format!("{expected} rows were sent, {} have arrived", received.rows_affected);
                return Err(Diagnostic::database("rows-lost", message).boxed());
            }
            Ok(received)
        },
        Response::clone,
    )
}
