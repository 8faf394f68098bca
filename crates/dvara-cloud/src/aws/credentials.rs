use std::fmt;

use arc_swap::ArcSwapOption;
use dvara_crypto::Secret;
use dvara_crypto::mac::hmac_sha256;
use http::HeaderValue;

use super::settings::AwsKeys;
use super::sign::Scope;

/// Keys that no signature can be made with. Says nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAwsKeys {
    /// The id.
    #[error("the access key id is empty or holds something else than letters and digits")]
    Id,
    /// The secret.
    #[error("the secret access key is empty or holds white space")]
    Secret,
    /// The token.
    #[error("the session token is empty or holds characters that no header can carry")]
    Token,
}

/// Credentials that requests are signed with. Shows nothing of itself.
pub struct AwsCredentials {
    access_key_id: String,
    /// `AWS4` and the secret access key: what every signing key is derived from.
    seed: Secret<String>,
    session_token: Option<HeaderValue>,
    /// The signing key of the day and scope that was last signed for.
    derived: ArcSwapOption<Derived>,
}

struct Derived {
    /// `YYYYMMDD`.
    date: [u8; 8],
    scope: Scope,
    key: Secret<[u8; 32]>,
}

impl AwsCredentials {
    /// Makes keys ready for signing.
    ///
    /// # Errors
    /// When one of them cannot be right.
    pub fn new(keys: &AwsKeys) -> Result<Self, InvalidAwsKeys> {
        let id = keys.access_key_id.expose();
        if id.is_empty() || !id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
            return Err(InvalidAwsKeys::Id);
        }
        let secret = keys.secret_access_key.expose();
        let is_dark = |c: char| c.is_whitespace() || c.is_control();
        if secret.is_empty() || secret.contains(is_dark) {
            return Err(InvalidAwsKeys::Secret);
        }
        let token = keys.session_token.as_ref().map(|token| token_of(token));
        Ok(Self {
            access_key_id: id.clone(),
            seed: Secret::new(format!("AWS4{secret}")),
            session_token: token.transpose()?,
            derived: ArcSwapOption::empty(),
        })
    }

    /// The id of the access key: it names the key and opens nothing.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The `x-amz-security-token` header, marked sensitive.
    pub(super) fn session_token(&self) -> Option<&HeaderValue> {
        self.session_token.as_ref()
    }

    /// The HMAC of a string to sign under the signing key of a day (`YYYYMMDD`) and a scope.
    pub(super) fn signature(&self, date: [u8; 8], scope: &Scope, string: &[u8]) -> [u8; 32] {
        let derived = self.derived.load();
        if let Some(derived) = derived.as_deref()
            && derived.date == date
            && derived.scope == *scope
        {
            return hmac_sha256(derived.key.expose(), string);
        }
        let key = Secret::new(self.derive(date, scope));
        let signature = hmac_sha256(key.expose(), string);
        let scope = scope.clone();
        self.derived
            .store(Some(std::sync::Arc::new(Derived { date, scope, key })));
        signature
    }

    /// Signature version 4, "Derive a signing key".
    fn derive(&self, date: [u8; 8], scope: &Scope) -> [u8; 32] {
        let key = hmac_sha256(self.seed.expose().as_bytes(), &date);
        let key = hmac_sha256(&key, scope.region().as_str().as_bytes());
        let key = hmac_sha256(&key, scope.service().as_bytes());
        hmac_sha256(&key, b"aws4_request")
    }
}

fn token_of(token: &Secret<String>) -> Result<HeaderValue, InvalidAwsKeys> {
    let text = token.expose();
    let is_token = |c: u8| c.is_ascii_graphic();
    if text.is_empty() || !text.bytes().all(is_token) {
        return Err(InvalidAwsKeys::Token);
    }
    let mut value = HeaderValue::from_str(text).map_err(|_| InvalidAwsKeys::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AwsCredentials(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Region;

    fn keys(id: &str, secret: &str, token: Option<&str>) -> AwsKeys {
        let secret_of = |text: &str| Secret::new(text.to_owned());
        AwsKeys {
            access_key_id: secret_of(id),
            secret_access_key: secret_of(secret),
            session_token: token.map(secret_of),
        }
    }

    #[test]
    fn keys_that_cannot_be_right_are_refused_without_a_word_of_them() {
        for (id, secret, token, expected) in [
            ("", "s3cret", None, InvalidAwsKeys::Id),
            ("AK IA", "s3cret", None, InvalidAwsKeys::Id),
            ("AKIA", "", None, InvalidAwsKeys::Secret),
            ("AKIA", "s3cret\n", None, InvalidAwsKeys::Secret),
            ("AKIA", "s3cret", Some(""), InvalidAwsKeys::Token),
            (
                "AKIA",
                "s3cret",
                Some("s3cret token"),
                InvalidAwsKeys::Token,
            ),
        ] {
            let error = AwsCredentials::new(&keys(id, secret, token)).unwrap_err();
            assert_eq!(error, expected);
            assert!(!error.to_string().contains("s3cret"));
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let keys = keys("AKIDEXAMPLE", "s3cret", Some("t0ken"));
        let shown = format!("{keys:?} {:?}", AwsCredentials::new(&keys).unwrap());
        for part in ["AKID", "s3cret", "t0ken"] {
            assert!(!shown.contains(part), "{shown}");
        }
    }

    #[test]
    fn the_signing_key_is_derived_anew_for_another_day_or_scope() {
        let credentials = AwsCredentials::new(&keys("AKIA", "s3cret", None)).unwrap();
        let scope = |region| Scope::new(Region::parse(region).unwrap(), "bedrock");
        let mut seen = Vec::new();
        for (date, region) in [
            (*b"20261127", "eu-central-1"),
            (*b"20261128", "eu-central-1"),
            (*b"20261128", "us-east-1"),
            (*b"20261127", "eu-central-1"),
        ] {
            let scope = scope(region);
            let first = credentials.signature(date, &scope, b"x");
            assert_eq!(credentials.signature(date, &scope, b"x"), first);
            seen.push(first);
        }
        assert_eq!(seen[0], seen[3]);
        assert!(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
    }
}
