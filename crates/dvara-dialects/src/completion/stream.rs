//! A stream of chunks, written as the vendor's events are understood.
//!
//! The first chunk says who speaks. It goes on with the first text and not before: as long as nothing went on, an overloaded
//! vendor can be replaced by another. Nothing says that the answer has ended before the vendor said so.

use bytes::Bytes;

use super::chunk::Chunks;
use super::{Reported, Seam};
use crate::answer::{Finish, StreamSummary};
use crate::literal::characters;
use crate::request::ChatRequest;
use crate::writer::Writer;

/// The client's side of a translated stream.
pub(crate) struct ChunkStream {
    shows_usage: bool,
    now: u64,
    /// The model that was asked for, until the vendor says which one serves.
    model: Box<str>,
    /// What the stream came to, up to now.
    pub(crate) summary: StreamSummary,
    /// Chunks, once the message has begun.
    chunks: Option<Chunks>,
    said_role: bool,
    calls: u64,
    /// How texts lie side by side.
    pub(crate) seam: Seam,
    done: bool,
    out: Writer,
}

impl ChunkStream {
    /// The stream that answers `request`; `now` is when its chunks were made, in seconds since 1970.
    pub(crate) fn new(request: &ChatRequest, now: u64) -> Self {
        Self {
            shows_usage: request.include_usage(),
            now,
            model: request.model().into(),
            summary: StreamSummary::default(),
            chunks: None,
            said_role: false,
            calls: 0,
            seam: Seam::default(),
            done: false,
            out: Writer::default(),
        }
    }

    /// Makes room for what `bytes` of a vendor's events become: a chunk has some more around its text.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.out.reserve(2 * bytes + 256);
    }

    /// What was written goes on to the client.
    pub(crate) fn flush(&mut self, relay: &mut Vec<Bytes>) {
        if !self.out.is_empty() {
            relay.push(self.out.take().into());
        }
    }

    /// The model that the vendor says serves.
    pub(crate) fn served(&mut self, model: &str) {
        if !model.is_empty() && self.summary.model.as_deref() != Some(model) {
            self.model = model.into();
            self.summary.model = Some(model.into());
        }
    }

    /// The message begins under an id, the inside of a literal. One beginning per stream, whatever a vendor repeats.
    pub(crate) fn begin(&mut self, id: &str) {
        if self.chunks.is_none() {
            self.chunks = Some(Chunks::new(id, self.now, &self.model));
        }
    }

    /// A chunk's delta, which the caller writes; says first who speaks. `id` is the message's if it has not begun.
    fn delta(&mut self) -> (&Chunks, &mut Writer) {
        self.begin("msg");
        let chunks = self.chunks.as_ref().expect("it has begun");
        if !self.said_role {
            self.said_role = true;
            chunks
                .begin(&mut self.out)
                .json("\"role\":\"assistant\",\"content\":\"\"");
            Chunks::end(&mut self.out);
        }
        (chunks, &mut self.out)
    }

    /// Says who speaks, unless it was said.
    pub(crate) fn say_role(&mut self) {
        self.delta();
    }

    /// A piece of text.
    pub(crate) fn text(&mut self, literal: &str) {
        if self.seam.take() {
            self.summary.output_characters += 1;
            self.member("\"content\":", "\\n");
        }
        self.summary.output_characters += characters(literal);
        self.member("\"content\":", literal);
    }

    /// A piece of reasoning that people may read.
    pub(crate) fn reasoning(&mut self, literal: &str) {
        if !literal.is_empty() {
            self.summary.output_characters += characters(literal);
            self.member("\"reasoning_content\":", literal);
        }
    }

    /// Why the model refused.
    pub(crate) fn refusal(&mut self, literal: &str) {
        self.member("\"refusal\":", literal);
    }

    fn member(&mut self, name: &str, literal: &str) {
        let (chunks, out) = self.delta();
        chunks.text(out, name, literal);
    }

    /// A call of a tool begins; its position among the calls. `rest` is further members of the call, each behind a comma.
    pub(crate) fn start_call(&mut self, id: &str, name: &str, rest: &str) -> u64 {
        let index = self.calls;
        self.calls += 1;
        self.summary.output_characters += characters(name);
        let (chunks, out) = self.delta();
        chunks
            .begin(out)
            .json("\"tool_calls\":[{\"index\":")
            .number(index)
            .json(",\"id\":\"")
            .json(id)
            .json("\",\"type\":\"function\",\"function\":{\"name\":\"")
            .json(name)
            .json("\",\"arguments\":\"\"}")
            .json(rest)
            .json("}]");
        Chunks::end(out);
        index
    }

    /// A piece of a call's arguments.
    pub(crate) fn arguments(&mut self, index: u64, literal: &str) {
        self.summary.output_characters += characters(literal);
        let (chunks, out) = self.delta();
        chunks
            .begin(out)
            .json("\"tool_calls\":[{\"index\":")
            .number(index)
            .json(",\"function\":{\"arguments\":\"")
            .json(literal)
            .json("\"}}]");
        Chunks::end(out);
    }

    /// A whole block of reasoning as its vendor wants it back: the pieces of an object without its closing brace, and its
    /// position.
    pub(crate) fn thought(&mut self, open_object: &[&str], position: u64) {
        let (chunks, out) = self.delta();
        chunks.begin(out).json("\"thinking_blocks\":[");
        for piece in open_object {
            out.json(piece);
        }
        out.json(",\"index\":").number(position).json("}]");
        Chunks::end(out);
    }

    /// A chunk of further members, each behind a comma.
    pub(crate) fn extra(&mut self, members: &str) {
        let (chunks, out) = self.delta();
        chunks
            .begin(out)
            .json(members.strip_prefix(',').unwrap_or(members));
        Chunks::end(out);
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> u64 {
        self.calls
    }

    /// The answer is whole: says why it ended and what it cost, and `[DONE]`.
    pub(crate) fn end(&mut self, finish: Finish, reported: &Reported) {
        self.say_role();
        if let Some(chunks) = &self.chunks {
            chunks.finish(&mut self.out, &finish);
            if self.shows_usage {
                chunks.usage(&mut self.out, reported);
            }
        }
        self.out.json("data: [DONE]\n\n");
        self.summary.finish = Some(finish);
        self.summary.complete = true;
        self.done = true;
    }

    /// Whether `[DONE]` was written.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }
}
