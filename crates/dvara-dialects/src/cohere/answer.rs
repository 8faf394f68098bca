//! A whole answer of Cohere's → a chat completion.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::event::{AnswerView, CallView, ContentView, MessageView};
use super::finish;
use crate::answer::{Answer, ResponseHead};
use crate::completion::{Message, Said};
use crate::fault::UpstreamFault;
use crate::json;
use crate::literal::Raw;
use crate::request::ChatRequest;

/// What an answer to `request` came to, and the body that the client gets. `now` is when it was made, in seconds since
/// 1970: Cohere does not say. Nor does it say which model served.
///
/// # Errors
/// When its status is no success, when it has no message, or when the model says that it failed.
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
    let reason = view.finish_reason.0.as_deref().unwrap_or("COMPLETE");
    if finish::is_failure(reason) {
        let what = format!("the model stopped with {reason}");
        return Err(UpstreamFault::unusable(head, &what, body));
    }
    let Some(said) = view.message.0.filter(|raw| raw.get().starts_with('{')) else {
        let what = if view.message.literal().is_some() {
            "it is an error"
        } else {
            "it has no message"
        };
        return Err(UpstreamFault::unusable(head, what, body));
    };
    let message = read(said);
    let said = Said {
        id: view.id.some_text().unwrap_or("msg"),
        served: None,
        asked: request.model(),
        created: now,
        finish: finish::finish(reason, message.calls() > 0),
        reported: view.usage.reported(),
    };
    Ok(message.render(&said, body.len()))
}

fn read(said: &RawValue) -> Message {
    let view: MessageView<'_> = serde_json::from_str(said.get()).unwrap_or_default();
    let mut message = Message::default();
    if let Some(text) = view.content.some_text() {
        message.text(text);
    }
    for (index, block) in items(view.content).into_iter().enumerate() {
        content(&mut message, index as u64, block);
    }
    message.reasoning(view.tool_plan.literal().unwrap_or_default());
    for call in items(view.tool_calls) {
        let call: CallView<'_> = serde_json::from_str(call.get()).unwrap_or_default();
        let id = call.id.literal().unwrap_or_default();
        let name = call.function.name.literal().unwrap_or_default();
        message.call(id, name, &arguments(call.function.arguments), "");
    }
    message
}

/// The items of a list; none where there is no list.
fn items(value: Raw<'_>) -> Vec<&RawValue> {
    value.0.and_then(json::items).unwrap_or_default()
}

fn content(message: &mut Message, index: u64, raw: &RawValue) {
    let Ok(block) = serde_json::from_str::<ContentView<'_>>(raw.get()) else {
        return;
    };
    match block.kind.0.as_deref() {
        Some("text") => {
            message.seam.begin(false);
            if let Some(text) = block.text.some_text() {
                message.text(text);
            }
        }
        Some("thinking") => {
            message.reasoning(block.thinking.literal().unwrap_or_default());
            if let Some(open) = raw.get().trim_end().strip_suffix('}') {
                message.thought(open, index);
            }
        }
        // What is to come.
        _ => {}
    }
}

/// The inside of the literal that holds a call's arguments; a call without any has an empty object of them.
fn arguments(value: Raw<'_>) -> Cow<'_, str> {
    if let Some(text) = value.literal() {
        let is_blank = text.trim().is_empty();
        return Cow::Borrowed(if is_blank { "{}" } else { text });
    }
    match value.0 {
        None => Cow::Borrowed("{}"),
        Some(object) => {
            let quoted = json::quote(object.get());
            Cow::Owned(quoted[1..quoted.len() - 1].to_owned())
        }
    }
}
