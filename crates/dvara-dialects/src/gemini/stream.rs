//! Google's answers in pieces → chunks of a chat completion.
//!
//! Every event is an answer with what is new in it; the usage in it is of all that came so far. The last one says why the
//! answer ended. Nothing says so to the client before.

use bytes::Bytes;
use dvara_types::TokenCount;

use super::answer::Call;
use super::fault;
use super::finish::{self, End};
use super::signature;
use super::view::{AnswerView, PartView, UsageView};
use crate::answer::{Finish, StreamSummary};
use crate::completion::ChunkStream;
use crate::fault::UpstreamFault;
use crate::request::ChatRequest;
use crate::sse::{self, Frame, Framer};

/// Reads a stream and translates it.
pub struct StreamDecoder {
    framer: Framer,
    usage: UsageView,
    /// The inside of the literal of the answer's id.
    id: String,
    /// Why the answer ended, once that is known. Google may send the usage in an event behind it.
    finish: Option<Finish>,
    to: ChunkStream,
}

impl StreamDecoder {
    /// A decoder for the answer to `request`; `now` is when its chunks were made, in seconds since 1970.
    pub fn new(request: &ChatRequest, now: u64) -> Self {
        Self {
            framer: Framer::new(sse::DEFAULT_MAX_EVENT),
            usage: UsageView::default(),
            id: "gemini".to_owned(),
            finish: None,
            to: ChunkStream::new(request, now),
        }
    }

    /// Takes bytes as they arrive and adds to `relay` what goes on to the client, in order.
    ///
    /// # Errors
    /// When the vendor reports an error, or sends what can't be read. What was added to `relay` before is still good; nothing
    /// can be relayed after.
    pub fn push(&mut self, chunk: &Bytes, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        self.to.reserve(chunk.len());
        let mut at = 0;
        let outcome = loop {
            if at == chunk.len() {
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
        self.guess_output();
        self.to.flush(relay);
        outcome
    }

    /// Early events may report the prompt alone. Until the end says what the output came to, it is guessed from what was
    /// written: a client that leaves pays for what it got.
    fn guess_output(&mut self) {
        let summary = &mut self.to.summary;
        summary.output_is_guessed = summary.usage.is_some() && self.finish.is_none();
        let guess = summary.estimated_output_tokens();
        if summary.output_is_guessed
            && let Some(usage) = &mut summary.usage
        {
            let thought = usage.reasoning;
            usage.output = usage
                .output
                .max(TokenCount(guess.0.saturating_sub(thought.0)));
        }
    }

    /// The vendor's stream has ended, or its connection broke: adds what ends the client's stream.
    ///
    /// # Errors
    /// When the answer has not ended.
    pub fn finish(&mut self, relay: &mut Vec<Bytes>) -> Result<(), UpstreamFault> {
        // A last event may lack its blank line.
        let rest = self.framer.finish();
        let outcome = rest.map_or(Ok(()), |rest| self.event(&rest));
        if outcome.is_ok()
            && !self.to.is_done()
            && let Some(finish) = self.finish.take()
        {
            self.to.end(finish, &self.usage.reported());
        }
        self.to.flush(relay);
        outcome?;
        if self.to.is_done() {
            Ok(())
        } else {
            Err(UpstreamFault::broken_stream("its answer did not end"))
        }
    }

    /// What the stream came to, up to now.
    pub fn summary(&self) -> &StreamSummary {
        &self.to.summary
    }

    /// Whether `[DONE]` went on to the client.
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
        let Ok(view) = serde_json::from_slice::<AnswerView<'_>>(data) else {
            return Err(UpstreamFault::broken_stream("an event is no JSON"));
        };
        if view.error.is_there.0 {
            return Err(fault::in_stream(&view.error, data));
        }
        self.count(&view);
        if let Some(model) = view.model.0.as_deref() {
            self.to.served(model);
        }
        if let Some(id) = view.id.some_text() {
            id.clone_into(&mut self.id);
        }
        self.to.begin(&self.id);
        let candidate = view.candidates.0.as_ref().and_then(|list| list.first());
        let Some(candidate) = candidate else {
            if view.feedback.blocked.0.is_some() {
                self.end(Finish::ContentFilter);
            }
            return Ok(());
        };
        if self.finish.is_some() {
            // What follows the end is no part of the answer.
            return Ok(());
        }
        for part in candidate.content.parts.0.iter().flatten() {
            self.part(part);
        }
        match candidate.finish.0.as_deref() {
            None => Ok(()),
            Some(reason) => match finish::end(reason, self.to.calls() > 0) {
                End::Finished(finish) => {
                    self.end(finish);
                    Ok(())
                }
                End::Broken => Err(UpstreamFault::broken_stream(finish::BROKEN)),
                End::Barred => Err(finish::barred()),
            },
        }
    }

    /// The end is known; it goes on when the stream ends, with the usage that came last.
    fn end(&mut self, finish: Finish) {
        self.to.summary.finish = Some(finish.clone());
        self.finish = Some(finish);
    }

    /// Usage comes with every event, of all that came so far.
    fn count(&mut self, view: &AnswerView<'_>) {
        let reported = view.usage.reported();
        if reported.usage.is_some() {
            self.usage = view.usage;
        }
        self.to.summary.usage = self.usage.reported().usage;
    }

    fn part(&mut self, part: &PartView<'_>) {
        let signed = part.signature.some_text();
        if part.call.name.some_text().is_some() {
            let rest = signed.map(signature::to_client).unwrap_or_default();
            let call = Call::of(&part.call, &self.id, self.to.calls());
            let index = self.to.start_call(&call.id, call.name, &rest);
            self.to.arguments(index, &call.arguments);
            return;
        }
        if let Some(text) = part.text.some_text() {
            if part.is_thought() {
                self.to.reasoning(text);
            } else {
                self.to.text(text);
            }
        }
        if let Some(signed) = signed {
            self.to.extra(&signature::to_client(signed));
        }
    }
}
