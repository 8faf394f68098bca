//! How a service listens: TLS, and what a client's connection may do.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::loader::Loader;
use super::problem::Problem;
use super::property::Property;
use crate::boot::texts;
use crate::cores::HttpLimits;
use crate::error_chain;
use crate::tls::{ListenerTls, TlsFiles};

/// `SERVER_SSL_CERTIFICATE`; the name is Spring's.
pub const CERTIFICATE: Property = Property::new(
    "server.ssl.certificate",
    "A file in PEM form: the listener's certificate, then those that lead to its root. Taken anew when it changes. Unset: plain text.",
);
/// `SERVER_SSL_CERTIFICATE_PRIVATE_KEY`; the name is Spring's.
pub const PRIVATE_KEY: Property = Property::new(
    "server.ssl.certificate-private-key",
    "A file in PEM form: the private key of the listener's certificate, without a password.",
);
/// `DVARA_SERVER_HEAD_TIMEOUT_MS`.
pub const HEAD_TIMEOUT: Property = Property::new(
    "dvara.server.head-timeout-ms",
    "Milliseconds that a connection may take for its next head, idle time included; then it is closed.",
)
.default("75000");
/// `DVARA_SERVER_WRITE_TIMEOUT_MS`.
pub const WRITE_TIMEOUT: Property = Property::new(
    "dvara.server.write-timeout-ms",
    "Milliseconds that a client may take nothing of its answer; then the call is cancelled. A slow reader is not cut.",
)
.default("60000");
/// `DVARA_SERVER_CONNECTION_AGE_MS`.
pub const CONNECTION_AGE: Property = Property::new(
    "dvara.server.connection-age-ms",
    "Milliseconds after which an HTTP/2 connection is told to go away, so that a long-lived one does not stay on one core.",
)
.default("300000");

/// How a service listens.
#[derive(Debug, Clone)]
pub struct Listening {
    /// TLS, where it is on.
    pub tls: Option<Arc<ListenerTls>>,
    /// Bounds on connections.
    pub limits: HttpLimits,
}

impl Listening {
    pub(crate) fn load(loader: &mut Loader) -> Self {
        Self {
            tls: tls(loader),
            limits: HttpLimits {
                head_timeout: some_time(loader, &HEAD_TIMEOUT),
                write_timeout: some_time(loader, &WRITE_TIMEOUT),
                connection_age: some_time(loader, &CONNECTION_AGE),
            },
        }
    }

    /// `https` or `http`.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

fn tls(loader: &mut Loader) -> Option<Arc<ListenerTls>> {
    let (certificate, private_key) = (
        loader.optional(&CERTIFICATE).map(PathBuf::from),
        loader.optional(&PRIVATE_KEY).map(PathBuf::from),
    );
    let files = match (certificate, private_key) {
        (Some(certificate), Some(private_key)) => TlsFiles {
            certificate,
            private_key,
        },
        (None, None) => return None,
        (Some(_), None) => return half(loader, &CERTIFICATE, &PRIVATE_KEY),
        (None, Some(_)) => return half(loader, &PRIVATE_KEY, &CERTIFICATE),
    };
    match ListenerTls::open(files) {
        Ok(tls) => Some(Arc::new(tls)),
        Err(error) => {
            let property = if error.is_about_the_key() {
                &PRIVATE_KEY
            } else {
                &CERTIFICATE
            };
            let what = format!("{}: {}", property.path, error_chain(&error));
            loader.refuse(Problem::new(what).fix(texts::TLS_PAIR_FIX));
            None
        }
    }
}

/// One file without the other. Serving in plain text instead would give away what was meant to be kept.
fn half(loader: &mut Loader, given: &Property, missing: &Property) -> Option<Arc<ListenerTls>> {
    let what = format!("{} is set and {} is not", given.path, missing.path);
    loader.refuse(Problem::new(what).fix(texts::TLS_PAIR_FIX));
    None
}

fn some_time(loader: &mut Loader, property: &Property) -> Duration {
    let time = loader.millis(property);
    if time.is_zero() && !loader.is_mistaken(property) {
        loader.mistake(property, "is no time at all");
    }
    time
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::generate_simple_self_signed;

    use super::*;
    use crate::settings::Env;

    /// The problems of a start with these settings, or how it would listen.
    fn load(env: &[(&str, &str)]) -> Result<Listening, Vec<String>> {
        let env = env.iter().map(|(name, value)| (*name, *value));
        let mut loader = Loader::new(Env::from_pairs(env), &[]);
        let listening = Listening::load(&mut loader);
        match loader.finish() {
            Ok(_) => Ok(listening),
            Err(problems) => Err(problems.iter().map(Problem::to_string).collect()),
        }
    }

    #[test]
    fn plain_text_and_the_documented_limits_unless_told_otherwise() {
        let listening = load(&[]).unwrap();
        assert_eq!(listening.scheme(), "http");
        let (limits, documented) = (listening.limits, HttpLimits::default());
        assert_eq!(limits.head_timeout, documented.head_timeout);
        assert_eq!(limits.write_timeout, documented.write_timeout);
        assert_eq!(limits.connection_age, documented.connection_age);
    }

    #[test]
    fn a_pair_that_cannot_be_used_is_refused_by_its_setting() {
        let folder = tempfile::tempdir().unwrap();
        let pair = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let other = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let certificate = file("tls.crt", &pair.cert.pem());
        let key = file("tls.key", &pair.signing_key.serialize_pem());
        let stranger = file("other.key", &other.signing_key.serialize_pem());
        let nowhere = folder.path().join("none").display().to_string();
        let pair = |certificate: &str, key: &str| {
            load(&[
                ("SERVER_SSL_CERTIFICATE", certificate),
                ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", key),
            ])
        };
        assert_eq!(pair(&certificate, &key).unwrap().scheme(), "https");
        for (refused, expected) in [
            (
                pair(&certificate, ""),
                "server.ssl.certificate is set and server.ssl.certificate-private-key is not"
                    .to_owned(),
            ),
            (
                pair("", &key),
                "server.ssl.certificate-private-key is set and server.ssl.certificate is not"
                    .to_owned(),
            ),
            (
                pair(&nowhere, &key),
                format!(
                    "server.ssl.certificate: {nowhere} cannot be read: No such file or directory (os error 2)"
                ),
            ),
            (
                pair(&certificate, &nowhere),
                format!(
                    "server.ssl.certificate-private-key: {nowhere} cannot be read: No such file or directory (os error 2)"
                ),
            ),
            (
                pair(&certificate, &stranger),
                format!(
                    "server.ssl.certificate-private-key: the private key in {stranger} is not that of the certificate in {certificate}"
                ),
            ),
            (
                pair(&key, &key),
                format!(
                    "server.ssl.certificate: {key} holds no certificate in PEM form (BEGIN CERTIFICATE)"
                ),
            ),
        ] {
            let expected = format!("{expected}; {}", texts::TLS_PAIR_FIX);
            assert_eq!(refused.unwrap_err(), [expected]);
        }
    }

    #[test]
    fn a_limit_of_nothing_is_refused() {
        let refused = load(&[("DVARA_SERVER_WRITE_TIMEOUT_MS", "0")]).unwrap_err();
        assert!(refused[0].contains("is no time at all"), "{refused:?}");
    }
}
