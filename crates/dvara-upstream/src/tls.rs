//! What we trust in a vendor's certificate, and what we offer when a connection is encrypted.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// A bundle of roots that cannot be used. The text goes behind the name of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoots {
    /// There is nothing to trust in it.
    #[error("holds no certificate in PEM form (no `BEGIN CERTIFICATE`)")]
    Empty,
    /// One of its certificates cannot be read.
    #[error("cannot be used: certificate {number} of it is broken: {reason}")]
    Certificate {
        /// Which, counted from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// The TLS library refused its own defaults.
#[derive(Debug, thiserror::Error)]
#[error("set up TLS")]
pub struct TlsSetup(#[source] rustls::Error);

/// The certificate authorities that may vouch for a vendor: Mozilla's, compiled in, and whatever is added.
#[derive(Debug, Clone)]
pub struct Roots(RootCertStore);

impl Default for Roots {
    fn default() -> Self {
        Self(RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        })
    }
}

impl Roots {
    /// Adds every certificate of a text in PEM form; other sections of it are passed over.
    ///
    /// # Errors
    /// When it holds no certificate or a broken one. Then nothing of it is added.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<(), InvalidRoots> {
        let mut roots = self.0.clone();
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            count += 1;
            let broken = |reason: String| InvalidRoots::Certificate {
                number: count,
                reason,
            };
            let certificate = certificate.map_err(|error| broken(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| broken(error.to_string()))?;
        }
        if count == 0 {
            return Err(InvalidRoots::Empty);
        }
        self.0 = roots;
        Ok(())
    }
}

/// How we open TLS connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TlsClient {
    /// To vendors.
    pub(crate) origins: Arc<ClientConfig>,
    /// To proxies, with which we speak HTTP/1.1 only.
    pub(crate) proxies: Arc<ClientConfig>,
    /// Whether vendors are offered HTTP/2.
    pub(crate) http2: bool,
}

impl TlsClient {
    /// Trusts `roots`, and offers HTTP/2 to vendors where asked to.
    ///
    /// # Errors
    /// When the TLS library refuses its own defaults.
    pub fn new(roots: Roots, http2: bool) -> Result<Self, TlsSetup> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut proxies = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsSetup)?
            .with_root_certificates(roots.0)
            .with_no_client_auth();
        proxies.alpn_protocols = vec![HTTP1.to_vec()];
        let mut origins = proxies.clone();
        if http2 {
            origins.alpn_protocols.insert(0, HTTP2.to_vec());
        }
        Ok(Self {
            origins: Arc::new(origins),
            proxies: Arc::new(proxies),
            http2,
        })
    }
}

/// Whether the two sides settled on HTTP/2.
pub(crate) fn chose_http2(connection: &rustls::ClientConnection) -> bool {
    connection.alpn_protocol() == Some(HTTP2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> String {
        rcgen::generate_simple_self_signed(vec!["ca.internal".to_owned()])
            .unwrap()
            .cert
            .pem()
    }

    fn count(roots: &Roots) -> usize {
        roots.0.roots.len()
    }

    #[test]
    fn bundles_add_up_and_mozillas_roots_stay() {
        let mut roots = Roots::default();
        let mozilla = count(&roots);
        assert!(mozilla > 50, "{mozilla}");
        let two = format!("# ours\n{}\n{}", authority(), authority());
        roots.add_pem(two.as_bytes()).unwrap();
        roots.add_pem(authority().as_bytes()).unwrap();
        assert_eq!(count(&roots), mozilla + 3);
    }

    #[test]
    fn a_bundle_that_cannot_be_used_says_what_is_wrong_and_adds_nothing() {
        let mut roots = Roots::default();
        let before = count(&roots);
        assert_eq!(
            roots.add_pem(b"no certificate here"),
            Err(InvalidRoots::Empty)
        );
        let second_is_broken = format!(
            "{}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            authority()
        );
        let broken = roots.add_pem(second_is_broken.as_bytes()).unwrap_err();
        assert!(
            broken.to_string().contains("certificate 2 of it"),
            "{broken}"
        );
        assert_eq!(count(&roots), before);
    }
}
