//! A stream of chat completion chunks, relayed event by event in its own bytes and read on the way. Events in which a vendor
//! speaks its own words are edited, and only those.

pub(super) mod chunk;

use std::ops::Range;

use bytes::Bytes;
use dvara_types::ProviderKind;

use super::chunks::Thoughts;
use super::reply::{self, Form};
use super::shape::Reply;
use super::vendors;
use crate::answer::StreamSummary;
use crate::fault::UpstreamFault;
use crate::request::ChatRequest;
use crate::sse::{self, Frame, Framer};
use chunk::ChunkView;

const DONE: &[u8] = b"[DONE]";
const DONE_EVENT: Bytes = Bytes::from_static(b"data: [DONE]\n\n");

/// Reads a stream while it is relayed.
///
/// Events go on in the bytes they came in, several at once where they lie side by side. Held back are the usage
/// chunk from a client that did not ask for it, and `[DONE]` until every choice has ended: a stream that stops
/// short must not look finished.
pub struct StreamDecoder {
    framer: Framer,
    shows_usage: bool,
    summary: StreamSummary,
    seen: u128,
    finished: u128,
    done: bool,
    /// For a vendor that has words of its own.
    words: Option<Box<Words>>,
}

/// What is needed to put events in OpenAI's words.
struct Words {
    reply: &'static Reply,
    thoughts: Thoughts,
}

/// What becomes of an event.
enum Verdict {
    Relay,
    /// It goes on with other bytes.
    Edited(Bytes),
    Withhold,
    Done,
}

impl StreamDecoder {
    /// A decoder for the answer to `request`.
    pub fn new(kind: ProviderKind, request: &ChatRequest) -> Self {
        let words = |reply| {
            Box::new(Words {
                reply,
                thoughts: Thoughts::default(),
            })
        };
        Self {
            words: vendors::shape(kind).reply.as_ref().map(words),
            ..Self::with_limit(request.include_usage(), sse::DEFAULT_MAX_EVENT)
        }
    }

    /// A decoder for OpenAI's own words that shows the usage chunk or not, and refuses events above a number of bytes.
    pub fn with_limit(shows_usage: bool, max_event: usize) -> Self {
        Self {
            framer: Framer::new(max_event),
            shows_usage,
            summary: StreamSummary::default(),
            seen: 0,
            finished: 0,
            done: false,
            words: None,
        }
    }

