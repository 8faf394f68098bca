//! Anthropic's events → chunks of a chat completion (Anthropic, Streaming messages).
//!
//! Nothing goes on that says the answer has ended before `message_stop` has come: a stream that stops short must not
//! look finished. Blocks that OpenAI's dialect has no place for, and events that nobody knows yet, are passed over.

mod block;

use bytes::Bytes;

use super::event::EventView;
use super::finish;
use super::output;
use super::usage::UsageView;
use crate::answer::StreamSummary;
use crate::completion::ChunkStream;
use crate::fault::UpstreamFault;
use crate::request::ChatRequest;
use crate::sse::{self, Frame, Framer};
use block::Open;

/// Reads a stream and translates it.
pub struct StreamDecoder {
    framer: Framer,
    answers_by_tool: bool,
    usage: UsageView,
    /// The client's side.
    to: ChunkStream,
    /// The block that is being sent, and its position.
    open: Option<(u64, Open)>,
}

impl StreamDecoder {
    /// A decoder for the answer to `request`; `now` is when its chunks were made, in seconds since 1970.
    pub fn new(request: &ChatRequest, now: u64) -> Self {
        Self {
            framer: Framer::new(sse::DEFAULT_MAX_EVENT),
            answers_by_tool: output::is_answer_by_tool(request),
            usage: UsageView::default(),
            to: ChunkStream::new(request, now),
            open: None,
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
        self.flush(relay);
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
        self.flush(relay);
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

    fn flush(&mut self, relay: &mut Vec<Bytes>) {
        self.guess_output();
        self.to.flush(relay);
    }

    /// The beginning of a message reports its input, and an output of a token or two. Until the end says what it came to,
    /// the output is guessed from what was written: a client that leaves pays for what it got.
    fn guess_output(&mut self) {
        if !self.to.summary.output_is_guessed {
            return;
        }
        let guess = self.to.summary.estimated_output_tokens();
        if let Some((usage, reported)) = self.to.summary.usage.as_mut().zip(self.usage.classes()) {
            usage.output = reported.output.max(guess);
        }
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
            Some("message_start") => self.start(&view),
            Some("content_block_start") => {
                self.to.say_role();
                self.start_block(&view);
            }
            Some("content_block_delta") => {
                self.to.say_role();
                self.delta(&view);
                return self.bounded();
            }
            Some("content_block_stop") => self.stop_block(),
            Some("message_delta") => self.message_delta(&view),
            Some("message_stop") => return self.stop(),
            Some("error") => return Err(finish::in_stream(&view.error, data)),
            // `ping`, and what is to come.
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, view: &EventView<'_>) {
        self.usage.update(&view.message.usage);
        let summary = &mut self.to.summary;
        summary.usage = self.usage.classes();
        summary.output_is_guessed = summary.usage.is_some();
        if let Some(model) = view.message.model.0.as_deref() {
            self.to.served(model);
        }
        self.to.begin(view.message.id.some_text().unwrap_or("msg"));
    }

    /// Thinking is kept until its block is whole, which must not take more than an event may.
    fn bounded(&self) -> Result<(), UpstreamFault> {
        match &self.open {
            Some((_, open)) if open.kept() > sse::DEFAULT_MAX_EVENT => Err(
                UpstreamFault::broken_stream("a block of thinking is too large"),
            ),
            _ => Ok(()),
        }
    }

    fn message_delta(&mut self, view: &EventView<'_>) {
        self.usage.update(&view.usage);
        self.to.summary.usage = self.usage.classes();
        self.to.summary.output_is_guessed &= !view.usage.has_output();
        if let Some(reason) = view.delta.stop_reason.0.as_deref() {
            self.to.summary.finish = Some(finish::finish(reason, self.to.calls() > 0));
        }
        let details = view.delta.stop_details;
        if let Some(text) = details.explanation.some_text() {
            self.to.refusal(text);
        }
    }

    fn stop(&mut self) -> Result<(), UpstreamFault> {
        self.stop_block();
        let Some(reason) = self.to.summary.finish.take() else {
            return Err(UpstreamFault::broken_stream(
                "its message ended without a reason",
            ));
        };
        self.to.end(reason, &self.usage.reported());
        Ok(())
    }
}
