//! Strict calls: they go to their vendor whole or not at all.
//!
//! What a vendor's API has no place for is left out and named in `X-Gateway-Dropped-Fields`, where the answer is good without.
//! Whoever would rather be refused says so, for one call by a header, for a tenant by its metadata (`translation.strict`).

use dvara_dialects::target::Dropped;
use http::{HeaderMap, HeaderName};

use crate::http::error::GatewayError;

/// `true`: this call is strict. What a tenant has laid down, no call can take back.
static STRICT: HeaderName = HeaderName::from_static("x-dvara-strict");

/// Whether a call asks to be strict.
///
/// # Errors
/// When its header is neither true nor false.
pub(crate) fn asked(headers: &HeaderMap) -> Result<bool, GatewayError> {
    let mut values = headers.get_all(&STRICT).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(false),
        (Some(value), None) if value.as_bytes().eq_ignore_ascii_case(b"true") => Ok(true),
        (Some(value), None) if value.as_bytes().eq_ignore_ascii_case(b"false") => Ok(false),
        _ => Err(GatewayError::BadRequest {
            code: "invalid_request",
            message: "`X-Dvara-Strict` must be `true` or `false`.".to_owned(),
            param: Some("X-Dvara-Strict".to_owned()),
        }),
    }
}

/// Refuses a strict call of which its vendor would not get everything.
///
/// # Errors
/// When something was dropped; names all of it.
pub(crate) fn check(strict: bool, dropped: &[Dropped]) -> Result<(), GatewayError> {
    let Some(first) = dropped.first().filter(|_| strict) else {
        return Ok(());
    };
    let losses: Vec<String> = dropped
        .iter()
        .map(|one| format!("`{}` ({})", one.field, one.reason))
        .collect();
    Err(GatewayError::BadRequest {
        code: "unsupported_capability",
        message: format!(
            "The call is strict, and the vendor would not get {}.",
            losses.join(", ")
        ),
        param: Some(first.field.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Result<bool, GatewayError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(STRICT.clone(), value.parse().unwrap());
        }
        asked(&headers)
    }

    #[test]
    fn the_header_is_true_or_false_and_said_once() {
        assert!(!of(&[]).unwrap());
        assert!(of(&["true"]).unwrap());
        assert!(of(&["TRUE"]).unwrap());
        assert!(!of(&["false"]).unwrap());
        for values in [&["yes"][..], &[""], &["true", "true"]] {
            assert_eq!(of(values).unwrap_err().code(), "invalid_request");
        }
    }

    #[test]
    fn a_strict_call_is_refused_by_the_name_of_what_it_would_lose() {
        let dropped = [
            Dropped {
                field: "store".into(),
                reason: "it stores nothing",
            },
            Dropped {
                field: "verbosity".into(),
                reason: "it has none",
            },
        ];
        assert!(check(false, &dropped).is_ok());
        assert!(check(true, &[]).is_ok());
        let GatewayError::BadRequest { message, param, .. } = check(true, &dropped).unwrap_err()
        else {
            panic!("not refused by its field");
        };
        assert_eq!(param.as_deref(), Some("store"));
        assert!(message.contains("`verbosity` (it has none)"), "{message}");
    }
}
