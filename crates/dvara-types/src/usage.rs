//! Tokens of one call, in classes that do not overlap, so that nothing can be counted or priced twice.

use serde::{Deserialize, Serialize};

/// A number of tokens.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TokenCount(pub u64);

/// What a call used, as disjoint classes: a cached input token is in `cache_read` and not in `input`,
/// a reasoning token is in `reasoning` and not in `output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens that no cache served or took.
    pub input: TokenCount,
    /// Input tokens read from the vendor's prompt cache.
    pub cache_read: TokenCount,
    /// Input tokens written to the vendor's prompt cache.
    pub cache_write: TokenCount,
    /// Output tokens that the caller can see.
    pub output: TokenCount,
    /// Output tokens that the model spent on reasoning.
    pub reasoning: TokenCount,
}

impl Usage {
    /// Every input token, cached or not: what OpenAI calls `prompt_tokens`.
    pub fn input_total(&self) -> TokenCount {
        TokenCount(
            self.input
                .0
                .saturating_add(self.cache_read.0)
                .saturating_add(self.cache_write.0),
        )
    }

    /// Every output token: what OpenAI calls `completion_tokens`.
    pub fn output_total(&self) -> TokenCount {
        TokenCount(self.output.0.saturating_add(self.reasoning.0))
    }

    /// Input and output together.
    pub fn total(&self) -> TokenCount {
        TokenCount(self.input_total().0.saturating_add(self.output_total().0))
    }
}
