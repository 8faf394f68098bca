//! The blocks of a streamed message, one after the other.

use super::StreamDecoder;
use crate::anthropic::STRUCTURED_OUTPUT;
use crate::anthropic::event::{BlockView, EventView};
use crate::json;

/// A block that is being sent.
pub(super) enum Open {
    Text,
    /// Thinking, whose text and signature are kept, as the insides of literals, until the block is whole.
    Thinking {
        text: String,
        signature: String,
    },
    /// Thinking that only its vendor can read.
    Redacted {
        data: String,
    },
    /// A call.
    Call {
        /// Its position among the calls; `None` for the tool whose input is the answer.
        index: Option<u64>,
        /// The input that came with its beginning, for when no more of it comes.
        input: String,
        /// Some of its input has come.
        any: bool,
    },
    /// Something that OpenAI's dialect has no place for.
    Other,
}

impl Open {
    /// Bytes that are kept until the block is whole.
    pub(super) fn kept(&self) -> usize {
        match self {
            Self::Thinking { text, signature } => text.len() + signature.len(),
            Self::Text | Self::Redacted { .. } | Self::Call { .. } | Self::Other => 0,
        }
    }
}

impl StreamDecoder {
    pub(super) fn start_block(&mut self, view: &EventView<'_>) {
        self.stop_block();
        let block = &view.block;
        let open = match block.kind.0.as_deref() {
            Some("text") => {
                self.to.seam.begin(block.citations.0);
                if let Some(text) = block.text.some_text() {
                    self.to.text(text);
                }
                Open::Text
            }
            Some("thinking") => {
                let text = block.thinking.literal().unwrap_or_default();
                self.to.reasoning(text);
                Open::Thinking {
                    text: text.to_owned(),
                    signature: block.signature.literal().unwrap_or_default().to_owned(),
                }
            }
            Some("redacted_thinking") => Open::Redacted {
                data: block.data.literal().unwrap_or_default().to_owned(),
            },
            Some("tool_use") => self.start_call(block),
            _ => Open::Other,
        };
        self.open = Some((view.index.0.unwrap_or(0), open));
    }

    fn start_call(&mut self, block: &BlockView<'_>) -> Open {
        let input = block.input.0.map_or("{}", |input| input.get()).to_owned();
        let name = block.name.literal().unwrap_or_default();
        if self.answers_by_tool && name == STRUCTURED_OUTPUT {
            self.to.seam.begin(false);
            return Open::Call {
                index: None,
                input,
                any: false,
            };
        }
        let id = block.id.literal().unwrap_or_default();
        let index = self.to.start_call(id, name, "");
        Open::Call {
            index: Some(index),
            input,
            any: false,
        }
    }

    pub(super) fn delta(&mut self, view: &EventView<'_>) {
        let delta = &view.delta;
        let mut taken = self.open.take();
        // A vendor that opens no blocks still has texts to say.
        let open = taken
            .as_mut()
            .filter(|(opened, _)| view.index.0.is_none_or(|index| index == *opened))
            .map(|(_, open)| open);
        match (delta.kind.0.as_deref(), open) {
            (Some("text_delta"), _) => {
                if let Some(text) = delta.text.some_text() {
                    self.to.text(text);
                }
            }
            (Some("citations_delta"), _) => self.to.seam.cite(),
            (Some("thinking_delta"), open) => {
                if let Some(more) = delta.thinking.some_text() {
                    if let Some(Open::Thinking { text, .. }) = open {
                        text.push_str(more);
                    }
                    self.to.reasoning(more);
                }
            }
            (Some("signature_delta"), Some(Open::Thinking { signature, .. })) => {
                signature.push_str(delta.signature.literal().unwrap_or_default());
            }
            (Some("input_json_delta"), Some(Open::Call { index, any, .. })) => {
                if let Some(more) = delta.partial_json.some_text() {
                    *any = true;
                    self.input(*index, more);
                }
            }
            _ => {}
        }
        self.open = taken;
    }

    pub(super) fn stop_block(&mut self) {
        let Some((position, open)) = self.open.take() else {
            return;
        };
        match open {
            Open::Text | Open::Other => {}
            Open::Thinking { text, signature } => {
                self.to.thought(
                    &[
                        "{\"type\":\"thinking\",\"thinking\":\"",
                        &text,
                        "\",\"signature\":\"",
                        &signature,
                        "\"",
                    ],
                    position,
                );
            }
            Open::Redacted { data } => {
                self.to.thought(
                    &["{\"type\":\"redacted_thinking\",\"data\":\"", &data, "\""],
                    position,
                );
            }
            Open::Call { any: true, .. } => {}
            // A call without arguments still has an object of them.
            Open::Call { index, input, .. } => {
                let quoted = json::quote(&input);
                self.input(index, &quoted[1..quoted.len() - 1]);
            }
        }
    }

    /// A piece of a call's input.
    fn input(&mut self, index: Option<u64>, literal: &str) {
        match index {
            Some(index) => self.to.arguments(index, literal),
            None => self.to.text(literal),
        }
    }
}
