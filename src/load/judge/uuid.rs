//! UUIDs.

/// With all hyphens or none, in braces or not.
pub(super) fn is_uuid(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"{").and_then(|text| text.strip_suffix(b"}")).unwrap_or(text);
    match text.len() {
        32 => text.iter().all(u8::is_ascii_hexdigit),
        36 => text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        }),
        _ => false,
    }
}
