//! A whole answer of `Converse` → a chat completion.

use bytes::Bytes;

use super::view::{AnswerView, BlockView, ReasoningView, ToolUseView, Trace};
use super::{finish, id, reasoning};
use crate::answer::{Answer, ResponseHead};
use crate::anthropic::{STRUCTURED_OUTPUT, output};
use crate::completion::{Message, Said};
use crate::fault::UpstreamFault;
use crate::json;
use crate::literal::Raw;
use crate::request::ChatRequest;

/// What an answer to `request` came to, and the body that the client gets. `now` is when it was made, in seconds since
/// 1970: Bedrock does not say.
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
        return Err(finish::of_answer(head, body));
    }
    let Ok(view) = serde_json::from_slice::<AnswerView<'_>>(body) else {
        return Err(UpstreamFault::unusable(head, "it is no JSON", body));
    };
    let Some(content) = &view.output.message.content.0 else {
        return Err(UpstreamFault::unusable(head, "it has no content", body));
    };
    let mut reader = Reader {
        answers_by_tool: output::is_answer_by_tool(request),
        is_cited: asks_for_citations(request),
        message: Message::default(),
    };
    for (index, block) in content.iter().enumerate() {
        reader.take(index as u64, block);
    }
    let mut message = reader.message;
    message.extra(&beside(view.additional, &view.trace));
    let reason = view.stop_reason.0.as_deref().unwrap_or("end_turn");
    let finish = finish::finish(reason, message.calls() > 0)
        .map_err(|reason| UpstreamFault::unusable(head, reason, body))?;
    let said = Said {
        id: &id(head, now),
        served: view.trace.served(),
        asked: request.model(),
        created: now,
        finish,
        reported: view.usage.reported(),
    };
    Ok(message.render(&said, body.len()))
}

/// Whether a request asks for citations: they cut one text into several blocks.
pub(super) fn asks_for_citations(request: &ChatRequest) -> bool {
    memchr::memmem::find(request.body(), b"\"citations\"").is_some()
}

/// What Bedrock says beside its message, as further members of ours: each behind a comma.
pub(super) fn beside(additional: Raw<'_>, trace: &Trace<'_>) -> String {
    let mut members = String::new();
    if let Some(value) = additional.0 {
        members.push_str(",\"additionalModelResponseFields\":");
        members.push_str(value.get());
    }
    if let Some(found) = trace.guardrail.0 {
        members.push_str(",\"trace\":{\"guardrail\":");
        members.push_str(found.get());
        members.push('}');
    }
    members
}

/// Reads the blocks of an answer.
struct Reader {
    answers_by_tool: bool,
    is_cited: bool,
    message: Message,
}

impl Reader {
    /// What OpenAI's dialect has no place for, and what is to come, is passed over.
    fn take(&mut self, index: u64, block: &BlockView<'_>) {
        if let Some(text) = block.text.some_text() {
            self.message.seam.begin(self.is_cited);
            self.message.text(text);
        }
        for cited in block.cited.content.0.iter().flatten() {
            if let Some(text) = cited.text.some_text() {
                self.message.seam.begin(true);
                self.message.text(text);
            }
        }
        if block.tool_use.name.literal().is_some() && !block.tool_use.kind.0 {
            self.call(&block.tool_use);
        }
        self.thought(index, &block.reasoning);
    }

    fn thought(&mut self, index: u64, block: &ReasoningView<'_>) {
        if let Some(redacted) = &block.redacted.0 {
            if let Some(bytes) = reasoning::bytes(redacted) {
                self.message.thought(&reasoning::hidden(&bytes), index);
            }
            return;
        }
        let text = block.whole.text.literal().unwrap_or_default();
        let signature = block.whole.signature.literal().unwrap_or_default();
        if !text.is_empty() || !signature.is_empty() {
            self.message.reasoning(text);
            let open = reasoning::readable(text, signature);
            self.message.thought(&open, index);
        }
    }

    fn call(&mut self, call: &ToolUseView<'_>) {
        let input = json::quote(call.input.0.map_or("{}", |input| input.get()));
        let literal = &input[1..input.len() - 1];
        let name = call.name.literal().unwrap_or_default();
        if self.answers_by_tool && name == STRUCTURED_OUTPUT {
            self.message.seam.begin(false);
            self.message.text(literal);
            return;
        }
        let id = call.id.literal().unwrap_or_default();
        self.message.call(id, name, literal, "");
    }
}
