//! Texts in which `%` and two hexadecimal digits stand for a byte, as in URIs.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// None where a `%` stands before something else, or the bytes are not UTF-8.
pub(crate) fn decode(text: &str) -> Option<Cow<'_, str>> {
    let is_escape =
        |after: &str| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !text.split('%').skip(1).all(is_escape) {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok()
}
