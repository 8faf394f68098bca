//! Error bodies as vendors write them, read as far as they can be.

use std::time::Duration;

use serde_json::Value;

use crate::redact::cut_secrets;

/// Longest text that is kept of a vendor, in characters.
const LONGEST: usize = 1_000;

/// What a vendor says about an error. Secrets are cut out already.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct VendorError {
    pub(super) message: Option<String>,
    pub(super) param: Option<String>,
    pub(super) code: Option<String>,
    /// How long the vendor asks to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// The beginning of a body that is no JSON: a proxy's page, as a rule.
    pub(super) page: Option<String>,
}

impl VendorError {
    /// Reads the body of an error; anything will do.
    pub(super) fn read(body: &[u8]) -> Self {
        Self::find(body, true)
    }

    /// Reads a body that may be an answer or a part of one: only what stands under `error` is an error.
    pub(super) fn read_nested(body: &[u8]) -> Self {
        Self::find(body, false)
    }

    fn find(body: &[u8], anything: bool) -> Self {
        let Ok(document) = serde_json::from_slice::<Value>(body) else {
            let beginning = String::from_utf8_lossy(&body[..body.len().min(4 * LONGEST)]);
            return Self {
                page: Some(kept(&beginning)).filter(|page| !page.is_empty()),
                ..Self::default()
            };
        };
        // Gemini's OpenAI-shaped endpoint wraps the object in a list.
        let document = document.get(0).unwrap_or(&document);
        let nested = document.get("error").filter(|error| !error.is_null());
        let Some(error) = nested.or(anything.then_some(document)) else {
            return Self::default();
        };
        // Anthropic's errors have no code; their type is one. OpenAI's type is a family, and says less than its code.
        let is_anthropic = document.get("type").is_some_and(|kind| kind == "error");
        // Moonshot's have no place for a code, and their types are codes, but for the one that says what the status says.
        let says_type = |error: &Value| {
            let kind = error.get("type").and_then(Value::as_str);
            error.get("code").is_none() && kind.is_some_and(|kind| kind != "invalid_request_error")
        };
        let has_no_code = nested.is_some_and(says_type);
        let kind = || text(error, "type").filter(|_| is_anthropic || has_no_code);
        // xAI's stand beside the text: `{"code","error"}`.
        let beside = || text(document, "code").filter(|_| error.is_string());
        // Amazon's may have a namespace before it.
        let amazons = || Some(text(error, "__type")?.rsplit('#').next()?.to_owned());
        Self {
            message: message(error),
            param: text(error, "param").or_else(|| param(error)),
            code: text(error, "code")
                .or_else(beside)
                .or_else(kind)
                .or_else(amazons),
            retry_after: retry_delay(error),
            page: None,
        }
    }

    /// A line for the log: what happened, and what the vendor says.
    ///
    /// A JSON document without a message is not shown: it may hold what a model wrote.
    pub(super) fn for_log(&self, context: &str) -> String {
        match self.message.as_ref().or(self.page.as_ref()) {
            Some(said) => format!("{context}: {said}"),
            None => self.without_text(context),
        }
    }

    /// A line for the log without the vendor's text, which may quote the caller's.
    pub(super) fn without_text(&self, context: &str) -> String {
        let facts = [("code", &self.code), ("param", &self.param)];
        facts
            .iter()
            .fold(context.to_owned(), |line, (name, fact)| match fact {
                Some(fact) => format!("{line}, {name} {fact}"),
                None => line,
            })
    }
}

/// Google's `retryDelay`, such as `34.4s` (google.rpc.RetryInfo).
fn retry_delay(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let delays = details.iter().filter_map(|detail| detail.get("retryDelay"));
    let mut seconds = delays.filter_map(|delay| delay.as_str()?.strip_suffix('s')?.parse().ok());
    Duration::try_from_secs_f64(seconds.next_back()?).ok()
}

