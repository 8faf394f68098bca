//! The error object of the plane (data-plane sheet §11): as a body, and as the last event of a stream that failed.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

/// An error as the caller sees it.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorBody<'a> {
    /// What happened, for people.
    pub message: &'a str,
    /// The family of the error.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The code, for programs.
    pub code: &'a str,
    /// The field that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<&'a str>,
    /// What finds the call in our logs.
    pub trace_id: &'a str,
    /// What else the code comes with, such as `rate_limit`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[derive(Serialize)]
struct Envelope<'e, 'a> {
    error: &'e ErrorBody<'a>,
}

impl ErrorBody<'_> {
    /// `{"error":{…}}`.
    pub fn to_json(&self) -> Bytes {
        self.render(b"", b"")
    }

    /// `data: {"error":{…}}` and a blank line: the last event of a stream that failed, in place of `[DONE]`.
    pub fn to_event(&self) -> Bytes {
        self.render(b"data: ", b"\n\n")
    }

    fn render(&self, before: &[u8], behind: &[u8]) -> Bytes {
        let mut bytes = before.to_vec();
        serde_json::to_writer(&mut bytes, &Envelope { error: self })
            .expect("texts and JSON values always have a JSON form");
        bytes.extend_from_slice(behind);
        bytes.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_has_the_published_shape() {
        let mut error = ErrorBody {
            message: "say \"when\"\n",
            kind: "rate_limit_error",
            code: "rate_limit_exceeded",
            param: None,
            trace_id: "t1",
            extra: Map::new(),
        };
        assert_eq!(
            error.to_event(),
            "data: {\"error\":{\"message\":\"say \\\"when\\\"\\n\",\"type\":\"rate_limit_error\",\"code\":\"rate_limit_exceeded\",\"trace_id\":\"t1\"}}\n\n"
        );
        error.param = Some("model");
        error.extra.insert("limit".to_owned(), 5.into());
        let json: Value = serde_json::from_slice(&error.to_json()).unwrap();
        assert_eq!(json["error"]["param"], "model");
        assert_eq!(json["error"]["limit"], 5);
    }
}
