//! The mock's answer as a stream: a word at a time, then the tool calls, the end, the usage and `[DONE]`.

use std::time::Duration;
use std::vec;

use bytes::Bytes;
use serde::Serialize;

use super::reply::{MockUsage, Reply};

/// The events of an answer, each with the pause before it. The usage is always sent, as it is by a vendor that was
/// asked for it; the decoder withholds it from a client that did not ask.
#[derive(Debug)]
pub struct MockStream {
    id: String,
    created: i64,
    model: String,
    delay: Duration,
    steps: vec::IntoIter<Step>,
    /// Nothing has been sent yet: the next delta says the role, and nobody waits for it.
    first: bool,
}

#[derive(Debug)]
enum Step {
    Word(String),
    OpenCall(usize, String, String),
    Arguments(usize, String),
    End(String),
    Usage(MockUsage),
    Done,
}

#[derive(Serialize)]
struct Chunk<'s> {
    id: &'s str,
    object: &'static str,
    created: i64,
    model: &'s str,
    choices: &'s [ChunkChoice<'s>],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<MockUsage>,
}

#[derive(Serialize)]
struct ChunkChoice<'s> {
    index: u8,
    delta: Delta<'s>,
    finish_reason: Option<&'s str>,
}

#[derive(Default, Serialize)]
struct Delta<'s> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[CallDelta<'s>; 1]>,
}

#[derive(Serialize)]
struct CallDelta<'s> {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'s str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    function: FunctionDelta<'s>,
}

#[derive(Serialize)]
struct FunctionDelta<'s> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'s str>,
    arguments: &'s str,
}

impl MockStream {
    pub(super) fn new(reply: &Reply<'_>, delay: Duration) -> Self {
        let mut steps: Vec<_> = words(&reply.text)
            .map(|word| Step::Word(word.to_owned()))
            .collect();
        for (index, call) in reply.calls.iter().enumerate() {
            steps.push(Step::OpenCall(
                index,
                reply.call_id(index),
                call.name.clone(),
            ));
            let arguments = words(&call.arguments);
            steps.extend(arguments.map(|word| Step::Arguments(index, word.to_owned())));
        }
        steps.push(Step::End(reply.finish().to_owned()));
        steps.push(Step::Usage(reply.usage()));
        steps.push(Step::Done);
        Self {
            id: reply.id(),
            created: reply.created,
            model: reply.model.to_owned(),
            delay,
            steps: steps.into_iter(),
            first: true,
        }
    }

    fn event(&self, choices: &[ChunkChoice<'_>], usage: Option<MockUsage>) -> Bytes {
        let chunk = Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            choices,
            usage,
        };
        let mut event = b"data: ".to_vec();
        serde_json::to_writer(&mut event, &chunk)
            .expect("texts and numbers always have a JSON form");
        event.extend_from_slice(b"\n\n");
        event.into()
    }

    fn delta(&self, mut delta: Delta<'_>, finish_reason: Option<&str>) -> Bytes {
        delta.role = self.first.then_some("assistant");
        let choice = ChunkChoice {
            index: 0,
            delta,
            finish_reason,
        };
        self.event(&[choice], None)
    }

    fn call_delta(&self, index: usize, opening: Option<(&str, &str)>, arguments: &str) -> Bytes {
        let call = CallDelta {
            index,
            id: opening.map(|(id, _)| id),
            kind: opening.map(|_| "function"),
            function: FunctionDelta {
                name: opening.map(|(_, name)| name),
                arguments,
            },
        };
        let delta = Delta {
            tool_calls: Some([call]),
            ..Delta::default()
        };
        self.delta(delta, None)
    }

    fn render(&self, step: &Step) -> Bytes {
        match step {
            Step::Word(word) => {
                let delta = Delta {
                    content: Some(word),
                    ..Delta::default()
                };
                self.delta(delta, None)
            }
            Step::OpenCall(index, id, name) => self.call_delta(*index, Some((id, name)), ""),
            Step::Arguments(index, part) => self.call_delta(*index, None, part),
            Step::End(reason) => self.delta(Delta::default(), Some(reason)),
            Step::Usage(usage) => self.event(&[], Some(*usage)),
            Step::Done => Bytes::from_static(b"data: [DONE]\n\n"),
        }
    }
}

impl Iterator for MockStream {
    type Item = (Duration, Bytes);

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.steps.next()?;
        let event = self.render(&step);
        let paced = matches!(
            step,
            Step::Word(_) | Step::OpenCall(..) | Step::Arguments(..)
        );
        let pause = if paced && !self.first {
            self.delay
        } else {
            Duration::ZERO
        };
        self.first = false;
        Some((pause, event))
    }
}

/// Words with the white space behind them, so that they add up to the text; white space at the start is a word.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word_end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let space = &rest[word_end..];
        let length = word_end
            + space
                .find(|character: char| !character.is_whitespace())
                .unwrap_or(space.len());
        let (word, behind) = rest.split_at(length);
        rest = behind;
        Some(word).filter(|word| !word.is_empty())
    })
}
