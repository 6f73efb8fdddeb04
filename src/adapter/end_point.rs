//! RFC 5929 `tls-server-end-point`: the certificate's hash, by the hash function of its own signature.

use sha2::{Digest, Sha256, Sha384, Sha512};

/// The object identifiers of signature algorithms and hash functions, as DER has them.
const SHA384: [&[u8]; 3] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c], // sha384WithRSAEncryption
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03],       // ecdsa-with-SHA384
    &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02], // sha384, of RSASSA-PSS
];
const SHA512: [&[u8]; 3] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d],
    &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04],
    &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03],
];
/// Ed25519 and Ed448 hash by themselves: the RFC defines nothing for them.
const UNDEFINED: [&[u8]; 2] = [&[0x2b, 0x65, 0x70], &[0x2b, 0x65, 0x71]];

pub(super) fn hash(certificate: &[u8]) -> Option<Vec<u8>> {
    let (content, _) = element(certificate)?;
    let (_, after_body) = element(content)?;
    let (algorithm, _) = element(after_body)?;
    let has = |known: &[&[u8]]| known.iter().any(|identifier| holds(algorithm, identifier));
    Some(if has(&UNDEFINED) {
        return None;
    } else if has(&SHA384) {
        Sha384::digest(certificate).to_vec()
    } else if has(&SHA512) {
        Sha512::digest(certificate).to_vec()
    } else {
        // also for MD5 and SHA-1
        Sha256::digest(certificate).to_vec()
    })
}

/// An object identifier with its tag and length.
fn holds(bytes: &[u8], identifier: &[u8]) -> bool {
    bytes.windows(identifier.len() + 2).any(|window| {
        window[0] == 6 && usize::from(window[1]) == identifier.len() && &window[2..] == identifier
    })
}

/// The content of the first DER element, and what follows it.
pub(super) fn element(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = usize::from(*bytes.get(1)?);
    let (length, start) = if first < 0x80 {
        (first, 2)
    } else {
        let digits = bytes.get(2..2 + (first & 0x7f))?;
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), 2 + digits.len())
    };
    Some((bytes.get(start..start + length)?, bytes.get(start + length..)?))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    #[test]
    fn the_hash_is_that_of_the_signature() {
        for (algorithm, length) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, Some(32)),
            (&rcgen::PKCS_ECDSA_P384_SHA384, Some(48)),
            (&rcgen::PKCS_ED25519, None),
        ] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let certificate =
                CertificateParams::new(vec!["a".to_owned()]).unwrap().self_signed(&key).unwrap();
            assert_eq!(hash(certificate.der()).map(|hash| hash.len()), length);
        }
    }
}
