//! What a request says before its body: who calls, under which ids, and in which form. The services share this reading.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, EXPECT, HeaderName};
use http::{HeaderMap, HeaderValue};

/// Names one call in logs, answers and traces.
pub static TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
static SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");
static API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Longest trace or session id that is taken over from a caller.
const MAX_ID: usize = 128;

/// The head of a governed call, as far as it matters to us. Without a debug form: it holds a key.
pub struct Head {
    /// The caller's trace id, or one of ours.
    pub trace_id: String,
    /// The caller's session id.
    pub session_id: Option<String>,
    /// The key that was shown.
    pub token: Token,
    /// Whether the caller waits for `100 Continue` before it sends a body.
    pub expects_continue: bool,
}

/// What a request shows as its key. Without a debug form, as above.
#[derive(PartialEq, Eq)]
pub enum Token {
    /// Nothing.
    Missing,
    /// Several headers of one name, or bytes that no key has.
    Unusable,
    /// One text.
    Shown(String),
}

impl Head {
    /// Reads the head. `make_trace_id` makes one where the caller gave none that can be used.
    pub fn of(headers: &HeaderMap, make_trace_id: impl FnOnce() -> String) -> Self {
        let trace_id = id(headers, &TRACE_ID).map_or_else(make_trace_id, str::to_owned);
        Self {
            trace_id,
            session_id: id(headers, &SESSION_ID).map(str::to_owned),
            token: token(headers),
            expects_continue: headers.contains_key(EXPECT),
        }
    }
}

/// The key: `Authorization: Bearer`, else `x-api-key`. Two headers of one name could be read differently by two readers, so
/// they are nobody's key.
fn token(headers: &HeaderMap) -> Token {
    if headers.contains_key(AUTHORIZATION) {
        let Some(value) = only(headers, &AUTHORIZATION) else {
            return Token::Unusable;
        };
        if let Some(token) = bearer(value) {
            return Token::Shown(token.to_owned());
        }
    }
    if !headers.contains_key(&API_KEY) {
        return if headers.contains_key(AUTHORIZATION) {
            Token::Unusable
        } else {
            Token::Missing
        };
    }
    match only(headers, &API_KEY).map(str::trim) {
        Some("") | None => Token::Unusable,
        Some(token) => Token::Shown(token.to_owned()),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The one value of a header that is visible ASCII.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        None
    } else {
        value.to_str().ok()
    }
}

fn id<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let fits = |text: &&str| {
        (1..=MAX_ID).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b':' | b'-'))
    };
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .filter(fits)
}

/// A body or an answer in a form that is not spoken here. The status that it stands for is the service's to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MediaTypeError {
    /// The body is not said to be plain JSON; how to send it.
    #[error("{0}")]
    Unsupported(&'static str),
    /// The caller accepts none of the media types of our answers.
    #[error("the answers are JSON or server-sent events")]
    NotAcceptable,
}

/// Whether the body is said to be JSON as it stands, and the answer is one that the caller takes.
///
/// # Errors
/// When it is said to be something else, or only other answers are accepted.
pub fn check_media_types(headers: &HeaderMap) -> Result<(), MediaTypeError> {
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|coding| coding != "identity")
    {
        return Err(MediaTypeError::Unsupported(
            "Send the body without Content-Encoding.",
        ));
    }
    match headers.get(CONTENT_TYPE) {
        Some(value) if is_json(value) => {}
        Some(_) | None => {
            return Err(MediaTypeError::Unsupported(
                "Send the body as `Content-Type: application/json`.",
            ));
        }
    }
    let mut accepted = headers.get_all(ACCEPT).iter().peekable();
    if accepted.peek().is_some() && !accepted.any(accepts_ours) {
        return Err(MediaTypeError::NotAcceptable);
    }
    Ok(())
}

fn is_json(value: &HeaderValue) -> bool {
    let Ok(value) = value.to_str() else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || (essence.len() > 5
            && essence.is_char_boundary(essence.len() - 5)
            && essence[essence.len() - 5..].eq_ignore_ascii_case("+json"))
}

fn accepts_ours(value: &HeaderValue) -> bool {
    const OURS: [&str; 5] = [
        "*/*",
        "application/json",
        "application/*",
        "text/event-stream",
        "text/*",
    ];
    let Ok(value) = value.to_str() else {
        return false;
    };
    value
        .split(',')
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .any(|range| OURS.iter().any(|ours| range.eq_ignore_ascii_case(ours)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        map
    }

    #[test]
    fn the_key_is_read_from_one_header_or_not_at_all() {
        let shown = |text: &str| Token::Shown(text.to_owned());
        for (pairs, expected) in [
            (&[][..], Token::Missing),
            (&[("authorization", "Bearer gw_a")][..], shown("gw_a")),
            (&[("authorization", "bearer  gw_a ")][..], shown("gw_a")),
            (&[("x-api-key", "gw_b")][..], shown("gw_b")),
            (
                &[("authorization", "Bearer gw_a"), ("x-api-key", "gw_b")][..],
                shown("gw_a"),
            ),
            (
                &[("authorization", "Basic abc"), ("x-api-key", "gw_b")][..],
                shown("gw_b"),
            ),
            (&[("authorization", "Basic abc")][..], Token::Unusable),
            (&[("authorization", "Bearer ")][..], Token::Unusable),
            (
                &[
                    ("authorization", "Bearer gw_a"),
                    ("authorization", "Bearer gw_b"),
                ][..],
                Token::Unusable,
            ),
            (
                &[("x-api-key", "gw_a"), ("x-api-key", "gw_b")][..],
                Token::Unusable,
            ),
        ] {
            assert!(token(&headers(pairs)) == expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_trace_id_is_echoed_only_if_it_is_harmless() {
        let of =
            |value: &str| Head::of(&headers(&[("x-trace-id", value)]), || "ab".repeat(16)).trace_id;
        assert_eq!(of("abc-1.2:3_Z"), "abc-1.2:3_Z");
        for hostile in ["a b", "a\"b", "a/b", &"a".repeat(129)] {
            assert_eq!(of(hostile), "ab".repeat(16), "{hostile}");
        }
    }

    #[test]
    fn only_plain_json_is_read() {
        let check = |pairs: &[(&'static str, &str)]| {
            check_media_types(&headers(pairs)).map_err(|error| match error {
                MediaTypeError::Unsupported(_) => "unsupported",
                MediaTypeError::NotAcceptable => "not acceptable",
            })
        };
        assert_eq!(check(&[("content-type", "application/json")]), Ok(()));
        assert_eq!(
            check(&[("content-type", "Application/JSON; charset=utf-8")]),
            Ok(())
        );
        assert_eq!(check(&[("content-type", "application/vnd.x+json")]), Ok(()));
        assert_eq!(check(&[]), Err("unsupported"));
        assert_eq!(check(&[("content-type", "text/plain")]), Err("unsupported"));
        assert_eq!(
            check(&[
                ("content-type", "application/json"),
                ("content-encoding", "gzip")
            ]),
            Err("unsupported")
        );
        assert_eq!(
            check(&[
                ("content-type", "application/json"),
                ("accept", "image/png")
            ]),
            Err("not acceptable")
        );
        assert_eq!(
            check(&[
                ("content-type", "application/json"),
                ("accept", "text/html, */*;q=0.1")
            ]),
            Ok(())
        );
    }
}
