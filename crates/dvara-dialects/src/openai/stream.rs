//! A stream of chat completion chunks, relayed event by event in its own bytes and read on the way.

pub(super) mod chunk;

use std::ops::Range;

use bytes::Bytes;
use dvara_types::ProviderKind;

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
}

/// What becomes of an event.
enum Verdict {
    Relay,
    Withhold,
    Done,
}

impl StreamDecoder {
    /// A decoder for the answer to `request`.
    pub fn new(_kind: ProviderKind, request: &ChatRequest) -> Self {
        Self::with_limit(request.include_usage(), sse::DEFAULT_MAX_EVENT)
    }

    /// A decoder that shows the usage chunk or not, and refuses events above a number of bytes.
    pub fn with_limit(shows_usage: bool, max_event: usize) -> Self {
        Self {
            framer: Framer::new(max_event),
            shows_usage,
            summary: StreamSummary::default(),
            seen: 0,
            finished: 0,
            done: false,
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
                Verdict::Withhold => {}
                Verdict::Done => {
                    flush(chunk, run, relay);
                    self.end()?;
                    relay.push(chunk.slice(range));
                }
            },
            Frame::Gathered(bytes) => match self.judge(&bytes)? {
                Verdict::Relay => relay.push(bytes),
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
        let data = data.trim_ascii();
        if data.is_empty() {
            // Clients ignore an event without data, by the standard.
            return Ok(Verdict::Relay);
        }
        if data == DONE {
            return Ok(Verdict::Done);
        }
        let Ok(view) = serde_json::from_slice::<ChunkView<'_>>(data) else {
            return Err(UpstreamFault::broken_stream("an event is no JSON"));
        };
        if view.error.0 {
            return Err(UpstreamFault::in_stream(data));
        }
        Ok(self.take(view))
    }

    fn take(&mut self, view: ChunkView<'_>) -> Verdict {
        let summary = &mut self.summary;
        if summary.model.is_none() {
            summary.model = view
                .model
                .0
                .filter(|model| !model.is_empty())
                .map(Into::into);
        }
        let usage = view.usage.classes().or_else(|| view.groq.usage.classes());
        let choices = view.choices;
        summary.output_characters += choices.output_characters;
        if summary.finish.is_none() {
            summary.finish = choices.finish;
        }
        self.seen |= choices.seen;
        self.finished |= choices.finished;
        summary.complete = self.seen != 0 && self.seen == self.finished;
        let Some(usage) = usage else {
            return Verdict::Relay;
        };
        summary.usage = Some(usage);
        if choices.count == 0 && !self.shows_usage {
            Verdict::Withhold
        } else {
            Verdict::Relay
        }
    }
}

fn flush(chunk: &Bytes, run: &mut Range<usize>, relay: &mut Vec<Bytes>) {
    if run.start < run.end {
        relay.push(chunk.slice(run.clone()));
    }
    *run = 0..0;
}

#[cfg(test)]
mod tests;
