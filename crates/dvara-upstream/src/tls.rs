//! What we trust in a vendor's certificate.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// A bundle of roots that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRoots {
    /// The text holds no certificate, or one that is broken.
    #[error("the CA bundle holds no usable certificate: {0}")]
    Bundle(String),
    /// The TLS library refused its own defaults.
    #[error("set up TLS")]
    Setup(#[source] rustls::Error),
}

/// How we open TLS connections: Mozilla's roots, compiled in, and those of `extra_pem` (certificates in PEM form).
///
/// # Errors
/// When the bundle holds no certificate or a broken one.
pub fn tls_client(extra_pem: Option<&[u8]>) -> Result<Arc<ClientConfig>, InvalidRoots> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(pem) = extra_pem {
        add_bundle(&mut roots, pem)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(InvalidRoots::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn add_bundle(roots: &mut RootCertStore, pem: &[u8]) -> Result<(), InvalidRoots> {
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| InvalidRoots::Bundle(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| InvalidRoots::Bundle(error.to_string()))?;
        count += 1;
    }
    if count == 0 {
        return Err(InvalidRoots::Bundle(
            "no BEGIN CERTIFICATE found".to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_without_a_certificate_is_refused() {
        assert!(tls_client(Some(b"no certificate here")).is_err());
        assert!(
            tls_client(Some(
                b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
            ))
            .is_err()
        );
        assert!(tls_client(None).is_ok());
    }
}
