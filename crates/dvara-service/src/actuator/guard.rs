//! The two keys of the actuator.

use dvara_crypto::Secret;
use http::{HeaderMap, header};

/// The keys that open the actuator. An absent key opens nothing.
#[derive(Debug, Clone, Default)]
pub struct ActuatorKeys {
    /// Opens every authenticated path but `/actuator/prometheus`.
    pub api: Option<Secret<String>>,
    /// Opens `/actuator/prometheus` alone, so that a leaked scrape token shows no licence.
    pub metrics: Option<Secret<String>>,
}

/// Who sees the components of health (`management.endpoint.health.show-details`; `always` is refused at the start).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShowDetails {
    /// Whoever shows the API key.
    WhenAuthorized,
    /// Nobody.
    Never,
}

/// Why a request gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The path's key is not set, so nothing opens it.
    NotConfigured,
    /// No Bearer token was shown.
    NoToken,
    /// Another token than the path's key was shown.
    WrongToken,
    /// There is no such path.
    Absent,
    /// The path is not read with this method.
    Method,
}

/// Compares the Bearer token of a request with the key of its path.
pub(super) fn check(key: Option<&Secret<String>>, headers: &HeaderMap) -> Result<(), Refused> {
    let key = key.ok_or(Refused::NotConfigured)?;
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    let value = shown.next().ok_or(Refused::NoToken)?;
    if shown.next().is_some() {
        return Err(Refused::WrongToken); // two credentials are none
    }
    let (scheme, token) = value
        .as_bytes()
        .split_at_checked("Bearer ".len())
        .ok_or(Refused::NoToken)?;
    if !scheme.eq_ignore_ascii_case(b"Bearer ") || token.trim_ascii().is_empty() {
        return Err(Refused::NoToken);
    }
    if key.matches(token.trim_ascii()) {
        Ok(())
    } else {
        Err(Refused::WrongToken)
    }
}

/// Whether a request shows this secret as its one Bearer token. Without a secret, none does.
pub fn shows(secret: Option<&Secret<String>>, headers: &HeaderMap) -> bool {
    check(secret, headers).is_ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_key_itself_opens() {
        let key = Secret::new("k3y/+=".to_owned());
        let cases = [
            (vec![], Err(Refused::NoToken)),
            (vec!["Bearer k3y/+="], Ok(())),
            (vec!["bearer k3y/+="], Ok(())),
            (vec!["Bearer   k3y/+= "], Ok(())),
            (vec!["Bearer k3y/+"], Err(Refused::WrongToken)),
            (vec!["Bearer K3y/+="], Err(Refused::WrongToken)),
            (vec!["Bearer "], Err(Refused::NoToken)),
            (vec!["Bearer"], Err(Refused::NoToken)),
            (vec!["Basic k3y/+="], Err(Refused::NoToken)),
            (vec!["k3y/+="], Err(Refused::NoToken)),
            (vec![""], Err(Refused::NoToken)),
            (
                vec!["Bearer k3y/+=", "Bearer k3y/+="],
                Err(Refused::WrongToken),
            ),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in &values {
                headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
            }
            assert_eq!(check(Some(&key), &headers), expected, "{values:?}");
            assert_eq!(check(None, &headers), Err(Refused::NotConfigured));
        }
    }
}
