//! UUIDs.

/// 32 hexadecimal digits, in braces or not; a hyphen may follow any four of them.
pub(super) fn is_uuid(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"{").and_then(|text| text.strip_suffix(b"}")).unwrap_or(text);
    let mut count = 0_usize;
    let mut after_hyphen = true;
    for byte in text {
        match byte {
            b'-' if !after_hyphen && count.is_multiple_of(4) && count < 32 => after_hyphen = true,
            byte if byte.is_ascii_hexdigit() => {
                count += 1;
                after_hyphen = false;
            }
            _ => return false,
        }
    }
    count == 32
}
