//! Cohere's events → chunks of a chat completion (Cohere, Streaming Responses).
//!
//! Nothing goes on that says the answer has ended before `message-end` has come: a stream that stops short must not look
//! finished. Citations, for which OpenAI's dialect has no place, and events that nobody knows yet are passed over.

mod open;

use bytes::Bytes;

use super::event::EventView;
use super::finish;
use crate::answer::StreamSummary;
use crate::completion::ChunkStream;
use crate::fault::UpstreamFault;
use crate::request::ChatRequest;
use crate::sse::{self, Frame, Framer};
use open::{Call, Thought};

/// Reads a stream and translates it.
pub struct StreamDecoder {
    framer: Framer,
    /// The client's side.
    to: ChunkStream,
    /// The block of thinking that is being sent.
    thought: Option<Thought>,
    /// The call that is being sent.
    call: Option<Call>,
}

impl StreamDecoder {
    /// A decoder for the answer to `request`; `now` is when its chunks were made, in seconds since 1970.
    pub fn new(request: &ChatRequest, now: u64) -> Self {
        Self {
            framer: Framer::new(sse::DEFAULT_MAX_EVENT),
            to: ChunkStream::new(request, now),
            thought: None,
            call: None,
        }
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
                Ok(Some(Frame::Within(range))) => self.event(&chunk[range]),
                Ok(Some(Frame::Gathered(event))) => self.event(&event),
                Ok(None) => break Ok(()),
                Err(error) => Err(UpstreamFault::broken_stream(&error.to_string())),
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
        // A last event may lack its blank line.
        let outcome = match self.framer.finish() {
            Some(rest) => self.event(&rest),
            None => Ok(()),
        };
        self.to.flush(relay);
        outcome?;
        if self.to.is_done() {
            return Ok(());
        }
        Err(UpstreamFault::broken_stream("its message did not end"))
    }

    /// What the stream came to, up to now.
    pub fn summary(&self) -> &StreamSummary {
        &self.to.summary
    }

    /// Whether `[DONE]` went on to the client: whatever follows is nobody's business.
    pub fn is_done(&self) -> bool {
        self.to.is_done()
    }

    fn event(&mut self, event: &[u8]) -> Result<(), UpstreamFault> {
        let Some(data) = sse::data(event) else {
            return Ok(());
        };
        let data = data.trim_ascii();
        if data.is_empty() {
            return Ok(());
        }
        let Ok(view) = serde_json::from_slice::<EventView<'_>>(data) else {
            return Err(UpstreamFault::broken_stream("an event is no JSON"));
        };
        match view.kind.0.as_deref() {
            Some("message-start") => self.to.begin(view.id.some_text().unwrap_or("msg")),
            Some("content-start") => self.start_content(&view),
            Some("content-delta") => return self.content(&view),
            Some("content-end") => self.end_thought(),
            Some("tool-plan-delta") => {
                let plan = view.delta.message.tool_plan;
                self.to.reasoning(plan.literal().unwrap_or_default());
            }
            Some("tool-call-start") => self.start_call(&view),
            Some("tool-call-delta") => return self.arguments(&view),
            Some("tool-call-end") => self.end_call(),
            Some("message-end") => return self.end(&view),
            Some("error") => return Err(error(&view, data)),
            None if view.message.0.or(view.error.0).is_some() => return Err(error(&view, data)),
            // `citation-…`, `debug`, and what is to come.
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, view: &EventView<'_>) -> Result<(), UpstreamFault> {
        self.end_thought();
        self.end_call();
        let delta = &view.delta;
        let reported = delta.usage.reported();
        self.to.summary.usage = reported.usage;
        let Some(reason) = delta.finish_reason.0.as_deref() else {
            return Err(match delta.error.0 {
                Some(_) => finish::in_stream("ERROR", delta.error),
                None => UpstreamFault::broken_stream("its message ended without a reason"),
            });
        };
        if finish::is_failure(reason) || delta.error.some_text().is_some() {
            return Err(finish::in_stream(reason, delta.error));
        }
        let finish = finish::finish(reason, self.to.calls() > 0);
        self.to.end(finish, &reported);
        Ok(())
    }
}

/// The fault of an event that is an error: the error of an answer, sent as an event.
fn error(view: &EventView<'_>, data: &[u8]) -> UpstreamFault {
    match view.error.0 {
        Some(_) => UpstreamFault::in_stream(data),
        None => finish::in_stream("error", view.message),
    }
}
