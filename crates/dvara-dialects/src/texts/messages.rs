//! The messages of a call as wholes: how large each one is, and the call without some of them (data-plane.md §22).

use serde::Deserialize as _;
use serde_json::value::RawValue;

use super::Speaker;
use crate::estimate::{ImageTokens, message_tokens, tool_tokens};
use crate::json::Members;
use crate::request::{Block, ChatRequest, Message, ReadError, ReadLimits};
use crate::splice::{Edits, Span};

/// How large a call is, in estimated tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// Its messages, in order.
    pub messages: Vec<MessageSize>,
    /// What it says of its tools.
    pub tools: u64,
}

/// How large a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageSize {
    /// Who speaks.
    pub speaker: Speaker,
    /// The model calls tools in it, whose results follow.
    pub calls_tools: bool,
    /// Estimated tokens.
    pub tokens: u64,
}

impl ChatRequest {
    /// How large its parts are.
    ///
    /// # Errors
    /// As [`ChatRequest::conversation`].
    pub fn sizes(&self) -> Result<Sizes, ReadError> {
        let conversation = self.conversation()?;
        let size = |message: &Message<'_>| MessageSize {
            speaker: Speaker::of(&message.role),
            calls_tools: message
                .blocks
                .iter()
                .any(|block| matches!(block, Block::ToolUse(_))),
            tokens: message_tokens(message, ImageTokens::default()).0,
        };
        Ok(Sizes {
            messages: conversation.messages.iter().map(size).collect(),
            tools: tool_tokens(&conversation.tools).0,
        })
    }

    /// The call with a bound on its answer's tokens, in the field that every vendor's adapter knows.
    ///
    /// # Errors
    /// None that the call itself did not have.
    pub fn with_max_tokens(&self, tokens: u32, limits: &ReadLimits) -> Result<Self, ReadError> {
        let start = self.text().find('{').expect("the body is an object");
        let mut edits = Edits::new();
        let field = format!("\"max_completion_tokens\":{tokens},");
        edits.replace(Span::before(start + 1), field);
        Self::read_openai(edits.apply(self.body()), limits)
    }

    /// The call without the messages at these places, which are in order. The others stay byte for byte.
    ///
    /// # Errors
    /// When no message is left.
    pub fn without_messages(
        &self,
        places: &[usize],
        limits: &ReadLimits,
    ) -> Result<Self, ReadError> {
        let text = self.text();
        let Members(members) = serde_json::from_str(text).expect("checked when the body was read");
        let messages = members.iter().find(|member| member.key == "messages");
        let messages = messages.expect("a call without messages is refused when it is read");
        let list = Vec::<&RawValue>::deserialize(messages.value).expect("its messages are a list");
        let kept = list.iter().enumerate();
        let kept = kept.filter(|(place, _)| places.binary_search(place).is_err());
        let kept: Vec<&str> = kept.map(|(_, message)| message.get()).collect();
        let mut edits = Edits::new();
        let span = Span::of(messages.value.get(), text);
        edits.replace(span, format!("[{}]", kept.join(",")));
        Self::read_openai(edits.apply(self.body()), limits)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn read(body: &'static str) -> ChatRequest {
        ChatRequest::read_openai(Bytes::from_static(body.as_bytes()), &ReadLimits::default())
            .unwrap()
    }

    #[test]
    fn every_message_is_sized_by_what_it_says() {
        let call = read(
            r#"{"model":"m","messages":[{"role":"developer","content":"12345678"},{"role":"user","content":"1234"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"c","content":"12345"}],
            "tools":[{"type":"function","function":{"name":"four","parameters":{"a":1}}}]}"#,
        );
        let sizes = call.sizes().unwrap();
        let of = |speaker, calls_tools, tokens| MessageSize {
            speaker,
            calls_tools,
            tokens,
        };
        assert_eq!(
            sizes.messages,
            [
                of(Speaker::System, false, 2),
                of(Speaker::User, false, 1),
                of(Speaker::Assistant, true, 1),
                of(Speaker::Tool, false, 2),
            ]
        );
        assert_eq!(sizes.tools, 3);
    }

    #[test]
    fn a_bound_is_added_and_nothing_else() {
        let call = read(r#" {"model":"m", "messages":[{"role":"user","content":"a"}]}"#);
        let bound = call.with_max_tokens(7, &ReadLimits::default()).unwrap();
        assert_eq!(bound.max_tokens(), Some(7));
        assert_eq!(
            bound.body(),
            r#" {"max_completion_tokens":7,"model":"m", "messages":[{"role":"user","content":"a"}]}"#
        );
    }

    #[test]
    fn what_is_not_left_out_stays_byte_for_byte() {
        let call = read(
            r#"{"seed":1.0, "messages":[ {"role":"system", "content":"S"}, {"role":"user","content":"a"} , {"content":"b","role":"user"}],"model":"m"}"#,
        );
        let shorter = call.without_messages(&[1], &ReadLimits::default()).unwrap();
        assert_eq!(
            shorter.body(),
            r#"{"seed":1.0, "messages":[{"role":"system", "content":"S"},{"content":"b","role":"user"}],"model":"m"}"#
        );
        assert!(
            call.without_messages(&[0, 1, 2], &ReadLimits::default())
                .is_err()
        );
    }
}
