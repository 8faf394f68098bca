//! Bedrock's events → chunks of a chat completion (Bedrock, ConverseStream).
//!
//! The usage comes behind the end of the message: finish, usage and `[DONE]` go on when it has come, or when the stream ends after
//! the message has. A stream that stops short must not look finished. Blocks that OpenAI's dialect has no place for, and
//! events that nobody knows yet, are passed over.

mod block;

use bytes::Bytes;

use super::answer::{asks_for_citations, beside};
use super::view::EventView;
use super::{finish, id};
use crate::answer::{Finish, ResponseHead, StreamSummary};
use crate::anthropic::output;
use crate::completion::{ChunkStream, Reported};
use crate::event_stream::{Frame, Framer, Message};
use crate::fault::UpstreamFault;
use crate::request::ChatRequest;
use crate::sse;
use block::Open;

/// Reads a stream and translates it.
pub struct StreamDecoder {
    framer: Framer,
    answers_by_tool: bool,
    is_cited: bool,
    now: u64,
    /// How the answer is called.
    id: String,
    /// The client's side.
    to: ChunkStream,
    /// The block that is being sent, and its position.
    open: Option<(u64, Open)>,
    /// Why the message ended, once it has.
    ended: Option<Finish>,
    /// What it cost, as far as that was said.
    reported: Reported,
}

impl StreamDecoder {
    /// A decoder for the answer to `request`; `now` is when its chunks were made, in seconds since 1970.
    pub fn new(request: &ChatRequest, now: u64) -> Self {
        Self {
            framer: Framer::new(sse::DEFAULT_MAX_EVENT),
            answers_by_tool: output::is_answer_by_tool(request),
            is_cited: asks_for_citations(request),
            now,
            id: format!("bedrock-{now}"),
            to: ChunkStream::new(request, now),
            open: None,
            ended: None,
            reported: Reported::default(),
        }
    }

    /// The head of the answer, which names it. Comes before any bytes.
    pub fn answered_by(&mut self, head: &ResponseHead) {
        self.id = id(head, self.now);
    }

    /// Takes bytes as they arrive and adds to `relay` what goes on to the client, in order.
    ///
    /// # Errors
    /// When the vendor reports an error, ends without having finished, or sends what can't be read. What was
    /// added to `relay` before is still good; nothing can be relayed after.
    pub fn push(&mut self, chunk: &Bytes, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        self.to.reserve(chunk.len());
        let mut at = 0;
        let outcome = loop {
            if self.to.is_done() || at == chunk.len() {
                break Ok(());
            }
            let read = match self.framer.next(chunk, &mut at) {
                Ok(Some(Frame::Within(range))) => self.message(&chunk[range]),
                Ok(Some(Frame::Gathered(message))) => self.message(&message),
                Ok(None) => break Ok(()),
                Err(broken) => Err(UpstreamFault::broken_stream(&broken.to_string())),
            };
            if read.is_err() {
                break read;
            }
        };
        self.to.flush(relay);
        outcome
    }

    /// The vendor's stream has ended, or its connection broke: adds what ends the client's stream.
    ///
    /// # Errors
    /// When the message has not ended.
    pub fn finish(&mut self, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        if self.to.is_done() {
            return Ok(());
        }
        if let Some(finish) = self.ended.take() {
            // The message is whole, whether or not what it cost was said.
            self.to.end(finish, &self.reported);
            self.to.flush(relay);
            return Ok(());
        }
        let what = if self.framer.is_between_messages() {
            "its message did not end"
        } else {
            "it ended amid an event"
        };
        Err(UpstreamFault::broken_stream(what))
    }

    /// What the stream came to, up to now.
    pub fn summary(&self) -> &StreamSummary {
        &self.to.summary
    }

    /// Whether `[DONE]` went on to the client: whatever follows is nobody's business.
    pub fn is_done(&self) -> bool {
        self.to.is_done()
    }

    fn message(&mut self, frame: &[u8]) -> Result<(), UpstreamFault> {
        let message = Message::read(frame)
            .map_err(|broken| UpstreamFault::broken_stream(&broken.to_string()))?;
        if matches!(message.kind, Some("exception" | "error")) {
            return Err(finish::in_stream(&message));
        }
        let Some(kind) = message.event else {
            return Ok(());
        };
        let Ok(view) = serde_json::from_slice::<EventView<'_>>(message.payload) else {
            return Err(UpstreamFault::broken_stream("an event is no JSON"));
        };
        self.event(kind, &view)
    }

    fn event(&mut self, kind: &str, view: &EventView<'_>) -> Result<(), UpstreamFault> {
        if self.ended.is_some() && kind != "metadata" {
            return Ok(());
        }
        self.to.begin(&self.id);
        match kind {
            "contentBlockStart" => {
                self.to.say_role();
                self.start_block(view);
            }
            "contentBlockDelta" => {
                self.to.say_role();
                self.delta(view);
                return self.bounded();
            }
            "contentBlockStop" => self.stop_block(),
            "messageStop" => return self.stop(view),
            "metadata" => self.metadata(view),
            // `messageStart`, and what is to come.
            _ => {}
        }
        Ok(())
    }

    /// Reasoning is kept until its block is whole, which must not take more than an event may.
    fn bounded(&self) -> Result<(), UpstreamFault> {
        match &self.open {
            Some((_, open)) if open.kept() > sse::DEFAULT_MAX_EVENT => Err(
                UpstreamFault::broken_stream("a block of reasoning is too large"),
            ),
            _ => Ok(()),
        }
    }

    fn stop(&mut self, view: &EventView<'_>) -> Result<(), UpstreamFault> {
        self.stop_block();
        let Some(reason) = view.stop_reason.0.as_deref() else {
            return Err(UpstreamFault::broken_stream(
                "its message ended without a reason",
            ));
        };
        let finish =
            finish::finish(reason, self.to.calls() > 0).map_err(UpstreamFault::broken_stream)?;
        self.beside(view);
        self.to.summary.finish = Some(finish.clone());
        self.ended = Some(finish);
        Ok(())
    }

    fn beside(&mut self, view: &EventView<'_>) {
        let members = beside(view.additional, &view.trace);
        if !members.is_empty() {
            self.to.extra(&members);
        }
    }

    /// What the message cost. It comes last; before the message has ended, it ends nothing.
    fn metadata(&mut self, view: &EventView<'_>) {
        let reported = view.usage.reported();
        if reported.usage.is_some() {
            self.reported = reported;
            self.to.summary.usage = reported.usage;
        }
        if let Some(model) = view.trace.served() {
            self.to.served(model);
        }
        if let Some(finish) = self.ended.take() {
            self.beside(view);
            self.to.end(finish, &self.reported);
        }
    }
}
