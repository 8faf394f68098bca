//! Calls from web pages of other origins (the Fetch standard's CORS protocol). Closed unless origins are set.
//!
//! Keys travel in headers of the page's own making, never in cookies, so credentials are never allowed. Only governed paths
//! take part: the actuator is nothing for pages.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use url::Url;

use super::body::GatewayBody;

/// What a page may read of an answer's head beside the body.
static EXPOSED: HeaderValue = HeaderValue::from_static(
    "X-Trace-Id, Retry-After, X-Gateway-Strict-Downgraded, X-Gateway-Failover-Blocked, X-Gateway-Pii-Unresolved, \
     X-Budget-Warning, X-RateLimit-Retry-After-Seconds, X-RateLimit-Tokens-Limit, X-RateLimit-Tokens-Remaining, \
     X-RateLimit-Reset",
);
static METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST");
/// How long a browser may remember a preflight's answer, in seconds; browsers cap it at two hours themselves.
static MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
static ANYBODY: HeaderValue = HeaderValue::from_static("*");
static VARY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");

/// Headers that a page may send, beside those with one of [`PREFIXES`].
const HEADERS: [&str; 5] = [
    "authorization",
    "content-type",
    "accept",
    "idempotency-key",
    "traceparent",
];
/// Ours, and what the vendors' SDKs add of their own accord.
const PREFIXES: [&str; 3] = ["x-", "openai-", "anthropic-"];

/// Whose pages may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cors {
    /// Everybody's (`*`).
    Anybody,
    /// Those of these origins, each as a browser writes it.
    Origins(Vec<HeaderValue>),
}

impl Cors {
    /// Reads the list of a setting; `None` when it is empty.
    ///
    /// # Errors
    /// The entry that is no origin as a browser writes it, and what is wrong with it.
    pub(crate) fn parse(list: &[String]) -> Result<Option<Self>, String> {
        if list.is_empty() {
            return Ok(None);
        }
        if list.iter().any(|entry| entry == "*") {
            return if list.len() == 1 {
                Ok(Some(Self::Anybody))
            } else {
                Err("names `*` beside other origins; give one or the other".to_owned())
            };
        }
        let origins: Result<Vec<_>, _> = list.iter().map(|entry| origin(entry)).collect();
        origins.map(|origins| Some(Self::Origins(origins)))
    }

    /// The answer to a preflight, where the request is one and of an origin that may call.
    pub(crate) fn preflight(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Option<Response<GatewayBody>> {
        if *method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        self.allows(headers.get(ORIGIN)?)?;
        let mut response = Response::new(GatewayBody::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let answer = response.headers_mut();
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS.clone());
        answer.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE.clone());
        if let Some(allowed) = allowed_headers(headers) {
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        Some(response)
    }

    /// Says on an answer, of whatever kind, who may read it.
    pub(crate) fn mark(&self, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        if let Self::Origins(_) = self {
            // Also where there is no origin, or a cache would hand the answer to one who has.
            answer.append(VARY, VARY_ORIGIN.clone());
        }
        if let Some(allowed) = origin.and_then(|origin| self.allows(origin)) {
            answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed.clone());
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED.clone());
        }
    }

    /// What an origin that may call is told.
    fn allows(&self, origin: &HeaderValue) -> Option<&HeaderValue> {
        match self {
            Self::Anybody => Some(&ANYBODY),
            Self::Origins(origins) => origins.iter().find(|allowed| *allowed == origin),
        }
    }
}

/// Of the headers that a page asks for, those that it may send.
fn allowed_headers(headers: &HeaderMap) -> Option<HeaderValue> {
    let asked = headers
        .get(ACCESS_CONTROL_REQUEST_HEADERS)?
        .to_str()
        .ok()?
        .to_ascii_lowercase();
    let allowed: Vec<&str> = asked.split(',').map(str::trim).filter(is_allowed).collect();
    HeaderValue::try_from(allowed.join(", ")).ok()
}

fn is_allowed(name: &&str) -> bool {
    HEADERS.contains(name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// An origin as a browser writes it: scheme, host and a port that is not the scheme's own, no path.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let no_origin =
        || format!("names `{text}`, which is not an origin like https://app.example.com");
    let url = Url::parse(text).map_err(|_| no_origin())?;
    if text.contains('*') {
        return Err(no_origin()); // browsers know no patterns, and we match none
    }
    let written = url.origin().ascii_serialization();
    if written != text {
        return Err(match written.as_str() {
            "null" => no_origin(),
            written => format!("names `{text}`; a browser writes it `{written}`"),
        });
    }
    HeaderValue::try_from(written).map_err(|_| no_origin())
}

#[cfg(test)]
mod tests;
