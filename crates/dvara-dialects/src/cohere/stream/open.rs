//! What a streamed message is in the midst of: a block of thinking, a call.

use super::StreamDecoder;
use crate::cohere::event::EventView;
use crate::fault::UpstreamFault;
use crate::sse;

/// A block of thinking, whose text is kept, as the inside of a literal, until the block is whole.
pub(super) struct Thought {
    /// Its position among the blocks of content.
    position: u64,
    text: String,
}

/// A call.
pub(super) struct Call {
    /// The vendor's number of it.
    number: Option<u64>,
    /// Its position among the calls.
    index: u64,
    /// Some of its arguments have come.
    any: bool,
}

impl StreamDecoder {
    pub(super) fn start_content(&mut self, view: &EventView<'_>) {
        self.end_thought();
        self.to.say_role();
        let content = &view.delta.message.content;
        if content.kind.0.as_deref() == Some("thinking") {
            let text = content.thinking.literal().unwrap_or_default();
            self.to.reasoning(text);
            self.thought = Some(Thought {
                position: view.index.0.unwrap_or(0),
                text: text.to_owned(),
            });
            return;
        }
        self.to.seam.begin(false);
        if let Some(text) = content.text.some_text() {
            self.to.text(text);
        }
    }

    /// A piece of a block, of the kind that it says.
    pub(super) fn content(&mut self, view: &EventView<'_>) -> Result<(), UpstreamFault> {
        self.to.say_role();
        let content = &view.delta.message.content;
        if let Some(more) = content.thinking.some_text() {
            self.to.reasoning(more);
            // A vendor that opens no blocks still thinks.
            let position = view.index.0.unwrap_or(0);
            let thought = self.thought.get_or_insert_with(|| Thought {
                position,
                text: String::new(),
            });
            thought.text.push_str(more);
            if thought.text.len() > sse::DEFAULT_MAX_EVENT {
                return Err(UpstreamFault::broken_stream(
                    "a block of thinking is too large",
                ));
            }
        }
        if let Some(text) = content.text.some_text() {
            self.end_thought();
            self.to.text(text);
        }
        Ok(())
    }

    /// The block of thinking is whole.
    pub(super) fn end_thought(&mut self) {
        if let Some(Thought { position, text }) = self.thought.take() {
            let open = [
                "{\"type\":\"thinking\",\"thinking\":\"",
                text.as_str(),
                "\"",
            ];
            self.to.thought(&open, position);
        }
    }

    pub(super) fn start_call(&mut self, view: &EventView<'_>) {
        self.end_thought();
        self.end_call();
        let begun = &view.delta.message.tool_calls;
        let id = begun.id.literal().unwrap_or_default();
        let name = begun.function.name.literal().unwrap_or_default();
        let index = self.to.start_call(id, name, "");
        let mut call = Call {
            number: view.index.0,
            index,
            any: false,
        };
        if let Some(text) = begun.function.arguments.some_text() {
            self.to.arguments(index, text);
            call.any = true;
        }
        self.call = Some(call);
    }

    /// A piece of a call's arguments.
    pub(super) fn arguments(&mut self, view: &EventView<'_>) -> Result<(), UpstreamFault> {
        let Some(more) = view.delta.message.tool_calls.function.arguments.some_text() else {
            return Ok(());
        };
        let number = view.index.0;
        let is_its = |call: &&mut Call| number.is_none() || call.number == number;
        // Arguments that nobody knows the call of are lost, and what is left is another call.
        let Some(call) = self.call.as_mut().filter(is_its) else {
            return Err(UpstreamFault::broken_stream(
                "a piece of a call belongs to none that is open",
            ));
        };
        call.any = true;
        self.to.arguments(call.index, more);
        Ok(())
    }

    /// The call is whole. One without arguments still has an object of them.
    pub(super) fn end_call(&mut self) {
        if let Some(Call {
            index, any: false, ..
        }) = self.call.take()
        {
            self.to.arguments(index, "{}");
        }
    }
}
