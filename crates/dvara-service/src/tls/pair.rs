//! A certificate and its private key, from files to what the TLS library signs with.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use dvara_crypto::Secret;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::TlsFiles;

/// Why a pair of files is no certificate with its key.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// The certificate's file cannot be read.
    #[error("{file} cannot be read")]
    ReadCertificate {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The certificate's file holds none.
    #[error("{file} holds no certificate in PEM form (BEGIN CERTIFICATE)")]
    NoCertificate {
        /// The file.
        file: String,
        /// Why, where there is more to say.
        #[source]
        source: Option<pem::Error>,
    },
    /// The key's file cannot be read.
    #[error("{file} cannot be read")]
    ReadKey {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The key's file holds none, or one behind a password.
    #[error(
        "{file} holds no private key in PEM form without a password (BEGIN PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY)"
    )]
    NoKey {
        /// The file.
        file: String,
        /// Why, where there is more to say.
        #[source]
        source: pem::Error,
    },
    /// The key is of a kind that nobody signs with, or broken.
    #[error("the private key in {file} cannot be used")]
    UnusableKey {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// Each is fine, and they do not belong together.
    #[error("the private key in {key} is not that of the certificate in {certificate}")]
    Mismatch {
        /// The certificate's file.
        certificate: String,
        /// The key's file.
        key: String,
    },
    /// The certificate is broken.
    #[error("the certificate in {file} cannot be used")]
    UnusableCertificate {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// The TLS library refused its own defaults.
    #[error("set up TLS")]
    Setup(#[source] rustls::Error),
}

impl PairError {
    /// Whether the key's file is at fault rather than the certificate's.
    pub fn is_about_the_key(&self) -> bool {
        match self {
            Self::ReadKey { .. }
            | Self::NoKey { .. }
            | Self::UnusableKey { .. }
            | Self::Mismatch { .. } => true,
            Self::ReadCertificate { .. }
            | Self::NoCertificate { .. }
            | Self::UnusableCertificate { .. }
            | Self::Setup(_) => false,
        }
    }
}

/// What both files hold.
pub(super) struct Texts<'a> {
    files: &'a TlsFiles,
    certificate: Vec<u8>,
    private_key: Secret<Vec<u8>>,
}

impl TlsFiles {
    pub(super) fn read(&self) -> Result<Texts<'_>, PairError> {
        let certificate =
            fs::read(&self.certificate).map_err(|source| PairError::ReadCertificate {
                file: name(&self.certificate),
                source,
            })?;
        let private_key = fs::read(&self.private_key).map_err(|source| PairError::ReadKey {
            file: name(&self.private_key),
            source,
        })?;
        Ok(Texts {
            files: self,
            certificate,
            private_key: Secret::new(private_key),
        })
    }
}

impl Texts<'_> {
    /// Tells one content from another.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.certificate.hash(&mut hasher);
        self.private_key.expose().hash(&mut hasher);
        hasher.finish()
    }

    /// The pair as the TLS library wants it.
    pub(super) fn certified(&self) -> Result<CertifiedKey, PairError> {
        let chain = self.chain()?;
        let file = || name(&self.files.private_key);
        let key = PrivateKeyDer::from_pem_slice(self.private_key.expose()).map_err(|source| {
            PairError::NoKey {
                file: file(),
                source,
            }
        })?;
        let signer = provider()
            .key_provider
            .load_private_key(key)
            .map_err(|source| PairError::UnusableKey {
                file: file(),
                source,
            })?;
        let pair = CertifiedKey::new(chain, signer);
        match pair.keys_match() {
            // Unknown: the library cannot tell for this kind of key.
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
                Ok(pair)
            }
            Err(rustls::Error::InconsistentKeys(_)) => Err(PairError::Mismatch {
                certificate: name(&self.files.certificate),
                key: file(),
            }),
            Err(source) => Err(PairError::UnusableCertificate {
                file: name(&self.files.certificate),
                source,
            }),
        }
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, PairError> {
        let none = |source| PairError::NoCertificate {
            file: name(&self.files.certificate),
            source,
        };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .map_err(|error| none(Some(error)))?;
        if chain.is_empty() {
            return Err(none(None));
        }
        Ok(chain)
    }
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn name(path: &Path) -> String {
    path.display().to_string()
}
