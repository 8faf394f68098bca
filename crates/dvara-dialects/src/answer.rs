//! What is read of an answer whose bytes are relayed untouched.

use std::fmt;
use std::time::{Duration, SystemTime};

use dvara_types::{TokenCount, Usage};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

use crate::estimate::estimate_tokens;
use crate::limits::VendorLimits;

/// The head of an upstream answer, as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// Its status.
    pub status: StatusCode,
    /// Its media type, as it came.
    pub content_type: Option<Box<str>>,
    /// How long the vendor asks to be left alone.
    pub retry_after: Option<Duration>,
    /// How the credential stands with the vendor.
    pub limits: VendorLimits,
    /// Amazon's name for the call: letters, digits and `-`.
    pub request_id: Option<Box<str>>,
    /// Amazon's name for an error, such as `ThrottlingException`.
    pub error_type: Option<Box<str>>,
}

impl ResponseHead {
    /// Reads a head. `now` is what dates, such as that of a `Retry-After`, are measured from.
    pub fn read(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Self {
        let retry_after = retry_after(headers, now);
        Self {
            content_type: text(headers, CONTENT_TYPE.as_str()).map(Into::into),
            retry_after,
            limits: VendorLimits::read(status, headers, retry_after, now),
            request_id: request_id(headers),
            error_type: error_type(headers),
            ..Self::of_status(status)
        }
    }

    /// A head that says nothing but its status.
    pub fn of_status(status: StatusCode) -> Self {
        Self {
            status,
            content_type: None,
            retry_after: None,
            limits: VendorLimits::default(),
            request_id: None,
            error_type: None,
        }
    }

    /// Whether the body may be a stream of events. A vendor that names no type, or an odd one, is believed;
    /// JSON and HTML are not streams.
    pub fn is_event_stream(&self) -> bool {
        let Some(content_type) = &self.content_type else {
            return true;
        };
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        !["application/json", "text/html", "application/problem+json"]
            .iter()
            .any(|other| essence.eq_ignore_ascii_case(other))
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `x-amzn-RequestId`, as far as it can be an id in an answer.
fn request_id(headers: &HeaderMap) -> Option<Box<str>> {
    let of_id = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let id = text(headers, "x-amzn-requestid")?;
    let fits = (1..=64).contains(&id.len()) && id.chars().all(of_id);
    fits.then(|| id.into())
}

/// `x-amzn-ErrorType`, without the address or the namespace that may stand around the name (Smithy, AWS restJson1: operation
/// error serialisation).
fn error_type(headers: &HeaderMap) -> Option<Box<str>> {
    let name = text(headers, "x-amzn-errortype")?;
    let name = name.split(':').next().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default();
    let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| name.chars().take(64).collect::<String>().into())
}

/// `Retry-After` in seconds or as a date (RFC 9110 §10.2.3), or OpenAI's finer `retry-after-ms`.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let seconds = |text: &str, unit: f64| {
        let number = text.parse::<f64>().ok()?;
        Duration::try_from_secs_f64(number * unit).ok()
    };
    let fine = text(headers, "retry-after-ms").and_then(|text| seconds(text, 0.001));
    fine.or_else(|| {
        let coarse = text(headers, RETRY_AFTER.as_str())?;
        seconds(coarse, 1.0).or_else(|| {
            let date = httpdate::parse_http_date(coarse).ok()?;
            Some(date.duration_since(now).unwrap_or_default())
        })
    })
}

/// Why a model stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// It was done.
    Stop,
    /// A bound on tokens was reached.
    Length,
    /// It calls tools.
    ToolCalls,
    /// The vendor's filter stopped it.
    ContentFilter,
    /// A word that only its vendor understands.
    Other(Box<str>),
}

impl Finish {
    /// The reason in OpenAI's word for it.
    pub fn of_openai(word: &str) -> Self {
        match word {
            "stop" => Self::Stop,
            "length" => Self::Length,
            "tool_calls" | "function_call" => Self::ToolCalls,
            "content_filter" => Self::ContentFilter,
            other => Self::Other(other.chars().take(64).collect::<String>().into()),
        }
    }

    /// OpenAI's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Other(word) => word,
        }
    }
}

impl fmt::Display for Finish {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What an answer came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The model that the vendor says served.
    pub model: Option<Box<str>>,
    /// The tokens that the vendor reports; `None` when it reports none, never zeros in their place.
    pub usage: Option<Usage>,
    /// Why the first choice ended.
    pub finish: Option<Finish>,
    /// How many choices there are; at least one.
    pub choices: u32,
    /// Characters of output, counted only when the vendor reports no usage.
    pub output_characters: u64,
}

/// What a stream came to, up to now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamSummary {
    /// The tokens that the vendor reported last; running totals replace each other.
    pub usage: Option<Usage>,
    /// The output in `usage` is a guess: the vendor reports the input at the beginning, and the end has not come.
    pub output_is_guessed: bool,
    /// Why the first choice ended.
    pub finish: Option<Finish>,
    /// Characters that the model wrote, for an estimate when a stream is abandoned.
    pub output_characters: u64,
    /// The model that the vendor says served.
    pub model: Option<Box<str>>,
    /// Every choice that began has ended.
    pub complete: bool,
}

impl StreamSummary {
    /// Output tokens by [`estimate_tokens`], for a stream whose usage never came.
    pub fn estimated_output_tokens(&self) -> TokenCount {
        estimate_tokens(self.output_characters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(pairs: &[(&'static str, &str)]) -> ResponseHead {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        ResponseHead::read(StatusCode::OK, &headers, now)
    }

    #[test]
    fn retry_after_is_read_in_every_form() {
        for (pairs, millis) in [
            (&[("retry-after", "20")][..], Some(20_000)),
            (&[("retry-after", "0.5")], Some(500)),
            (
                &[("retry-after", "20"), ("retry-after-ms", "1500")],
                Some(1_500),
            ),
            (
                &[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")],
                Some(10_000),
            ),
            (&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")], Some(0)),
            (&[("retry-after", "-3")], None),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "1e300")], None),
            (&[], None),
        ] {
            assert_eq!(
                head(pairs).retry_after,
                millis.map(Duration::from_millis),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn amazons_names_are_read_without_what_stands_around_them() {
        for (pairs, id, error) in [
            (
                &[
                    ("x-amzn-requestid", "0f8e-4A"),
                    (
                        "x-amzn-errortype",
                        "ValidationException:http://internal.amazon.com/coral/x/",
                    ),
                ][..],
                Some("0f8e-4A"),
                Some("ValidationException"),
            ),
            (
                &[
                    ("x-amzn-requestid", "a\"b"),
                    ("x-amzn-errortype", "aws.x#ThrottlingException"),
                ],
                None,
                Some("ThrottlingException"),
            ),
            (
                &[("x-amzn-requestid", ""), ("x-amzn-errortype", "a b")],
                None,
                None,
            ),
        ] {
            let head = head(pairs);
            assert_eq!(head.request_id.as_deref(), id, "{pairs:?}");
            assert_eq!(head.error_type.as_deref(), error, "{pairs:?}");
        }
    }

    #[test]
    fn json_and_html_are_no_streams() {
        for (content_type, expected) in [
            ("text/event-stream; charset=utf-8", true),
            ("text/plain", true),
            ("application/json", false),
            ("Application/JSON; charset=utf-8", false),
            ("text/html", false),
        ] {
            assert_eq!(
                head(&[("content-type", content_type)]).is_event_stream(),
                expected
            );
        }
        assert!(head(&[]).is_event_stream());
    }
}
