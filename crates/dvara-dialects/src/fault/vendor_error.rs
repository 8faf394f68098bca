//! Error bodies as vendors write them, read as far as they can be.

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
        let text = |key: &str| match error.get(key)? {
            Value::String(text) => Some(kept(text)),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        // Anthropic's errors have no code; their type is one. OpenAI's type is a family, and says less than its code.
        let is_anthropic = document.get("type").is_some_and(|kind| kind == "error");
        let code = text("code")
            .or_else(|| text("type").filter(|_| is_anthropic))
            // Amazon's, without the namespace before it.
            .or_else(|| Some(text("__type")?.rsplit('#').next()?.to_owned()));
        Self {
            message: message(error),
            param: text("param"),
            code,
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

/// OpenAI's `{"error":{"message"}}`; Ollama's `{"error":"…"}`; vLLM's and Amazon's `{"message"}`, which Amazon's front doors spell
/// `Message`; FastAPI's `{"detail"}`, a text or a list of `{"loc","msg"}`.
fn message(error: &Value) -> Option<String> {
    let text = match error {
        Value::String(text) => text.clone(),
        other => match ["message", "Message", "detail"]
            .iter()
            .find_map(|name| other.get(name))?
        {
            Value::String(text) => text.clone(),
            Value::Array(details) => details
                .iter()
                .filter_map(|detail| detail.get("msg")?.as_str())
                .collect::<Vec<_>>()
                .join("; "),
            _ => return None,
        },
    };
    Some(kept(&text)).filter(|text| !text.is_empty())
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
    fn the_type_of_an_error_of_anthropics_or_amazons_is_its_code() {
        for (body, expected) in [
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
    fn texts_are_bounded() {
        let body = format!(r#"{{"error":"{}"}}"#, "x ".repeat(5_000));
        let error = VendorError::read(body.as_bytes());
        assert_eq!(error.message.unwrap().chars().count(), LONGEST);
        let page = VendorError::read(&[b'<'; 100_000]).page.unwrap();
        assert_eq!(page.len(), LONGEST);
    }
}
