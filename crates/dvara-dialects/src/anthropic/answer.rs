//! A whole answer of Anthropic's → a chat completion.

use bytes::Bytes;
use serde_json::value::RawValue;

use super::STRUCTURED_OUTPUT;
use super::event::{AnswerView, BlockView, characters};
use super::finish;
use super::output;
use super::stream::Seam;
use super::writer::Writer;
use crate::answer::{Answer, Finish, ResponseHead};
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
    let mut message = Parts {
        answers_by_tool: output::is_answer_by_tool(request),
        ..Parts::default()
    };
    for (index, block) in content.iter().enumerate() {
        message.take(index, block);
    }
    let reason = view.stop_reason.0.as_deref();
    let finish = finish::finish(reason.unwrap_or("end_turn"), message.calls > 0);
    let served = view.model.0.as_deref().filter(|model| !model.is_empty());
    let usage = view.usage.classes();
    let body = message.render(
        &view,
        served.unwrap_or(request.model()),
        &finish,
        now,
        body.len(),
    );
    let answer = Answer {
        model: served.map(Into::into),
        usage,
        finish: Some(finish),
        choices: 1,
        output_characters: if usage.is_none() {
            message.characters
        } else {
            0
        },
    };
    Ok((answer, body))
}

/// The parts of a message, each as the inside of a literal or of a list.
#[derive(Default)]
struct Parts {
    answers_by_tool: bool,
    content: String,
    has_content: bool,
    reasoning: String,
    thoughts: Writer,
    tool_calls: Writer,
    calls: u64,
    seam: Seam,
    characters: u64,
}

impl Parts {
    fn take(&mut self, index: usize, raw: &RawValue) {
        let Ok(block) = serde_json::from_str::<BlockView<'_>>(raw.get()) else {
            return;
        };
        match block.kind.0.as_deref() {
            Some("text") => {
                self.seam.begin(block.citations.0);
                if let Some(text) = block.text.some_text() {
                    self.text(text);
                }
            }
            Some("thinking") => {
                let text = block.thinking.literal().unwrap_or_default();
                self.characters += characters(text);
                self.reasoning.push_str(text);
                self.thought(index, raw);
            }
            Some("redacted_thinking") => self.thought(index, raw),
            Some("tool_use") => self.call(&block),
            // What OpenAI's dialect has no place for, and what is to come.
            _ => {}
        }
    }

    fn text(&mut self, literal: &str) {
        if self.seam.take() {
            self.characters += 1;
            self.content.push_str("\\n");
        }
        self.characters += characters(literal);
        self.content.push_str(literal);
        self.has_content = true;
    }

    /// A block of thinking as it came, with its position.
    fn thought(&mut self, index: usize, raw: &RawValue) {
        let block = raw.get().trim_end();
        let Some(open) = block.strip_suffix('}') else {
            return;
        };
        if !self.thoughts.is_empty() {
            self.thoughts.json(",");
        }
        self.thoughts
            .json(open)
            .json(",\"index\":")
            .number(index as u64)
            .json("}");
    }

    fn call(&mut self, block: &BlockView<'_>) {
        let input = json::quote(block.input.0.map_or("{}", |input| input.get()));
        let literal = &input[1..input.len() - 1];
        let name = block.name.literal().unwrap_or_default();
        if self.answers_by_tool && name == STRUCTURED_OUTPUT {
            self.seam.begin(false);
            self.text(literal);
            return;
        }
        self.characters += characters(name) + characters(literal);
        if self.calls > 0 {
            self.tool_calls.json(",");
        }
        self.calls += 1;
        self.tool_calls
            .json("{\"id\":\"")
            .json(block.id.literal().unwrap_or_default())
            .json("\",\"type\":\"function\",\"function\":{\"name\":\"")
            .json(name)
            .json("\",\"arguments\":\"")
            .json(literal)
            .json("\"}}");
    }

    fn render(
        &mut self,
        view: &AnswerView<'_>,
        model: &str,
        finish: &Finish,
        now: u64,
        size: usize,
    ) -> Bytes {
        let mut out = Writer::with_capacity(size + 256);
        let id = view.id.literal().unwrap_or("msg");
        out.json("{\"id\":\"").json(id);
        out.json("\",\"object\":\"chat.completion\",\"created\":")
            .number(now);
        out.json(",\"model\":").text(model);
        out.json(",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":");
        if self.has_content || self.calls == 0 {
            out.json("\"").json(&self.content).json("\"");
        } else {
            out.json("null");
        }
        if let Some(text) = view.stop_details.explanation.some_text() {
            out.json(",\"refusal\":\"").json(text).json("\"");
        }
        if !self.reasoning.is_empty() {
            out.json(",\"reasoning_content\":\"")
                .json(&self.reasoning)
                .json("\"");
        }
        if !self.thoughts.is_empty() {
            out.json(",\"thinking_blocks\":[");
            out.append(&self.thoughts).json("]");
        }
        if self.calls > 0 {
            out.json(",\"tool_calls\":[");
            out.append(&self.tool_calls).json("]");
        }
        out.json("},\"finish_reason\":").text(finish::word(finish));
        out.json(",\"logprobs\":null}]");
        view.usage.write(",\"usage\":", &mut out);
        out.json("}");
        out.take().into()
    }
}
