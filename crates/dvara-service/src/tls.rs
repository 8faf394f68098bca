//! TLS of a listener: a certificate and its key from files, taken anew when the files change.
//!
//! Kubernetes renews a mounted secret by swapping a symlink, others write two files one after the other. So the contents are
//! what is compared, every few seconds; a pair that cannot be used leaves the one before in force, and says so in the log, in
//! health and in the metrics until it is mended.

mod metrics;
mod pair;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::{Accept, TlsAcceptor};

pub use metrics::TlsMetrics;
pub use pair::PairError;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);
/// What we speak inside TLS, best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The files of a listener's certificate, both in PEM form.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate, then those that lead from it to a root.
    pub certificate: PathBuf,
    /// Its private key, without a password.
    pub private_key: PathBuf,
}

/// A listener's TLS: what it shows to clients, and what is known about it.
pub struct ListenerTls {
    files: TlsFiles,
    acceptor: TlsAcceptor,
    current: Arc<Current>,
    state: Mutex<State>,
}

/// What became of the files so far.
#[derive(Debug)]
struct State {
    /// The fingerprint of the files that the pair in force was read from.
    in_force: u64,
    /// Pairs that were taken over after the first.
    reloads: u64,
    /// Why the files as they are now are not in force.
    problem: Option<String>,
}

/// The pair in force. Read once per handshake.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl Current {
    fn show(&self, pair: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(
            self.0
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        )
    }
}

impl fmt::Debug for ListenerTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ListenerTls")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl ListenerTls {
    /// Reads a pair and makes it ready to be shown.
    ///
    /// # Errors
    /// When a file cannot be read or used, or the two do not belong together; the error says which.
    pub fn open(files: TlsFiles) -> Result<Self, PairError> {
        let texts = files.read()?;
        let current = Arc::new(Current(RwLock::new(Arc::new(texts.certified()?))));
        let mut config = ServerConfig::builder_with_provider(pair::provider())
            .with_safe_default_protocol_versions()
            .map_err(PairError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            current,
            state: Mutex::new(State {
                in_force: texts.fingerprint(),
                reloads: 0,
                problem: None,
            }),
            files,
        })
    }

    /// Begins a handshake.
    pub(crate) fn accept<S>(&self, socket: S) -> Accept<S>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        self.acceptor.accept(socket)
    }

    /// Why the files as they are now are not in force; `None` when they are.
    pub fn problem(&self) -> Option<String> {
        self.state().problem.clone()
    }

    /// How many pairs were taken over since the start.
    pub fn reloads(&self) -> u64 {
        self.state().reloads
    }

    /// Looks at the files for as long as the process lives. Belongs on the background runtime.
    pub async fn watch(self: Arc<Self>) {
        let mut interval = tokio::time::interval(LOOK);
        loop {
            interval.tick().await;
            let this = self.clone();
            // Files may lie on a slow volume.
            if let Err(error) = tokio::task::spawn_blocking(move || this.look()).await {
                tracing::error!(%error, "looking at the certificate's files failed");
            }
        }
    }

    /// Takes the files over if they have changed and can be used.
    fn look(&self) {
        match self.files.read() {
            Ok(texts) if texts.fingerprint() == self.state().in_force => {
                self.state().problem = None;
            }
            Ok(texts) => match texts.certified() {
                Ok(pair) => self.take(texts.fingerprint(), pair),
                Err(error) => self.keep(&error),
            },
            Err(error) => self.keep(&error),
        }
    }

    fn take(&self, fingerprint: u64, pair: CertifiedKey) {
        self.current.show(pair);
        let mut state = self.state();
        *state = State {
            in_force: fingerprint,
            reloads: state.reloads + 1,
            problem: None,
        };
        tracing::info!(certificate = %self.files.certificate.display(), "the listener shows a new certificate");
    }

    fn keep(&self, error: &PairError) {
        let problem = crate::error_chain(error);
        let mut state = self.state();
        if state.problem.as_ref() != Some(&problem) {
            tracing::warn!(%problem, "the listener's certificate files cannot be used; the pair before stays in force");
        }
        state.problem = Some(problem);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
