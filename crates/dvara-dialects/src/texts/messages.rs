//! The messages of a call as wholes: how large each one is, and the call without some of them (data-plane.md §22).

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::Speaker;
use crate::estimate::{ImageTokens, message_tokens, tool_tokens};
use crate::json::{self, Members};
use crate::request::{Block, ChatRequest, Message, ReadError, ReadLimits};
use crate::splice::{Edits, Span};
use crate::tokens::Table;

/// What makes two calls one conversation: their beginning stays the same as it goes on.
#[derive(Clone, Default)]
pub struct Opening<'a> {
    /// What the client calls it (`prompt_cache_key`), as it stands in the body.
    pub cache_key: Option<&'a str>,
    /// The texts of its messages, up to those of the first of the user.
    pub texts: Vec<Cow<'a, str>>,
}

/// How large a call is, in tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// Its messages, in order.
    pub messages: Vec<MessageSize>,
    /// What goes with it however many messages are left: what it says of its tools.
    pub rest: u64,
}

/// How large a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageSize {
    /// Who speaks.
    pub speaker: Speaker,
    /// The model calls tools in it, whose results follow.
    pub calls_tools: bool,
    /// Its tokens.
    pub tokens: u64,
}

impl ChatRequest {
    /// How the conversation begins. Nothing behind that is read, and what cannot be read is not part of it.
    pub fn opening(&self) -> Opening<'_> {
        let mut opening = Opening::default();
        let Members(members) =
            serde_json::from_str(self.text()).expect("checked when the body was read");
        for member in &members {
            match &*member.key {
                "prompt_cache_key" => opening.cache_key = Some(member.value.get()),
                "messages" => opening.read(member.value),
                _ => {}
            }
        }
        opening
    }

    /// How large its parts are: counted by a table, or else estimated.
    ///
    /// # Errors
    /// As [`ChatRequest::conversation`].
    pub fn sizes(&self, table: Option<Table>) -> Result<Sizes, ReadError> {
        let conversation = self.conversation()?;
        let tokens = |message: &Message<'_>| match table {
            Some(table) => table.count_message(message),
            None => message_tokens(message, ImageTokens::default()).0,
        };
        let size = |message: &Message<'_>| MessageSize {
            speaker: Speaker::of(&message.role),
            calls_tools: message
                .blocks
                .iter()
                .any(|block| matches!(block, Block::ToolUse(_))),
            tokens: tokens(message),
        };
        Ok(Sizes {
            messages: conversation.messages.iter().map(size).collect(),
            rest: match table {
                Some(table) => table.count_rest(&conversation.tools),
                None => tool_tokens(&conversation.tools).0,
            },
        })
    }

    /// The list of its messages as it stands in the body.
    pub(super) fn messages_literal(&self) -> &str {
        let members = serde_json::from_str::<Members<'_>>(self.text());
        let Members(members) = members.expect("checked when the body was read");
        let messages = members.iter().find(|member| member.key == "messages");
        let messages = messages.expect("a call without messages is refused when it is read");
        messages.value.get()
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
        let messages = self.messages_literal();
        let list: Vec<&RawValue> = serde_json::from_str(messages).expect("its messages are a list");
        let kept = list.iter().enumerate();
        let kept = kept.filter(|(place, _)| places.binary_search(place).is_err());
        let kept: Vec<&str> = kept.map(|(_, message)| message.get()).collect();
        let mut edits = Edits::new();
        let span = Span::of(messages, self.text());
        edits.replace(span, format!("[{}]", kept.join(",")));
        Self::read_openai(edits.apply(self.body()), limits)
    }
}

impl<'a> Opening<'a> {
    fn read(&mut self, messages: &'a RawValue) {
        for message in json::items(messages).unwrap_or_default() {
            let message = json::members(message).unwrap_or_default();
            let find = |name: &str| message.iter().find(|member| member.key == name);
            if let Some(content) = find("content") {
                self.content(content.value);
            }
            let role = find("role").and_then(|role| json::string(role.value));
            if role.as_deref() == Some("user") {
                return;
            }
        }
    }

    fn content(&mut self, content: &'a RawValue) {
        if let Some(text) = json::string(content) {
            self.texts.push(text);
            return;
        }
        for part in json::items(content).unwrap_or_default() {
            let part = json::members(part).unwrap_or_default();
            let text = part.iter().find(|member| member.key == "text");
            let text = text.and_then(|text| json::string(text.value));
            self.texts.extend(text);
        }
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
        let sizes = call.sizes(None).unwrap();
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
        assert_eq!(sizes.rest, 3);
    }

    #[test]
    fn counted_sizes_come_to_the_counted_call() {
        let call = read(
            r#"{"model":"m","messages":[{"role":"user","content":"Grüße aus Köln"},{"role":"assistant","content":"ok"}],
            "tools":[{"type":"function","function":{"name":"four","parameters":{"a":1}}}]}"#,
        );
        for table in [Table::Cl100k, Table::O200k] {
            let sizes = call.sizes(Some(table)).unwrap();
            let messages: u64 = sizes.messages.iter().map(|message| message.tokens).sum();
            let counted = call.counted_prompt(table).unwrap();
            assert_eq!(counted.tokens.0, messages + sizes.rest);
        }
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
