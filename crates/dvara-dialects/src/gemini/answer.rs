//! A whole answer of Google's → a chat completion.

use bytes::Bytes;

use super::fault::of_answer;
use super::finish::{self, End};
use super::parts::MINTED;
use super::signature;
use super::view::{AnswerView, CallView, PartView};
use crate::answer::{Answer, Finish, ResponseHead};
use crate::completion::{Message, Said};
use crate::fault::UpstreamFault;
use crate::json;
use crate::request::ChatRequest;

/// What an answer to `request` came to, and the body that the client gets. `now` is when it was made, in seconds since 1970.
///
/// # Errors
/// When its status is no success, or it has neither an answer nor a reason to have none.
pub fn decode(
    request: &ChatRequest,
    head: &ResponseHead,
    body: &[u8],
    now: u64,
) -> Result<(Answer, Bytes), UpstreamFault> {
    if !head.status.is_success() {
        return Err(of_answer(head, body));
    }
    let unusable = |reason| UpstreamFault::unusable(head, reason, body);
    let Ok(view) = serde_json::from_slice::<AnswerView<'_>>(body) else {
        return Err(unusable("it is no JSON"));
    };
    let mut message = Message::default();
    let id = view.id.some_text().unwrap_or("gemini");
    let candidate = view.candidates.0.as_ref().and_then(|list| list.first());
    let finish = match (candidate, &view.feedback.blocked.0) {
        (Some(candidate), _) => {
            for part in candidate.content.parts.0.iter().flatten() {
                take(&mut message, id, part);
            }
            let reason = candidate.finish.0.as_deref().unwrap_or("STOP");
            match finish::end(reason, message.calls() > 0) {
                End::Finished(finish) => finish,
                End::Broken => return Err(unusable(finish::BROKEN)),
                End::Barred => return Err(finish::barred()),
            }
        }
        // The prompt was blocked: an answer of nothing.
        (None, Some(_)) => Finish::ContentFilter,
        (None, None) if view.error.is_there.0 => return Err(unusable("it is an error")),
        (None, None) => return Err(unusable("it has no candidates")),
    };
    let said = Said {
        id,
        served: view.model.0.as_deref().filter(|model| !model.is_empty()),
        asked: request.model(),
        created: now,
        finish,
        reported: view.usage.reported(),
    };
    Ok(message.render(&said, body.len()))
}

fn take(message: &mut Message, id: &str, part: &PartView<'_>) {
    let signed = part.signature.some_text();
    if part.call.name.some_text().is_some() {
        let rest = signed.map(signature::to_client).unwrap_or_default();
        let call = Call::of(&part.call, id, message.calls());
        message.call(&call.id, call.name, &call.arguments, &rest);
        return;
    }
    if let Some(text) = part.text.some_text() {
        if part.is_thought() {
            message.reasoning(text);
        } else {
            message.text(text);
        }
    }
    if let Some(signed) = signed {
        message.extra(&signature::to_client(signed));
    }
}

/// A call as a client gets it: insides of literals.
pub(super) struct Call<'a> {
    pub(super) id: String,
    pub(super) name: &'a str,
    pub(super) arguments: String,
}

impl<'a> Call<'a> {
    /// A call of an answer with `id`. Google's older models give their calls no ids.
    pub(super) fn of(view: &CallView<'a>, id: &str, number: u64) -> Self {
        let arguments = view.arguments.0.map_or("{}", |arguments| arguments.get());
        // Google's answers come with a line for each member.
        let quoted = json::quote(&json::compact(arguments));
        Self {
            id: match view.id.some_text() {
                Some(id) => id.to_owned(),
                None => format!("{MINTED}{id}_{number}"),
            },
            name: view.name.literal().unwrap_or_default(),
            arguments: quoted[1..quoted.len() - 1].to_owned(),
        }
    }
}
