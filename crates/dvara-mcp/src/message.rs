//! The envelope of JSON-RPC 2.0: id and method. What is in `params` is not looked at, and the id goes back as it came.

use serde::Deserialize;
use serde_json::value::RawValue;

/// Most messages in one batch: each is answered, and an answer is larger than the smallest message.
pub(crate) const BATCH: usize = 100;

/// What a body holds.
#[derive(Debug)]
pub(crate) enum Messages<'a> {
    /// One message.
    One(Message<'a>),
    /// Several, to be answered in one array.
    Batch(Vec<Message<'a>>),
}

/// One message.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    /// It wants an answer, under this id.
    Request(&'a RawValue),
    /// It wants none: a notification, or the answer to a question that nobody has asked.
    Told,
    /// It is none; with its id, where that can be made out.
    Invalid(Option<&'a RawValue>),
}

/// Why a body holds no messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is not JSON.
    Syntax,
    /// It is JSON of another kind, an empty batch or too large a one.
    Shape,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    jsonrpc: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Only the id, of a message that is broken elsewhere.
#[derive(Deserialize)]
struct Identified<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
}

/// A member that is there, also when it is `null`.
fn present<'de, D: serde::Deserializer<'de>>(read: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(read).map(Some)
}

/// Reads the messages of a body.
///
/// # Errors
/// When there are none.
pub(crate) fn read(body: &[u8]) -> Result<Messages<'_>, Unreadable> {
    let whole: &RawValue = serde_json::from_slice(body).map_err(|_| Unreadable::Syntax)?;
    match whole.get().as_bytes().first() {
        Some(b'{') => Ok(Messages::One(one(whole))),
        Some(b'[') => {
            let all: Vec<&RawValue> =
                serde_json::from_str(whole.get()).map_err(|_| Unreadable::Syntax)?;
            if all.is_empty() || all.len() > BATCH {
                return Err(Unreadable::Shape);
            }
            Ok(Messages::Batch(all.into_iter().map(one).collect()))
        }
        _ => Err(Unreadable::Shape),
    }
}

fn one(text: &RawValue) -> Message<'_> {
    let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(text.get()) else {
        let identified = serde_json::from_str::<Identified<'_>>(text.get());
        let id = identified.ok().and_then(|identified| identified.id);
        return Message::Invalid(id.filter(|id| is_id(id)));
    };
    let id = envelope.id.filter(|id| is_id(id));
    let named = envelope
        .method
        .is_some_and(|method| method.get().starts_with('"'));
    let answered = envelope.result.is_some() != envelope.error.is_some();
    match (envelope.jsonrpc, envelope.method, envelope.id) {
        (Some("2.0"), Some(_), None) if named => Message::Told,
        (Some("2.0"), Some(_), Some(_)) if named => match id {
            Some(id) => Message::Request(id),
            None => Message::Invalid(None),
        },
        (Some("2.0"), None, Some(_)) if answered && id.is_some() => Message::Told,
        _ => Message::Invalid(id),
    }
}

/// MCP's ids are texts and numbers, never `null`.
fn is_id(id: &RawValue) -> bool {
    let first = id.get().as_bytes().first();
    first.is_some_and(|first| matches!(first, b'"' | b'-' | b'0'..=b'9'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(body: &str) -> String {
        let shown = |message: &Message<'_>| match message {
            Message::Request(id) => format!("request {id}"),
            Message::Told => "told".to_owned(),
            Message::Invalid(Some(id)) => format!("invalid {id}"),
            Message::Invalid(None) => "invalid".to_owned(),
        };
        match read(body.as_bytes()) {
            Ok(Messages::One(message)) => shown(&message),
            Ok(Messages::Batch(all)) => all.iter().map(shown).collect::<Vec<_>>().join(", "),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn the_envelope_is_read_and_nothing_else() {
        for (body, expected) in [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
                "request 1",
            ),
            (
                r#" {"method":"x","params":{"id":2},"id":"a\"b","jsonrpc":"2.0","more":[]} "#,
                r#"request "a\"b""#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":-1.5e3,"method":"\u0070ing"}"#,
                "request -1.5e3",
            ),
            (
                r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
                "told",
            ),
            (r#"{"jsonrpc":"2.0","id":1,"result":null}"#, "told"),
            (
                r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#,
                "told",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{}}"#,
                "invalid 1",
            ),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "invalid"),
            (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, "invalid"),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, "invalid 1"),
            (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, "invalid 1"),
            (r#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, "invalid 1"),
            (r#"{"id":1,"method":"ping"}"#, "invalid 1"),
            (r#"{"jsonrpc":"2.0","id":1}"#, "invalid 1"),
            (
                r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
                "invalid",
            ),
            ("{}", "invalid"),
            (
                r#"[{"jsonrpc":"2.0","id":1,"method":"ping"},7,{"jsonrpc":"2.0","method":"x"}]"#,
                "request 1, invalid, told",
            ),
            ("[]", "Shape"),
            ("7", "Shape"),
            ("", "Syntax"),
            ("{", "Syntax"),
            (r#"{"a":1}{"b":2}"#, "Syntax"),
            ("{\"a\":\"\n\"}", "Syntax"),
        ] {
            assert_eq!(told(body), expected, "{body}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_not_json() {
        assert_eq!(read(b"{\"a\":\"\xff\"}").unwrap_err(), Unreadable::Syntax);
    }

    #[test]
    fn a_batch_has_an_end() {
        let batch = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        assert_eq!(told(&batch(BATCH + 1)), "Shape");
        assert!(told(&batch(BATCH)).starts_with("invalid, "));
    }
}
