//! libpq's `sslmode` on rustls: how much of the server's certificate is checked, and the client's own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature, verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, InconsistentKeys,
    RootCertStore, SignatureScheme, StreamOwned,
};

use crate::regular;

use super::certificate;
use super::settings::{Settings, SslMode};
use super::stream::Stream;

/// How far the server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Nothing,
    Chain,
    ChainAndName,
}

/// Speaks TLS on a stream whose server agreed to it.
pub(super) fn handshake(stream: Stream, host: &str, settings: &Settings) -> Result<Stream, String> {
    let Stream::Tcp(mut socket) = stream else { return Ok(stream) };
    let config = client_config(settings)?;
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| format!("`{host}` is not a name that a certificate can carry"))?;
    let mut session = ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    while session.is_handshaking() {
        session.complete_io(&mut socket).map_err(|error| explain(&error, host, settings))?;
    }
    Ok(Stream::Tls(Box::new(StreamOwned::new(session, socket))))
}

/// libpq's words, and what to do about them.
fn explain(error: &io::Error, host: &str, settings: &Settings) -> String {
    let known = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let Some(Error::InvalidCertificate(reason)) = known else { return format!("SSL error: {error}") };
    let why = match reason {
        CertificateError::Other(other) if format!("{other:?}").contains("UnsupportedCertVersion") => {
            "the server's certificate is of X.509 version 1, which cannot be verified here; make one of version 3 \
             (`openssl x509 -req` with `-extfile`)"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => format!(
            "the server's certificate does not have `{host}` among its alternative names (subjectAltName); its common \
             name (CN) does not count"
        ),
        CertificateError::UnknownIssuer => {
            let roots = root_file(settings).unwrap_or_default();
            format!("no certificate in \"{}\" has signed the server's certificate", roots.display())
        }
        _ => return format!("SSL error: {error}"),
    };
    format!("SSL error: {error}: {why}")
}

fn client_config(settings: &Settings) -> Result<ClientConfig, String> {
    let tls = &settings.tls;
    let provider = Arc::new(ring::default_provider());
    let roots = root_file(settings);
    let check = match tls.mode {
        SslMode::VerifyFull => Check::ChainAndName,
        SslMode::VerifyCa => Check::Chain,
        // libpq: `require` with a root certificate at hand checks like `verify-ca`
        SslMode::Require if roots.is_some() => Check::Chain,
        _ => Check::Nothing,
    };
    let trusted = match roots.as_deref() {
        Some(path) if check != Check::Nothing && path != Path::new("system") => read_certificates(path)?,
        _ => Vec::new(),
    };
    let inner = chain_verifier(check, roots.as_deref(), &trusted, &provider)?;
    let verifier = Verifier { check, inner, trusted, provider: Arc::clone(&provider) };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    match client_certificate(settings) {
        None => Ok(builder.with_no_client_auth()),
        Some((certificate, key)) => {
            let chain = read_certificates(&certificate)?;
            let own = certified_key(chain, &key, &provider)
                .map_err(|error| format!("could not load private key file \"{}\": {error}", key.display()))?;
            Ok(builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own))))
        }
    }
}

/// The client's certificate with its key. Whether it is good is for the server to decide, so version 1 will do.
fn certified_key(
    chain: Vec<CertificateDer<'static>>,
    path: &Path,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, String> {
    let pem = regular::read(path).map_err(|error| error.to_string())?;
    let der = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| error.to_string())?;
    let key = provider.key_provider.load_private_key(der).map_err(|error| error.to_string())?;
    let own = chain.first().map(AsRef::as_ref).unwrap_or_default();
    let old_key = certificate::is_version_1(own).then(|| certificate::public_key(own).map(<[u8]>::to_vec));
    let certified = CertifiedKey::new(chain, key);
    let matching = match (old_key, certified.key.public_key()) {
        (Some(own), Some(known)) if own.as_deref() == Some(known.as_ref()) => Ok(()),
        (Some(_), Some(_)) => Err(InconsistentKeys::KeyMismatch.into()),
        (Some(_), None) => Ok(()),
        (None, _) => certified.keys_match(),
    };
    match matching {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(Error::InconsistentKeys(_)) => Err("it does not belong to the certificate `sslcert`".into()),
        Err(error) => Err(format!("the certificate `sslcert` is not usable: {error}")),
    }
}

/// Chooses `sslrootcert`, or libpq's own place for it when that file exists.
fn root_file(settings: &Settings) -> Option<PathBuf> {
    settings.tls.root_certificate.clone().or_else(|| in_home("root.crt"))
}

fn client_certificate(settings: &Settings) -> Option<(PathBuf, PathBuf)> {
    let certificate = settings.tls.certificate.clone().or_else(|| in_home("postgresql.crt"))?;
    let key = settings.tls.key.clone().or_else(|| in_home("postgresql.key"))?;
    Some((certificate, key))
}

fn in_home(file: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("HOME")?).join(".postgresql").join(file);
    path.is_file().then_some(path)
}

fn chain_verifier(
    check: Check,
    roots: Option<&Path>,
    trusted: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<WebPkiServerVerifier>>, String> {
    if check == Check::Nothing {
        return Ok(None);
    }
    let mut store = RootCertStore::empty();
    match roots {
        Some(path) if path == Path::new("system") => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Some(path) => {
            for certificate in trusted {
                store.add(certificate.clone()).map_err(|error| format!("\"{}\": {error}", path.display()))?;
            }
        }
        None => {
            return Err(
                "root certificate file \"~/.postgresql/root.crt\" does not exist: set `sslrootcert`, \
                        or `sslrootcert: system` for the system's certificates"
                    .into(),
            );
        }
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
        .build()
        .map(Some)
        .map_err(|error| error.to_string())
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |error: &dyn std::fmt::Display| {
        format!("could not read certificate file \"{}\": {error}", path.display())
    };
    let pem = regular::read(path).map_err(|error| unreadable(&error))?;
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|error| unreadable(&error))?;
    if certificates.is_empty() {
        return Err(unreadable(&"no certificate in it"));
    }
    Ok(certificates)
}

/// Checks the chain, and the name only for `verify-full`.
#[derive(Debug)]
struct Verifier {
    check: Check,
    inner: Option<Arc<WebPkiServerVerifier>>,
    trusted: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(inner) = &self.inner else { return Ok(ServerCertVerified::assertion()) };
        // a self-signed certificate that is trusted itself: OpenSSL accepts it, webpki does not
        if self.trusted.iter().any(|trusted| trusted == end_entity) {
            if self.check == Check::ChainAndName {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        match inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.check == Check::Chain => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        if certificate::is_version_1(certificate) {
            let key = certificate::public_key(certificate)
                .ok_or(Error::InvalidCertificate(CertificateError::BadEncoding))?;
            let key = SubjectPublicKeyInfoDer::from(key);
            return verify_tls13_signature_with_raw_key(message, &key, signature, algorithms);
        }
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
