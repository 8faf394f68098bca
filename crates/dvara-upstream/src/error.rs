//! What can go wrong on the way to a vendor, before an answer's head has arrived and after.

use std::fmt;

use http::StatusCode;

/// A call that brought no answer, or an answer that broke off. Texts are for our logs: they name hosts and proxies, never
/// credentials.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The name has no address, or no server answered in time.
    #[error("resolve {host}: {reason}")]
    Resolve {
        /// The host as configured; the proxy's where there is one.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// No address accepted a connection.
    #[error("connect to {peer}")]
    Connect {
        /// The origin, or the proxy on the way to it.
        peer: String,
        /// The last address's answer.
        #[source]
        source: std::io::Error,
    },
    /// The connection was not made within the limit.
    #[error("connect to {origin}: no connection within {limit_ms} ms, {step}")]
    ConnectTimeout {
        /// Where to.
        origin: String,
        /// The limit.
        limit_ms: u128,
        /// What was not done yet.
        step: Step,
    },
    /// The peer's certificate is not one that we trust for it.
    #[error("certificate of {peer} is not accepted{}", unknown_issuer(.source))]
    Certificate {
        /// The origin, or the proxy on the way to it.
        peer: String,
        /// What is wrong with it.
        #[source]
        source: std::io::Error,
    },
    /// TLS could not be agreed on, or broke.
    #[error("TLS with {peer}")]
    Tls {
        /// The origin, or the proxy on the way to it.
        peer: String,
        /// What was wrong.
        #[source]
        source: std::io::Error,
    },
    /// The proxy answered, and would not let us through.
    #[error("proxy {proxy} refused the way to {origin}: it answered {status}{}", hint(*.status))]
    ProxyRefused {
        /// Which.
        proxy: String,
        /// Where to.
        origin: String,
        /// Its answer.
        status: StatusCode,
    },
    /// The proxy gave no answer that could be understood.
    #[error("proxy {proxy} made no tunnel to {origin}")]
    Tunnel {
        /// Which.
        proxy: String,
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

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A name is being resolved.
    Resolving,
    /// An address has not accepted yet.
    Connecting,
    /// The proxy has not answered `CONNECT` yet.
    Tunnelling,
    /// TLS is being negotiated, with the proxy or the origin.
    Securing,
    /// Another request is making the connection that this one could share.
    Sharing,
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Resolving => "still resolving a name",
            Self::Connecting => "no address has accepted",
            Self::Tunnelling => "the proxy has not answered CONNECT",
            Self::Securing => "TLS is not settled",
            Self::Sharing => "the connection to share is not made yet",
        })
    }
}

fn unknown_issuer(source: &std::io::Error) -> &'static str {
    let inner = source.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer)) => {
            " (a private authority has to be in the CA bundle)"
        }
        Some(_) | None => "",
    }
}

fn hint(status: StatusCode) -> &'static str {
    if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        "; give user and password in the proxy's URL, http://user:password@host:port"
    } else {
        ""
    }
}
