//! The texts of an answer in OpenAI's dialect, and of one event of a stream.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::strings;
use crate::json::{self, Member, Members};
use crate::splice::{Edits, Span};

/// What a text of a choice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The answer itself.
    Content,
    /// Why the model refuses.
    Refusal,
    /// Reasoning that people may read (`reasoning_content`).
    Reasoning,
    /// The arguments of the tool call at this place.
    Arguments(u64),
    /// A text that no piece of another event continues.
    Alone,
}

/// One text as it grows over the events of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lane {
    /// The choice.
    pub choice: u64,
    /// What it is there.
    pub part: Part,
}

/// A text of an answer. Without a debug form: what models say is never logged.
pub struct Spoken<'a> {
    /// Which text it is, or a piece of.
    pub lane: Lane,
    /// The text, decoded.
    pub text: Cow<'a, str>,
    /// Its literal, quotes included.
    pub span: Span,
}

/// What a document says: its texts, its choices, and those of them that end here.
pub(super) struct Read<'a> {
    pub(super) texts: Vec<Spoken<'a>>,
    pub(super) choices: Vec<u64>,
    pub(super) ended: Vec<u64>,
    pub(super) members: Vec<Member<'a>>,
}

/// Every text of a whole answer, in order. What is no chat completion has none.
pub fn spoken(answer: &[u8]) -> Vec<Spoken<'_>> {
    std::str::from_utf8(answer)
        .ok()
        .and_then(|text| read(text, "message"))
        .map(|read| read.texts)
        .unwrap_or_default()
}

/// The answer with other texts in the places of some of its own.
pub fn replace(answer: &Bytes, replaced: Vec<(Span, String)>) -> Bytes {
    let mut edits = Edits::new();
    for (span, text) in replaced {
        edits.replace(span, json::quote(&text));
    }
    edits.apply(answer)
}

/// Reads a document whose choices have a `message` or a `delta`.
pub(super) fn read<'a>(document: &'a str, message: &str) -> Option<Read<'a>> {
    let Members(members) = serde_json::from_str(document).ok()?;
    let mut reader = Reader {
        document,
        choice: 0,
        texts: Vec::new(),
    };
    let (mut seen, mut ended) = (Vec::new(), Vec::new());
    for (place, choice) in find(&members, "choices")
        .and_then(json::items)?
        .into_iter()
        .enumerate()
    {
        let Some(choice) = json::members(choice) else {
            continue;
        };
        let index = find(&choice, "index").and_then(|index| index.get().parse().ok());
        reader.choice = index.unwrap_or(place as u64);
        seen.push(reader.choice);
        for member in find(&choice, message)
            .and_then(json::members)
            .unwrap_or_default()
        {
            reader.member(&member);
        }
        if find(&choice, "finish_reason")
            .is_some_and(|reason| reason.get().len() > 2 && reason.get().starts_with('"'))
        {
            ended.push(reader.choice);
        }
    }
    Some(Read {
        texts: reader.texts,
        choices: seen,
        ended,
        members,
    })
}

struct Reader<'a> {
    document: &'a str,
    choice: u64,
    texts: Vec<Spoken<'a>>,
}

impl<'a> Reader<'a> {
    fn member(&mut self, member: &Member<'a>) {
        match (&*member.key, member.value.get().starts_with('"')) {
            ("role" | "name" | "id", _) => {}
            ("content", true) => self.text(Part::Content, member.value),
            ("refusal", true) => self.text(Part::Refusal, member.value),
            ("reasoning_content", true) => self.text(Part::Reasoning, member.value),
            ("tool_calls", _) => {
                for (place, call) in json::items(member.value)
                    .unwrap_or_default()
                    .into_iter()
                    .enumerate()
                {
                    self.call(place, call);
                }
            }
            ("function_call", _) => self.function(Part::Arguments(u64::MAX), member.value),
            _ => {
                let (document, choice, texts) = (self.document, self.choice, &mut self.texts);
                strings::each(member.value, &mut |text, literal| {
                    texts.push(Spoken {
                        lane: Lane {
                            choice,
                            part: Part::Alone,
                        },
                        text,
                        span: Span::of(literal, document),
                    });
                });
            }
        }
    }

    fn call(&mut self, place: usize, call: &'a RawValue) {
        let Some(call) = json::members(call) else {
            return;
        };
        let index = find(&call, "index").and_then(|index| index.get().parse().ok());
        let part = Part::Arguments(index.unwrap_or(place as u64));
        for name in ["function", "custom"] {
            if let Some(function) = find(&call, name) {
                self.function(part, function);
            }
        }
    }

    fn function(&mut self, part: Part, function: &'a RawValue) {
        let function = json::members(function).unwrap_or_default();
        for name in ["arguments", "input"] {
            if let Some(arguments) = find(&function, name) {
                self.text(part, arguments);
            }
        }
    }

    fn text(&mut self, part: Part, value: &'a RawValue) {
        if !value.get().starts_with('"') {
            return;
        }
        // Half a surrogate pair is no text that anybody can read; nor can a rule.
        let text = json::string(value).unwrap_or(Cow::Borrowed("\u{fffd}"));
        self.texts.push(Spoken {
            lane: Lane {
                choice: self.choice,
                part,
            },
            text,
            span: Span::of(value.get(), self.document),
        });
    }
}

pub(super) fn find<'a>(members: &[Member<'a>], name: &str) -> Option<&'a RawValue> {
    members
        .iter()
        .find(|member| member.key == name)
        .map(|member| member.value)
}
