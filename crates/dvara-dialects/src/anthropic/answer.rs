//! A whole answer of Anthropic's → a chat completion.

use bytes::Bytes;
use serde_json::value::RawValue;

use super::STRUCTURED_OUTPUT;
use super::event::{AnswerView, BlockView};
use super::finish;
use super::output;
use crate::answer::{Answer, ResponseHead};
use crate::completion::{Message, Said};
use crate::fault::UpstreamFault;
use crate::json;
use crate::request::ChatRequest;

/// What an answer to `request` came to, and the body that the client gets. `now` is when it was made, in seconds since
/// 1970: Anthropic does not say.
///
/// # Errors
/// When its status is no success, or it has no content.
pub fn decode(
    request: &ChatRequest,
    head: &ResponseHead,
    body: &[u8],
    now: u64,
) -> Result<(Answer, Bytes), UpstreamFault> {
    if !head.status.is_success() {
        return Err(UpstreamFault::of_status(head, body));
    }
    let Ok(view) = serde_json::from_slice::<AnswerView<'_>>(body) else {
        return Err(UpstreamFault::unusable(head, "it is no JSON", body));
    };
    let Some(content) = &view.content.0 else {
        let reason = if view.error.0 {
            "it is an error"
        } else {
            "it has no content"
        };
        return Err(UpstreamFault::unusable(head, reason, body));
    };
    let mut reader = Reader {
        answers_by_tool: output::is_answer_by_tool(request),
        message: Message::default(),
    };
    for (index, block) in content.iter().enumerate() {
        reader.take(index as u64, block);
    }
    let mut message = reader.message;
    if let Some(text) = view.stop_details.explanation.some_text() {
        message.refusal(text);
    }
    let reason = view.stop_reason.0.as_deref();
    let said = Said {
        id: view.id.literal().unwrap_or("msg"),
        served: view.model.0.as_deref().filter(|model| !model.is_empty()),
        asked: request.model(),
        created: now,
        finish: finish::finish(reason.unwrap_or("end_turn"), message.calls() > 0),
        reported: view.usage.reported(),
    };
    Ok(message.render(&said, body.len()))
}

/// Reads the blocks of an answer.
struct Reader {
    answers_by_tool: bool,
    message: Message,
}

impl Reader {
    fn take(&mut self, index: u64, raw: &RawValue) {
        let Ok(block) = serde_json::from_str::<BlockView<'_>>(raw.get()) else {
            return;
        };
        match block.kind.0.as_deref() {
            Some("text") => {
                self.message.seam.begin(block.citations.0);
                if let Some(text) = block.text.some_text() {
                    self.message.text(text);
                }
            }
            Some("thinking") => {
                self.message
                    .reasoning(block.thinking.literal().unwrap_or_default());
                self.thought(index, raw);
            }
            Some("redacted_thinking") => self.thought(index, raw),
            Some("tool_use") => self.call(&block),
            // What OpenAI's dialect has no place for, and what is to come.
            _ => {}
        }
    }

    /// A block of thinking as it came, with its position.
    fn thought(&mut self, index: u64, raw: &RawValue) {
        if let Some(open) = raw.get().trim_end().strip_suffix('}') {
            self.message.thought(open, index);
        }
    }

    fn call(&mut self, block: &BlockView<'_>) {
        let input = json::quote(block.input.0.map_or("{}", |input| input.get()));
        let literal = &input[1..input.len() - 1];
        let name = block.name.literal().unwrap_or_default();
        if self.answers_by_tool && name == STRUCTURED_OUTPUT {
            self.message.seam.begin(false);
            self.message.text(literal);
            return;
        }
        let id = block.id.literal().unwrap_or_default();
        self.message.call(id, name, literal, "");
    }
}
