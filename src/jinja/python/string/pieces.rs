//! Pieces of a text as a list.

use minijinja::value::Value;

use super::super::list;

pub(super) fn texts(pieces: impl IntoIterator<Item = impl AsRef<str>>) -> Value {
    list(pieces.into_iter().map(|piece| Value::from(piece.as_ref())).collect())
}
