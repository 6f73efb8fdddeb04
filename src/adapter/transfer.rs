//! Rows that one server's query gives go into a table of another, as they are on the wire.

use crate::diagnostic::{Diagnostic, Result};

use super::{Begin, Response, WorkerSession};

/// Streams the rows of a query: `copy` is a `copy .. from stdin (format binary)` at the other end. Its answer. `refused` tells
/// more of an error of that end.
pub(crate) fn transfer(
    site: &WorkerSession,
    query: &str,
    home: &WorkerSession,
    copy: &str,
    refused: impl Fn(Box<Diagnostic>) -> Box<Diagnostic>,
) -> Result<Response> {
    let out = format!("copy (\n{query}\n) to stdout (format binary)");
    site.watched(
        &out,
        |site| {
            site.copy_out(&out)?;
            let mut sent = Ok(None);
            let mut fill = |piece: &mut Vec<u8>| {
                sent = site.copied(&out, piece);
                sent.as_ref().map(Option::is_none).map_err(Clone::clone)
            };
            let done = home.watched(copy, |home| home.copy_in(copy, Begin::Auto, &mut fill), Response::clone);
            site.leave_copy();
            let sent = sent?;
            let received = done.map_err(&refused)?;
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
