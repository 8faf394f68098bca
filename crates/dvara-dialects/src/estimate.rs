//! How many tokens a text is when nobody counted them: a character is a quarter of a token.

use dvara_types::TokenCount;

use crate::request::{Block, Conversation, Image, Message, Tool};

/// Tokens of so many characters: a quarter of them, rounded up.
pub fn estimate_tokens(characters: u64) -> TokenCount {
    TokenCount(characters.div_ceil(4))
}

/// What an image counts as (data-plane sheet §23).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageTokens {
    /// Tokens of an image.
    pub normal: u64,
    /// Tokens of one that is asked for in `low` detail.
    pub low: u64,
}

impl Default for ImageTokens {
    fn default() -> Self {
        Self {
            normal: 765,
            low: 85,
        }
    }
}

impl ImageTokens {
    fn of(self, image: &Image<'_>) -> u64 {
        match image.detail.as_deref() {
            Some("low") => self.low,
            _ => self.normal,
        }
    }
}

/// Tokens of a whole conversation: its texts, tool calls, tool results and tool descriptions, and its images.
pub fn prompt_tokens(conversation: &Conversation<'_>, images: ImageTokens) -> TokenCount {
    let mut tally = Tally::new(characters);
    for message in &conversation.messages {
        tally.blocks(&message.blocks, images);
    }
    tally.tools(&conversation.tools);
    tally.estimate()
}

/// Tokens of one message.
pub(crate) fn message_tokens(message: &Message<'_>, images: ImageTokens) -> TokenCount {
    let mut tally = Tally::new(characters);
    tally.blocks(&message.blocks, images);
    tally.estimate()
}

/// Tokens of what a call says of its tools.
pub(crate) fn tool_tokens(tools: &[Tool<'_>]) -> TokenCount {
    let mut tally = Tally::new(characters);
    tally.tools(tools);
    tally.estimate()
}

/// Adds up what a call says, each text by one measure.
pub(crate) struct Tally<M> {
    measure: M,
    texts: u64,
    images: u64,
}

impl<M: Fn(&str) -> u64> Tally<M> {
    pub(crate) fn new(measure: M) -> Self {
        Self {
            measure,
            texts: 0,
            images: 0,
        }
    }

    /// Its texts, in what the measure counts.
    pub(crate) fn texts(&self) -> u64 {
        self.texts
    }

    /// Its images, in tokens.
    pub(crate) fn images(&self) -> u64 {
        self.images
    }

    /// Its tokens, where the measure counts characters.
    fn estimate(&self) -> TokenCount {
        TokenCount(estimate_tokens(self.texts).0 + self.images)
    }

    fn text(&mut self, text: &str) {
        self.texts += (self.measure)(text);
    }

    pub(crate) fn tools(&mut self, tools: &[Tool<'_>]) {
        for tool in tools {
            match tool {
                Tool::Function(function) => {
                    self.text(&function.name);
                    if let Some(description) = &function.description {
                        self.text(&description.text);
                    }
                    if let Some(schema) = function.parameters {
                        self.text(schema.get());
                    }
                }
                Tool::Opaque(value) => self.text(value.get()),
            }
        }
    }

    pub(crate) fn blocks(&mut self, blocks: &[Block<'_>], images: ImageTokens) {
        for block in blocks {
            match block {
                Block::Text(text) | Block::Reasoning { text, .. } => self.text(&text.text),
                Block::Image(image) => self.images += images.of(image),
                Block::ToolUse(call) => {
                    self.text(&call.name);
                    self.text(&call.arguments.text);
                }
                Block::ToolResult(result) => self.blocks(&result.blocks, images),
                // A file's size says nothing about its text, and an opaque block is its vendor's to count.
                Block::Document(_) | Block::Opaque { .. } => {}
            }
        }
    }
}

/// Characters of a text, as Unicode scalar values.
pub(crate) fn characters(text: &str) -> u64 {
    text.chars().count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_started_token_counts_whole() {
        for (characters, tokens) in [(0, 0), (1, 1), (4, 1), (5, 2), (u64::MAX, 1 << 62)] {
            assert_eq!(estimate_tokens(characters), TokenCount(tokens));
        }
    }
}
