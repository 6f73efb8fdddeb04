//! Truth values.

/// The words of the server, and their beginnings.
pub(super) fn read(text: &[u8]) -> Option<bool> {
    let begins = |word: &[u8], least: usize| {
        text.len() >= least && text.len() <= word.len() && word[..text.len()].eq_ignore_ascii_case(text)
    };
    if text == b"1" || begins(b"true", 1) || begins(b"yes", 1) || begins(b"on", 2) {
        Some(true)
    } else if text == b"0" || begins(b"false", 1) || begins(b"no", 1) || begins(b"off", 2) {
        Some(false)
    } else {
        None
    }
}

/// A format such as `ja/nein`.
pub(super) fn words(format: &str) -> Result<[String; 2], String> {
    match format.split('/').map(str::trim).collect::<Vec<_>>().as_slice() {
        [yes, no] if !yes.is_empty() && !no.is_empty() && yes != no => {
            Ok([(*yes).to_owned(), (*no).to_owned()])
        }
        _ => Err(format!("`{format}` is not a format of booleans (expected two words, as `ja/nein`)")),
    }
}
