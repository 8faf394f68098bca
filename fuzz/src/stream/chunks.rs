//! What holds for chunks of our own making, as the official clients put them together.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{NOW, Outcome};
use crate::answer::FINISHES;
use crate::events::Events;

/// As far as every client reads it. A key that stands there twice is refused.
#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    object: &'a str,
    created: u64,
    #[serde(borrow)]
    model: &'a RawValue,
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    index: u64,
    #[serde(borrow)]
    delta: Delta<'a>,
    finish_reason: Option<&'a str>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    role: Option<&'a str>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<Vec<ToolCall<'a>>>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    index: u64,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

/// What the chunks so far have come to.
#[derive(Default)]
struct Seen {
    chunks: usize,
    roles: usize,
    calls: u64,
    finishes: usize,
    usages: usize,
}

pub(super) fn hold(outcome: &Outcome, asked_for_usage: bool) {
    let events = Events::read(&outcome.relayed);
    let mut seen = Seen::default();
    let mut ids = Vec::new();
    for data in events.data.iter().filter(|data| *data != b"[DONE]") {
        let chunk: Chunk<'_> = serde_json::from_slice(data)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(data)));
        assert_eq!(
            (chunk.object, chunk.created),
            ("chat.completion.chunk", NOW)
        );
        assert!(is_text(Some(chunk.id)) && is_text(Some(chunk.model)));
        ids.push(chunk.id.get().to_owned());
        seen.take(&chunk);
    }
    ids.dedup();
    assert!(ids.len() <= 1, "one answer has one id: {ids:?}");
    assert!(seen.roles <= 1 && seen.finishes <= 1);
    assert!(seen.usages <= usize::from(asked_for_usage));
    if outcome.end.is_ok() {
        assert_eq!((seen.roles, seen.finishes), (1, 1));
        let told = asked_for_usage && outcome.summary.usage.is_some();
        assert_eq!(seen.usages, usize::from(told));
    } else {
        assert_eq!(seen.finishes, 0, "a broken stream looks finished");
    }
}

impl Seen {
    fn take(&mut self, chunk: &Chunk<'_>) {
        self.chunks += 1;
        assert_eq!(self.usages, 0, "the usage comes last");
        self.usages += usize::from(chunk.usage.is_some());
        assert!(chunk.choices.len() <= 1);
        let Some(choice) = chunk.choices.first() else {
            assert!(chunk.usage.is_some(), "a chunk that says nothing");
            return;
        };
        assert_eq!(choice.index, 0);
        assert_eq!(self.finishes, 0, "the answer goes on behind its end");
        if let Some(reason) = choice.finish_reason {
            assert!(FINISHES.contains(&reason));
            self.finishes += 1;
        }
        let Delta {
            role,
            content,
            tool_calls,
        } = &choice.delta;
        if let Some(role) = role {
            assert_eq!((*role, self.chunks), ("assistant", 1));
            self.roles += 1;
        }
        assert!(content.is_none() || is_text(*content));
        for call in tool_calls.iter().flatten() {
            self.call(call);
        }
    }

    /// Calls are numbered from 0, one after the other; the first delta of each has its id and name, the others none.
    fn call(&mut self, call: &ToolCall<'_>) {
        let name = call.function.as_ref().and_then(|function| function.name);
        if call.index == self.calls {
            assert!(is_text(call.id) && is_text(name), "a call without a name");
            self.calls += 1;
        } else {
            assert_eq!(call.index + 1, self.calls, "two calls are mixed");
            assert!(call.id.is_none() && name.is_none(), "a call begins twice");
        }
        let arguments = call
            .function
            .as_ref()
            .and_then(|function| function.arguments);
        assert!(arguments.is_none() || is_text(arguments));
    }
}

fn is_text(value: Option<&RawValue>) -> bool {
    value.is_some_and(|value| value.get().starts_with('"'))
}
