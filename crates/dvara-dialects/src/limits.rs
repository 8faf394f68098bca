//! What the head of an answer says of its vendor's limits.
//!
//! Vendors tell with every answer how much of a limit is left, and when it is whole again. What can't be read is as if it were not
//! there: a call too many costs a refusal, a call too few costs a customer.
//!
//! | vendor | left | whole again |
//! |---|---|---|
//! | OpenAI, Groq (API references, "Rate limits") | `x-ratelimit-remaining-requests`, `…-tokens`, `…-tokens_usage_based` | `x-ratelimit-reset-…`: `12ms`, `6m0s`, `2m59.56s` |
//! | Azure OpenAI | the same | the same, in seconds: `12` |
//! | Anthropic (API reference, "Rate limits") | `anthropic-ratelimit-requests-remaining`, `…-tokens-…`, `…-input-tokens-…`, `…-output-tokens-…` | `anthropic-ratelimit-…-reset`: a time of RFC 3339 |
//! | Mistral | `x-ratelimit-remaining-req-minute`, `…-tokens-minute` | not said |
//! | Mistral, before | `ratelimitbysize-remaining` | `ratelimitbysize-reset`, in seconds |

use std::time::{Duration, SystemTime};

use chrono::DateTime;
use http::{HeaderMap, HeaderValue, StatusCode};

/// The longest time that a vendor is believed. Who is out for a day may have bought more by then.
const LONGEST: Duration = Duration::from_hours(1);
/// A number of seconds beyond this is no duration: some vendors write the time of day as a number.
const LONGEST_READ: Duration = Duration::from_hours(31 * 24);

/// How the credential of a call stands with its vendor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VendorLimits {
    /// For how long calls with the same credential and model would be refused; at most an hour, never zero.
    pub out_for: Option<Duration>,
}

impl VendorLimits {
    /// Reads a head whose `Retry-After` is read already. A refusal (429) that says when to come back is believed before its resets: those tell
    /// when a limit is whole again, which is later.
    pub(crate) fn read(
        status: StatusCode,
        headers: &HeaderMap,
        retry_after: Option<Duration>,
        now: SystemTime,
    ) -> Self {
        let refused = status == StatusCode::TOO_MANY_REQUESTS;
        if refused && retry_after.is_some() {
            return Self::of_refusal(retry_after);
        }
        let resets = headers
            .iter()
            .filter(|(name, value)| is_remaining(name.as_str()) && is_zero(value))
            .filter_map(|(name, _)| {
                let reset = headers.get(name.as_str().replace("remaining", "reset"))?;
                from_now(reset.to_str().ok()?.trim(), now)
            });
        Self::of_refusal(resets.max())
    }

    /// A vendor that refuses for its limit, and asks to be left alone for some time. It may say so in a body, as Google does
    /// ([`crate::fault::UpstreamFault::retry_after`]).
    pub fn of_refusal(retry_after: Option<Duration>) -> Self {
        let out_for = retry_after.filter(|asked| !asked.is_zero());
        Self {
            out_for: out_for.map(|asked| asked.min(LONGEST)),
        }
    }
}

/// Looked at for every header of every answer.
fn is_remaining(name: &str) -> bool {
    name.starts_with("x-ratelimit-remaining-")
        || (name.starts_with("anthropic-ratelimit-") && name.ends_with("-remaining"))
        || name == "ratelimitbysize-remaining"
}

fn is_zero(value: &HeaderValue) -> bool {
    value.as_bytes().trim_ascii() == b"0"
}

/// A time, or how long it is until then.
fn from_now(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return SystemTime::from(time).duration_since(now).ok();
    }
    duration(text).filter(|duration| *duration <= LONGEST_READ)
}

/// Seconds, or numbers with units in the manner of Go (`time.ParseDuration`).
fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, from_unit) = rest.split_at(rest.find(is_letter)?);
        let end = from_unit.find(|character| !is_letter(character));
        let (unit, after) = from_unit.split_at(end.unwrap_or(from_unit.len()));
        let seconds = number.parse::<f64>().ok()? * seconds_of(unit)?;
        total = total.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        rest = after;
    }
    Some(total)
}

