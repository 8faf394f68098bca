//! What can go wrong on the way to a vendor, before an answer's head has arrived and after.

/// A call that brought no answer, or an answer that broke off. Texts are for our logs: they name hosts, never credentials.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The name has no address, or no server answered in time.
    #[error("resolve {host}: {reason}")]
    Resolve {
        /// The host as configured.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// No address accepted a connection.
    #[error("connect to {origin}")]
    Connect {
        /// Where to.
        origin: String,
        /// The last address's answer.
        #[source]
        source: std::io::Error,
    },
    /// The connection was not made within the limit.
    #[error("connect to {origin}: no connection within {limit_ms} ms")]
    ConnectTimeout {
        /// Where to.
        origin: String,
        /// The limit.
        limit_ms: u128,
    },
    /// The peer's certificate or TLS itself was refused.
    #[error("TLS with {origin}")]
    Tls {
        /// Where to.
        origin: String,
        /// What was wrong.
        #[source]
        source: std::io::Error,
    },
    /// The connection broke while sending or before the answer's head.
    #[error("exchange with {origin}")]
    Exchange {
        /// Where to.
        origin: String,
        /// What hyper saw.
        #[source]
        source: hyper::Error,
    },
    /// The answer's body broke off.
    #[error("read answer")]
    Body(#[source] hyper::Error),
}