    /// Takes bytes as they arrive and adds to `relay` what goes on to the client, in order.
    ///
    /// # Errors
    /// When the vendor reports an error, ends without having finished, or sends what can't be read. What was
    /// added to `relay` before is still good; nothing can be relayed after.
    pub fn push(&mut self, chunk: &Bytes, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        let mut at = 0;
        // Events that go on and lie side by side in the chunk.
        let mut run = 0..0;
        let outcome = loop {
            if self.done || at == chunk.len() {
                break Ok(());
            }
            match self.framer.next(chunk, &mut at) {
                Ok(Some(frame)) => {
                    if let Err(fault) = self.frame(frame, chunk, &mut run, relay) {
                        break Err(fault);
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(UpstreamFault::broken_stream(&error.to_string())),
            }
        };
        flush(chunk, &mut run, relay);
        outcome
    }

    /// The vendor's stream has ended, or its connection broke: adds what ends the client's stream.
    ///
    /// An answer whose choices have all ended is whole, whatever got lost behind it.
    ///
    /// # Errors
    /// When some choice has not ended.
    pub fn finish(&mut self, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        if self.done {
            return Ok(());
        }
        if let Some(rest) = self.framer.finish() {
            // A last event without its blank line: a client would wait for it in vain.
            match self.judge(&rest) {
                Ok(Verdict::Relay) => {
                    relay.push(rest);
                    relay.push(Bytes::from_static(b"\n\n"));
                }
                Ok(Verdict::Edited(bytes)) => relay.push(bytes),
                Ok(Verdict::Withhold | Verdict::Done) => {}
                Err(fault) if !self.summary.complete => return Err(fault),
                Err(_) => {}
            }
        }
        self.end()?;
        relay.push(DONE_EVENT);
        Ok(())
    }

    /// What the stream came to, up to now.
    pub fn summary(&self) -> &StreamSummary {
        &self.summary
    }

    /// Whether `[DONE]` went on to the client: whatever follows is nobody's business.
    pub fn is_done(&self) -> bool {
        self.done
    }

    fn frame(
        &mut self,
        frame: Frame,
        chunk: &Bytes,
        run: &mut Range<usize>,
        relay: &mut Vec<Bytes>,
    ) -> Result<(), UpstreamFault> {
        match frame {
            Frame::Within(range) => match self.judge(&chunk[range.clone()])? {
                Verdict::Relay if run.start < run.end && run.end == range.start => {
                    run.end = range.end
                }
                Verdict::Relay => {
                    flush(chunk, run, relay);
                    *run = range;
                }
                Verdict::Edited(bytes) => {
                    flush(chunk, run, relay);
                    relay.push(bytes);
                }
                Verdict::Withhold => {}
                Verdict::Done => {
                    flush(chunk, run, relay);
                    self.end()?;
                    relay.push(chunk.slice(range));
                }
            },
            Frame::Gathered(bytes) => match self.judge(&bytes)? {
                Verdict::Relay => relay.push(bytes),
                Verdict::Edited(bytes) => relay.push(bytes),
                Verdict::Withhold => {}
                Verdict::Done => {
                    self.end()?;
                    relay.push(bytes);
                }
            },
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), UpstreamFault> {
        if !self.summary.complete {
            return Err(UpstreamFault::broken_stream(
                "it ended without a finish reason",
            ));
        }
        self.done = true;
        Ok(())
    }

    fn judge(&mut self, event: &[u8]) -> Result<Verdict, UpstreamFault> {
        let Some(data) = sse::data(event) else {
            return Ok(Verdict::Relay);
        };
        let trimmed = data.trim_ascii();
        if trimmed.is_empty() {
            // Clients ignore an event without data, by the standard.
            return Ok(Verdict::Relay);
        }
        if trimmed == DONE {
            return Ok(Verdict::Done);
        }
        let Ok(view) = serde_json::from_slice::<ChunkView<'_>>(trimmed) else {
            return Err(UpstreamFault::broken_stream("an event is no JSON"));
        };
        if view.error.0 || view.groq.error.0 {
            return Err(UpstreamFault::in_stream(trimmed));
        }
        let may_need_edits = self.words.as_ref().is_some_and(|words| {
            let is_thinking = words.thoughts.any_is_open();
            view.choices.may_be_said_otherwise(words.reply, is_thinking)
        });
        let verdict = self.take(view)?;
        match (&mut self.words, &verdict) {
            (Some(words), Verdict::Relay) if may_need_edits => words.edit(event, &data),
            _ => Ok(verdict),
        }
    }

    fn take(&mut self, view: ChunkView<'_>) -> Result<Verdict, UpstreamFault> {
        let summary = &mut self.summary;
        if summary.model.is_none() {
            summary.model = view
                .model
                .0
                .filter(|model| !model.is_empty())
                .map(Into::into);
        }
        let choices = view.choices;
        let usage = view.usage.classes();
        let usage = usage.or_else(|| view.groq.usage.classes());
        let usage = usage.or_else(|| choices.usage.classes());
        summary.output_characters += choices.output_characters;
        if let (None, Some(reason)) = (&summary.finish, choices.finish) {
            let reply = self.words.as_ref().map(|words| words.reply);
            summary.finish = Some(reply::finish(reason, reply)?);
        }
        self.seen |= choices.seen;
        self.finished |= choices.finished;
        summary.complete = self.seen != 0 && self.seen == self.finished;
        let Some(usage) = usage else {
            return Ok(Verdict::Relay);
        };
        summary.usage = Some(usage);
        if choices.count == 0 && !self.shows_usage {
            Ok(Verdict::Withhold)
        } else {
            Ok(Verdict::Relay)
        }
    }
}

impl Words {
    /// The event in OpenAI's words. `data` is its data.
    fn edit(&mut self, event: &[u8], data: &[u8]) -> Result<Verdict, UpstreamFault> {
        let Ok(document) = std::str::from_utf8(data) else {
            // The parser took it, so a text has bytes that are none; a client judges that.
            return Ok(Verdict::Relay);
        };
        let edits = reply::edit(document, Form::Event, self.reply, &mut self.thoughts)?;
        if edits.is_empty() {
            return Ok(Verdict::Relay);
        }
        let edited = edits.apply(&Bytes::copy_from_slice(data));
        Ok(Verdict::Edited(with_data(event, data, &edited)))
    }
}

/// The event with other data in its place.
fn with_data(event: &[u8], data: &[u8], edited: &[u8]) -> Bytes {
    // Data of one line lies in the event; of several, it was put together.
    let (before, behind): (&[u8], &[u8]) = if event.as_ptr_range().contains(&data.as_ptr()) {
        let start = data.as_ptr().addr() - event.as_ptr().addr();
        (&event[..start], &event[start + data.len()..])
    } else {
        (b"data: ", b"")
    };
    let mut bytes = Vec::with_capacity(before.len() + edited.len() + behind.len() + 2);
    bytes.extend_from_slice(before);
    // JSON over several lines: a line feed stands between its values only.
    let one_line = |byte: &u8| if *byte == b'\n' { b' ' } else { *byte };
    bytes.extend(edited.iter().map(one_line));
    bytes.extend_from_slice(behind);
    let blank_lines: [&[u8]; 3] = [b"\n\n", b"\r\n\r\n", b"\r\r"];
    if !blank_lines.iter().any(|line| bytes.ends_with(line)) {
        // Its blank line did not come: a client would wait for it in vain.
        bytes.extend_from_slice(b"\n\n");
    }
    bytes.into()
}

fn flush(chunk: &Bytes, run: &mut Range<usize>, relay: &mut Vec<Bytes>) {
    if run.start < run.end {
        relay.push(chunk.slice(run.clone()));
    }
    *run = 0..0;
}

#[cfg(test)]
mod tests;
