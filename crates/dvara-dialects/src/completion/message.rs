//! A whole answer, gathered part by part.

use bytes::Bytes;

use super::{Reported, Seam, word};
use crate::answer::{Answer, Finish};
use crate::literal::characters;
use crate::writer::Writer;

/// The message of an answer: its texts, calls and thoughts, in the order in which they come.
#[derive(Default)]
pub(crate) struct Message {
    content: String,
    has_content: bool,
    refusal: String,
    reasoning: String,
    thoughts: Writer,
    tool_calls: Writer,
    calls: u64,
    /// Further members of the message, each behind a comma.
    extra: String,
    /// Where blocks of text begin.
    pub(crate) seam: Seam,
    characters: u64,
}

/// What an answer says of itself.
pub(crate) struct Said<'a> {
    /// The inside of a literal.
    pub(crate) id: &'a str,
    /// The model that served; `None` when the vendor does not say.
    pub(crate) served: Option<&'a str>,
    /// The model that was asked for.
    pub(crate) asked: &'a str,
    /// When it was made, in seconds since 1970.
    pub(crate) created: u64,
    /// Why it ended.
    pub(crate) finish: Finish,
    /// What it cost.
    pub(crate) reported: Reported,
}

impl Message {
    /// A piece of text.
    pub(crate) fn text(&mut self, literal: &str) {
        if self.seam.take() {
            self.characters += 1;
            self.content.push_str("\\n");
        }
        self.characters += characters(literal);
        self.content.push_str(literal);
        self.has_content = true;
    }

    /// Why the model refused.
    pub(crate) fn refusal(&mut self, literal: &str) {
        self.refusal.push_str(literal);
    }

    /// Reasoning that people may read.
    pub(crate) fn reasoning(&mut self, literal: &str) {
        self.characters += characters(literal);
        self.reasoning.push_str(literal);
    }

    /// A block of reasoning as its vendor wants it back: an object without its closing brace, and its position.
    pub(crate) fn thought(&mut self, open_object: &str, position: u64) {
        if !self.thoughts.is_empty() {
            self.thoughts.json(",");
        }
        self.thoughts
            .json(open_object)
            .json(",\"index\":")
            .number(position)
            .json("}");
    }

    /// A call of a tool; `arguments` is the inside of the literal that holds their JSON. `rest` is further members of the
    /// call, each behind a comma.
    pub(crate) fn call(&mut self, id: &str, name: &str, arguments: &str, rest: &str) {
        self.characters += characters(name) + characters(arguments);
        if self.calls > 0 {
            self.tool_calls.json(",");
        }
        self.calls += 1;
        self.tool_calls
            .json("{\"id\":\"")
            .json(id)
            .json("\",\"type\":\"function\",\"function\":{\"name\":\"")
            .json(name)
            .json("\",\"arguments\":\"")
            .json(arguments)
            .json("\"}")
            .json(rest)
            .json("}");
    }

    /// Further members of the message, each behind a comma. The last of one name counts.
    pub(crate) fn extra(&mut self, members: &str) {
        members.clone_into(&mut self.extra);
    }

    /// How many calls there are.
    pub(crate) fn calls(&self) -> u64 {
        self.calls
    }

    /// What it came to, and the body of about `size` bytes that the client gets.
    pub(crate) fn render(&self, said: &Said<'_>, size: usize) -> (Answer, Bytes) {
        let mut out = Writer::with_capacity(size + 256);
        out.json("{\"id\":\"").json(said.id);
        out.json("\",\"object\":\"chat.completion\",\"created\":")
            .number(said.created);
        let model = said.served.unwrap_or(said.asked);
        out.json(",\"model\":").text(model);
        out.json(",\"choices\":[{\"index\":0,\"message\":");
        self.write(&mut out);
        out.json(",\"finish_reason\":").text(word(&said.finish));
        out.json(",\"logprobs\":null}]");
        said.reported.write(",\"usage\":", &mut out);
        out.json("}");
        let usage = said.reported.usage;
        let answer = Answer {
            model: said.served.map(Into::into),
            usage,
            finish: Some(said.finish.clone()),
            choices: 1,
            output_characters: if usage.is_none() { self.characters } else { 0 },
        };
        (answer, out.take().into())
    }

    fn write(&self, out: &mut Writer) {
        out.json("{\"role\":\"assistant\",\"content\":");
        if self.has_content || self.calls == 0 {
            out.json("\"").json(&self.content).json("\"");
        } else {
            out.json("null");
        }
        for (name, text) in [
            (",\"refusal\":\"", &self.refusal),
            (",\"reasoning_content\":\"", &self.reasoning),
        ] {
            if !text.is_empty() {
                out.json(name).json(text).json("\"");
            }
        }
        if !self.thoughts.is_empty() {
            out.json(",\"thinking_blocks\":[");
            out.append(&self.thoughts).json("]");
        }
        if self.calls > 0 {
            out.json(",\"tool_calls\":[");
            out.append(&self.tool_calls).json("]");
        }
        out.json(&self.extra).json("}");
    }
}
