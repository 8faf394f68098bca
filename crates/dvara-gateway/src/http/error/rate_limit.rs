//! What a caller is told beside the message when it has called too often (data-plane sheet §3 and §19).

use chrono::{DateTime, SecondsFormat, Utc};
use dvara_limits::Exceeded;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::super::respond::whole_seconds;

const RETRY_AFTER_SECONDS: HeaderName = HeaderName::from_static("x-ratelimit-retry-after-seconds");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// `error.rate_limit`.
pub(super) fn member(exceeded: &Exceeded, now: DateTime<Utc>) -> Map<String, Value> {
    let told = json!({
        "limited_resource": "requests",
        "limit_type": "requests_per_minute",
        "limit": exceeded.limit,
        "remaining": 0,
        "retry_after_seconds": whole_seconds(exceeded.retry_after),
        "reset_at": reset_at(exceeded, now),
    });
    Map::from_iter([("rate_limit".to_owned(), told)])
}

/// The headers that come with it, `Retry-After` apart.
pub(in crate::http) fn headers(exceeded: &Exceeded, now: DateTime<Utc>, headers: &mut HeaderMap) {
    let seconds = HeaderValue::from(whole_seconds(exceeded.retry_after));
    headers.insert(RETRY_AFTER_SECONDS, seconds);
    if let Ok(reset) = HeaderValue::from_str(&reset_at(exceeded, now)) {
        headers.insert(RESET, reset);
    }
}

fn reset_at(exceeded: &Exceeded, now: DateTime<Utc>) -> String {
    (now + exceeded.retry_after).to_rfc3339_opts(SecondsFormat::Millis, true)
}
