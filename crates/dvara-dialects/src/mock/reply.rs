//! What the mock answers, in OpenAI's shape.

use std::fmt::Write as _;

use bytes::Bytes;
use serde::Serialize;

use super::rule::ToolCall;
use crate::estimate::{characters, estimate_tokens};

/// An answer before it takes a form.
#[derive(Debug)]
pub(super) struct Reply<'r> {
    pub(super) id: [u8; 16],
    pub(super) created: i64,
    pub(super) model: &'r str,
    pub(super) text: String,
    pub(super) calls: &'r [ToolCall],
    pub(super) finish: Option<&'r str>,
    pub(super) prompt_tokens: u64,
}

/// Usage in OpenAI's words.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct MockUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

#[derive(Serialize)]
struct Completion<'r> {
    id: String,
    object: &'static str,
    created: i64,
    model: &'r str,
    choices: [Choice<'r>; 1],
    usage: MockUsage,
}

#[derive(Serialize)]
struct Choice<'r> {
    index: u8,
    message: AssistantMessage<'r>,
    finish_reason: &'r str,
}

#[derive(Serialize)]
struct AssistantMessage<'r> {
    role: &'static str,
    content: Option<&'r str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<WholeCall<'r>>,
}

#[derive(Serialize)]
struct WholeCall<'r> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    function: WholeFunction<'r>,
}

#[derive(Serialize)]
struct WholeFunction<'r> {
    name: &'r str,
    arguments: &'r str,
}

impl Reply<'_> {
    pub(super) fn id(&self) -> String {
        format!("mock-{}", hex(&self.id))
    }

    /// The id of the call at `index`: the answer's own digits, so that it is as unique as the answer.
    pub(super) fn call_id(&self, index: usize) -> String {
        format!("call_{}{index:02}", hex(&self.id[..11]))
    }

    pub(super) fn finish(&self) -> &str {
        match self.finish {
            Some(reason) => reason,
            None if self.calls.is_empty() => "stop",
            None => "tool_calls",
        }
    }

    pub(super) fn usage(&self) -> MockUsage {
        let calls: u64 = self
            .calls
            .iter()
            .map(|call| characters(&call.name) + characters(&call.arguments))
            .sum();
        let completion_tokens = estimate_tokens(characters(&self.text) + calls).0;
        MockUsage {
            prompt_tokens: self.prompt_tokens,
            completion_tokens,
            total_tokens: self.prompt_tokens + completion_tokens,
        }
    }

    pub(super) fn to_json(&self) -> Bytes {
        let calls = self
            .calls
            .iter()
            .enumerate()
            .map(|(index, call)| WholeCall {
                id: self.call_id(index),
                kind: "function",
                function: WholeFunction {
                    name: &call.name,
                    arguments: &call.arguments,
                },
            });
        let silent = self.text.is_empty() && !self.calls.is_empty();
        let completion = Completion {
            id: self.id(),
            object: "chat.completion",
            created: self.created,
            model: self.model,
            choices: [Choice {
                index: 0,
                message: AssistantMessage {
                    role: "assistant",
                    content: (!silent).then_some(&*self.text),
                    tool_calls: calls.collect(),
                },
                finish_reason: self.finish(),
            }],
            usage: self.usage(),
        };
        serde_json::to_vec(&completion)
            .expect("texts and numbers always have a JSON form")
            .into()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