fn is_letter(character: char) -> bool {
    character.is_ascii_alphabetic()
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(status: u16, pairs: &[(&str, &str)], retry_after: Option<u64>) -> Option<u128> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: http::HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        let retry_after = retry_after.map(Duration::from_secs);
        // 2026-01-01T00:00:00Z.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let limits = VendorLimits::read(status, &headers, retry_after, now);
        limits.out_for.map(|out_for| out_for.as_millis())
    }

    #[test]
    fn what_is_used_up_is_out_until_it_is_whole_again() {
        let openai = [
            "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests",
        ];
        let groq = ["x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"];
        let anthropic = [
            "anthropic-ratelimit-output-tokens-remaining",
            "anthropic-ratelimit-output-tokens-reset",
        ];
        let mistral = ["ratelimitbysize-remaining", "ratelimitbysize-reset"];
        for ([remaining, reset], left, when, millis) in [
            (openai, "0", "1s", Some(1_000)),
            (openai, "0", "6m0s", Some(360_000)),
            (openai, "0", "12ms", Some(12)),
            (openai, " 0 ", " 1h2m3s ", Some(3_600_000)),
            (openai, "0", "0s", None),
            (openai, "1", "6m0s", None),
            (openai, "-1", "6m0s", None),
            (openai, "", "6m0s", None),
            (groq, "0", "2m59.56s", Some(179_560)),
            (groq, "0", "7.66s", Some(7_660)),
            // Azure.
            (groq, "0", "12", Some(12_000)),
            (groq, "0", "0", None),
            (anthropic, "0", "2026-01-01T00:00:40Z", Some(40_000)),
            (anthropic, "0", "2026-01-01T01:00:00.5+01:00", Some(500)),
            (anthropic, "0", "2025-12-31T23:59:59Z", None),
            (anthropic, "1000", "2026-01-01T00:00:40Z", None),
            (mistral, "0", "28", Some(28_000)),
        ] {
            let pairs = [(remaining, left), (reset, when)];
            assert_eq!(read(200, &pairs, None), millis, "{pairs:?}");
        }
    }

    #[test]
    fn the_limit_that_is_used_up_for_the_longest_time_counts() {
        let pairs = [
            ("x-ratelimit-limit-requests", "0"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-remaining-tokens_usage_based", "7"),
            ("x-ratelimit-reset-requests", "10ms"),
            ("x-ratelimit-reset-tokens", "30s"),
            ("x-ratelimit-reset-tokens_usage_based", "50s"),
        ];
        assert_eq!(read(200, &pairs, None), Some(30_000));
    }

    #[test]
    fn a_refusal_is_out_for_what_it_asks_and_without_that_for_its_resets_or_nothing() {
        let used_up = [
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "60s"),
        ];
        assert_eq!(read(429, &used_up, Some(3)), Some(3_000));
        assert_eq!(read(429, &used_up, None), Some(60_000));
        assert_eq!(read(429, &[], Some(86_400)), Some(3_600_000));
        assert_eq!(read(429, &[], Some(0)), None);
        assert_eq!(read(429, &[], None), None);
        // Mistral says how much is left, and not until when.
        let mistral = [("x-ratelimit-remaining-req-minute", "0")];
        assert_eq!(read(429, &mistral, None), None);
        // Too busy is not used up.
        assert_eq!(read(503, &[], Some(3)), None);
        assert_eq!(read(503, &used_up, Some(3)), Some(60_000));
    }

    #[test]
    fn what_cannot_be_read_is_as_if_it_were_not_there() {
        for reset in [
            "",
            "soon",
            "-3s",
            "1e300",
            "NaN",
            "inf",
            "s",
            "3",
            "3x",
            "1767225660",
            "1m2",
            "5µs",
            "99999999999999999999d",
            "18446744073709551615s18446744073709551615s",
        ] {
            let pairs = [
                ("anthropic-ratelimit-tokens-remaining", "0"),
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", reset),
            ];
            let expected = (reset == "3").then_some(3_000);
            assert_eq!(read(200, &pairs, None), expected, "{reset}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_vendor_writes_is_out_for_more_than_an_hour(
            reset in "[0-9.]{0,20}(ms|s|m|h|d)?[0-9.eT:+-]{0,20}[a-zµ]{0,2}",
            retry_after in proptest::option::of(any::<u64>()),
        ) {
            let pairs = [
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", &*reset),
            ];
            for status in [200, 429] {
                let out_for = read(status, &pairs, retry_after);
                prop_assert!(out_for.is_none_or(|millis| millis <= 3_600_000));
            }
        }
    }
}