fn text(error: &Value, key: &str) -> Option<String> {
    match error.get(key)? {
        Value::String(text) => Some(kept(text)).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// OpenAI's `{"error":{"message"}}`; Ollama's and xAI's `{"error":"…"}`; vLLM's and Amazon's `{"message"}`, which Amazon's front
/// doors spell `Message`; FastAPI's `{"detail"}`, a text or a list of `{"loc","msg"}`; Mistral's, which is the last one under
/// `message`.
fn message(error: &Value) -> Option<String> {
    let text = match error {
        Value::String(text) => text.clone(),
        other => match ["message", "Message", "detail"]
            .iter()
            .find_map(|name| other.get(name))?
        {
            Value::String(text) => text.clone(),
            _ => details(error)?
                .iter()
                .filter_map(|detail| detail.get("msg")?.as_str())
                .collect::<Vec<_>>()
                .join("; "),
        },
    };
    Some(kept(&text)).filter(|text| !text.is_empty())
}

/// What FastAPI complains about, one by one.
fn details(error: &Value) -> Option<&Vec<Value>> {
    let inside = error.get("message").unwrap_or(error);
    inside.get("detail")?.as_array()
}

/// The field that the first of FastAPI's complaints is about: `["body","messages",0,"role"]`.
fn param(error: &Value) -> Option<String> {
    let steps = details(error)?.first()?.get("loc")?.as_array()?;
    let mut param = String::new();
    for (position, step) in steps.iter().enumerate() {
        match step {
            Value::String(name) if position == 0 && name == "body" => {}
            Value::String(name) if param.is_empty() => param.push_str(name),
            Value::String(name) => {
                param.push('.');
                param.push_str(name);
            }
            Value::Number(index) => param.push_str(&format!("[{index}]")),
            _ => {}
        }
    }
    Some(kept(&param)).filter(|param| !param.is_empty())
}

fn kept(text: &str) -> String {
    // Cut secrets first: a key that the bound cuts in two would not be known for one.
    cut_secrets(text.trim()).chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_shape_gives_its_message() {
        for (body, expected) in [
            (
                r#"{"error":{"message":"m","type":"t","param":null,"code":null}}"#,
                Some("m"),
            ),
            (r#"{"error":"model not found"}"#, Some("model not found")),
            (
                r#"{"object":"error","message":"m","code":40400}"#,
                Some("m"),
            ),
            (r#"{"Message":"m"}"#, Some("m")),
            (r#"{"detail":"Not Found"}"#, Some("Not Found")),
            (
                r#"{"detail":[{"loc":["body"],"msg":"a"},{"msg":"b"}]}"#,
                Some("a; b"),
            ),
            (r#"[{"error":{"code":400,"message":"m"}}]"#, Some("m")),
            (r#"{"error":{"message":""}}"#, None),
            (r#"{"code":"c","error":"m"}"#, Some("m")),
            (
                r#"{"object":"error","message":{"detail":[{"loc":["body","x"],"msg":"a"}]}}"#,
                Some("a"),
            ),
            (r#"{"message":{"detail":"m"}}"#, None),
            ("<html>502</html>", None),
            ("", None),
            ("[]", None),
            ("5", None),
        ] {
            assert_eq!(
                VendorError::read(body.as_bytes()).message.as_deref(),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn the_field_is_found_where_vendors_name_it() {
        for (body, expected) in [
            (r#"{"error":{"message":"m","param":"n"}}"#, Some("n")),
            (r#"{"error":{"message":"m","param":""}}"#, None),
            (
                r#"{"detail":[{"loc":["body","messages",0,"tool_calls",1,"id"],"msg":"a"}]}"#,
                Some("messages[0].tool_calls[1].id"),
            ),
            (
                r#"{"message":{"detail":[{"loc":["body","x"],"msg":"a"}]},"param":null}"#,
                Some("x"),
            ),
            (r#"{"detail":[{"loc":["body"],"msg":"a"}]}"#, None),
            (r#"{"detail":[]}"#, None),
            (r#"{"detail":"m"}"#, None),
        ] {
            let error = VendorError::read(body.as_bytes());
            assert_eq!(error.param.as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn the_type_of_an_error_without_a_place_for_a_code_is_its_code() {
        for (body, expected) in [
            (
                r#"{"code":"invalid-argument","error":"m"}"#,
                Some("invalid-argument"),
            ),
            (
                r#"{"error":{"message":"m","type":"content_filter"}}"#,
                Some("content_filter"),
            ),
            (r#"{"type":"t","message":"m"}"#, None),
            (
                r#"{"error":{"message":"m","type":"invalid_request_error"}}"#,
                None,
            ),
            (
                r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"m"}"#,
                Some("UnrecognizedClientException"),
            ),
            (
                r#"{"type":"error","error":{"type":"not_found_error","message":"m"},"request_id":"r"}"#,
                Some("not_found_error"),
            ),
            (
                r#"{"error":{"type":"invalid_request_error","message":"m","code":null}}"#,
                None,
            ),
        ] {
            let error = VendorError::read(body.as_bytes());
            assert_eq!(error.code.as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn googles_wish_to_be_left_alone_is_read() {
        for (delay, millis) in [
            ("34.4s", Some(34_400)),
            ("0s", Some(0)),
            ("soon", None),
            ("-1s", None),
        ] {
            let body = format!(
                r#"{{"error":{{"code":429,"message":"m","details":[{{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"{delay}"}}]}}}}"#
            );
            let error = VendorError::read(body.as_bytes());
            assert_eq!(
                error.retry_after,
                millis.map(Duration::from_millis),
                "{delay}"
            );
        }
    }

    #[test]
    fn texts_are_bounded() {
        let body = format!(r#"{{"error":"{}"}}"#, "x ".repeat(5_000));
        let error = VendorError::read(body.as_bytes());
        assert_eq!(error.message.unwrap().chars().count(), LONGEST);
        let page = VendorError::read(&[b'<'; 100_000]).page.unwrap();
        assert_eq!(page.len(), LONGEST);
    }
}
