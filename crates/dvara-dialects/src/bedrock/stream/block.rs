//! The blocks of a streamed message, one after the other. Only calls say that they begin; of all others, the first piece does.

use super::StreamDecoder;
use crate::anthropic::STRUCTURED_OUTPUT;
use crate::bedrock::reasoning;
use crate::bedrock::view::{EventView, ReasoningView};

/// A block that is being sent.
pub(super) enum Open {
    Text,
    /// Reasoning, whose text and signature are kept, as the insides of literals, until the block is whole.
    Reasoning {
        text: String,
        signature: String,
    },
    /// Reasoning that only its vendor can read, in bytes.
    Hidden(Vec<u8>),
    /// A call.
    Call {
        /// Its position among the calls; `None` for the tool whose input is the answer.
        index: Option<u64>,
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
            Self::Reasoning { text, signature } => text.len() + signature.len(),
            Self::Hidden(bytes) => bytes.len(),
            Self::Text | Self::Call { .. } | Self::Other => 0,
        }
    }
}

impl StreamDecoder {
    pub(super) fn start_block(&mut self, view: &EventView<'_>) {
        self.stop_block();
        let call = view.start.tool_use.as_ref();
        // What Bedrock's own tools are asked is between it and the model.
        let call = call.filter(|call| !call.kind.0);
        let open = call.map_or(Open::Other, |call| {
            let name = call.name.literal().unwrap_or_default();
            let index = if self.answers_by_tool && name == STRUCTURED_OUTPUT {
                self.to.seam.begin(false);
                None
            } else {
                let id = call.id.literal().unwrap_or_default();
                Some(self.to.start_call(id, name, ""))
            };
            Open::Call { index, any: false }
        });
        self.open = Some((view.index.0.unwrap_or(0), open));
    }

    pub(super) fn delta(&mut self, view: &EventView<'_>) {
        let delta = &view.delta;
        let index = view.index.0.unwrap_or(0);
        if self.open.as_ref().is_some_and(|(open, _)| *open != index) {
            self.stop_block();
        }
        if let Some(text) = delta.text.some_text() {
            if !matches!(self.open, Some((_, Open::Text))) {
                self.begin(index, Open::Text);
                self.to.seam.begin(self.is_cited);
            }
            self.to.text(text);
        }
        if delta.citation.0 {
            self.to.seam.cite();
        }
        if let Some(input) = delta.tool_use.input.some_text()
            && let Some((_, Open::Call { index, any })) = &mut self.open
        {
            *any = true;
            let index = *index;
            self.input(index, input);
        }
        if let Some(piece) = &delta.reasoning {
            self.reasoning(index, piece);
        }
    }

    /// A piece of reasoning.
    fn reasoning(&mut self, index: u64, view: &ReasoningView<'_>) {
        if let Some(redacted) = &view.redacted.0 {
            let Some(more) = reasoning::bytes(redacted) else {
                return;
            };
            if let Some((_, Open::Hidden(bytes))) = &mut self.open {
                bytes.extend(more);
            } else {
                self.begin(index, Open::Hidden(more));
            }
            return;
        }
        let (more, signed) = (view.piece.text, view.piece.signature);
        let (more, signed) = (
            more.literal().unwrap_or_default(),
            signed.literal().unwrap_or_default(),
        );
        if more.is_empty() && signed.is_empty() {
            return;
        }
        if !matches!(self.open, Some((_, Open::Reasoning { .. }))) {
            self.begin(
                index,
                Open::Reasoning {
                    text: String::new(),
                    signature: String::new(),
                },
            );
        }
        if let Some((_, Open::Reasoning { text, signature })) = &mut self.open {
            text.push_str(more);
            signature.push_str(signed);
        }
        self.to.reasoning(more);
    }

    /// A block begins without having said so.
    fn begin(&mut self, index: u64, open: Open) {
        self.stop_block();
        self.open = Some((index, open));
    }

    pub(super) fn stop_block(&mut self) {
        let Some((position, open)) = self.open.take() else {
            return;
        };
        match open {
            Open::Text | Open::Other | Open::Call { any: true, .. } => {}
            Open::Reasoning { text, signature } => {
                let open = reasoning::readable(&text, &signature);
                self.to.thought(&[&open], position);
            }
            Open::Hidden(bytes) => {
                let open = reasoning::hidden(&bytes);
                self.to.thought(&[&open], position);
            }
            // A call without arguments still has an object of them.
            Open::Call { index, any: false } => self.input(index, "{}"),
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
