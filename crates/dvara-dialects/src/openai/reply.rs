//! What answers and streams say in a vendor's words → OpenAI's, in place.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::chunks::{self, Thoughts};
use super::shape::{Ending, Reply};
use crate::answer::Finish;
use crate::fault::{Retry, UpstreamFault};
use crate::json::{self, Member, Members};
use crate::splice::{Edits, Span};

/// An answer, or an event of a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A whole answer: its choices have messages.
    Answer,
    /// An event: its choices have pieces of messages.
    Event,
}

impl Form {
    /// The member of a choice that holds what the model wrote.
    fn message(self) -> &'static str {
        match self {
            Self::Answer => "message",
            Self::Event => "delta",
        }
    }
}

/// The edits that put a document in OpenAI's words. What is not as published is left as it is.
///
/// # Errors
/// When a reason to stop says that the vendor failed.
pub(super) fn edit<'d>(
    document: &'d str,
    form: Form,
    reply: &Reply,
    thoughts: &mut Thoughts,
) -> Result<Edits<'d>, UpstreamFault> {
    let mut edits = Edits::new();
    let Ok(Members(members)) = serde_json::from_str(document) else {
        return Ok(edits);
    };
    let choices = find(&members, "choices").and_then(json::items);
    for choice in choices.into_iter().flatten() {
        let Some(choice) = json::members(choice) else {
            continue;
        };
        let finish = find(&choice, "finish_reason");
        if let Some(reason) = finish {
            finish_reason(document, reason, reply, &mut edits)?;
        }
        let Some(message) = find(&choice, form.message()) else {
            continue;
        };
        if let Some(name) = reply.reasoning {
            rename_reasoning(document, message, name, &mut edits);
        }
        if reply.chunks {
            let ends = finish.is_some_and(|reason| reason.get().starts_with('"'));
            let choice = find(&choice, "index").and_then(|index| index.get().parse().ok());
            let open = thoughts.of_choice(choice.unwrap_or(0));
            chunks::edit(document, message, form, ends, open, &mut edits);
        }
    }
    Ok(edits)
}

/// A reason as OpenAI's dialect has it.
///
/// # Errors
/// When it says that the vendor failed.
pub(super) fn finish(reason: Finish, reply: Option<&Reply>) -> Result<Finish, UpstreamFault> {
    let Finish::Other(word) = &reason else {
        return Ok(reason);
    };
    match reply.and_then(|reply| reply.ending(word)) {
        None => Ok(reason),
        Some(Ending::Reads(word)) => Ok(Finish::of_openai(word)),
        Some(Ending::Failed) => Err(failed(word)),
    }
}

fn finish_reason<'d>(
    document: &'d str,
    reason: &'d RawValue,
    reply: &Reply,
    edits: &mut Edits<'d>,
) -> Result<(), UpstreamFault> {
    let word = json::string(reason).unwrap_or_default();
    match reply.ending(&word) {
        None => Ok(()),
        Some(Ending::Reads(word)) => {
            edits.replace(Span::of(reason.get(), document), json::quote(word));
            Ok(())
        }
        Some(Ending::Failed) => Err(failed(&word)),
    }
}

fn failed(word: &str) -> UpstreamFault {
    UpstreamFault::provider_error(
        "the provider broke the answer off",
        format!("the provider broke the answer off: its finish reason is {word}"),
        Retry::SameTarget,
    )
}

/// The one word for reasoning towards clients; a vendor that has both is left alone.
fn rename_reasoning<'d>(
    document: &'d str,
    message: &'d RawValue,
    name: &str,
    edits: &mut Edits<'d>,
) {
    let Some(members) = json::members(message) else {
        return;
    };
    if find(&members, "reasoning_content").is_some() {
        return;
    }
    let reasoning = members.iter().find(|member| member.key == name);
    if let Some(reasoning) = reasoning {
        let key = Span::of(reasoning.raw_key, document);
        edits.replace(key, Cow::Borrowed("\"reasoning_content\""));
    }
}

pub(super) fn find<'a>(members: &[Member<'a>], name: &str) -> Option<&'a RawValue> {
    let mut members = members.iter();
    let found = members.find(|member| member.key == name);
    found.map(|member| member.value)
}
