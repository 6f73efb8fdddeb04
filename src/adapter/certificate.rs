//! What webpki does not read: certificates of X.509 version 1, as PostgreSQL's manual makes them.

use super::end_point::element;

/// The version stands first, as an element of its own, unless it is 1.
pub(super) fn is_version_1(certificate: &[u8]) -> bool {
    body(certificate).is_some_and(|body| body.first() != Some(&0xa0))
}

/// The public key with its algorithm, as DER; only of version 1.
pub(super) fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    let mut rest = body(certificate)?;
    // serial number, algorithm, issuer, validity, subject
    for _ in 0..5 {
        (_, rest) = element(rest)?;
    }
    let (_, after) = element(rest)?;
    rest.get(..rest.len() - after.len())
}

fn body(certificate: &[u8]) -> Option<&[u8]> {
    let (content, _) = element(certificate)?;
    Some(element(content)?.0)
}
