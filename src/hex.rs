//! Bytes as lower-case hexadecimal digits, as checksums and ids are written.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

pub(crate) fn digits(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(DIGITS[usize::from(nibble)]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_byte_has_two_digits() {
        assert_eq!(super::digits([0x00, 0x0f, 0xa0, 0xff]), "000fa0ff");
    }
}
