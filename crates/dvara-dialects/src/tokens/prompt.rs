//! The tokens of a call.

use dvara_types::TokenCount;

use super::Table;
use crate::estimate::{self, ImageTokens, Tally};
use crate::request::{ChatRequest, Message, ReadError, Role, Tool};

/// What stands around each message, in tokens (data-plane sheet §20).
const AROUND_MESSAGE: u64 = 4;

/// What an answer is begun with, in tokens (data-plane sheet §20).
const BEFORE_REPLY: u64 = 3;

/// As much as a guess believes of a quarter of a token for each character before it believes what it has seen, in characters.
const DOUBT: u64 = 40;

/// A call that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedPrompt {
    /// Its tokens: messages, tools, images, and what stands around them.
    pub tokens: TokenCount,
    /// Characters of what its user and the model said.
    characters: u64,
    /// The same in tokens.
    of_characters: u64,
}

impl ChatRequest {
    /// Prompt tokens by a table: every text of the messages and tools, images by the usual formula, and what stands around them.
    ///
    /// # Errors
    /// As [`ChatRequest::conversation`].
    pub fn counted_prompt(&self, table: Table) -> Result<CountedPrompt, ReadError> {
        let conversation = self.conversation()?;
        let mut tokens = table.count_rest(&conversation.tools);
        let (mut characters, mut of_characters) = (0, 0);
        for message in &conversation.messages {
            let counted = tally(message, |text| table.count(text));
            tokens += counted.texts() + counted.images() + AROUND_MESSAGE;
            if matches!(message.role, Role::User | Role::Assistant) {
                characters += tally(message, estimate::characters).texts();
                of_characters += counted.texts();
            }
        }
        Ok(CountedPrompt {
            tokens: TokenCount(tokens),
            characters,
            of_characters,
        })
    }
}

impl CountedPrompt {
    /// The tokens of an answer of so many characters that nobody kept: people are answered in their own language, and what a character
    /// costs is a matter of that, so the call says what to expect, and the more so the longer it is.
    pub fn guess_answer(&self, characters: u64) -> TokenCount {
        let tokens = u128::from(self.of_characters + DOUBT / 4);
        let expected = u128::from(characters) * tokens;
        let guess = expected.div_ceil(u128::from(self.characters + DOUBT));
        TokenCount(u64::try_from(guess).unwrap_or(u64::MAX))
    }
}

impl Table {
    /// Tokens of one message, and of what stands around it.
    pub(crate) fn count_message(self, message: &Message<'_>) -> u64 {
        let counted = tally(message, |text| self.count(text));
        counted.texts() + counted.images() + AROUND_MESSAGE
    }

    /// Tokens of what goes with a call beside its messages: its tools, and what begins its answer.
    pub(crate) fn count_rest(self, tools: &[Tool<'_>]) -> u64 {
        let mut tally = Tally::new(|text| self.count(text));
        tally.tools(tools);
        tally.texts() + BEFORE_REPLY
    }
}

/// What a message says, by a measure of texts.
fn tally<M: Fn(&str) -> u64>(message: &Message<'_>, measure: M) -> Tally<M> {
    let mut tally = Tally::new(measure);
    tally.blocks(&message.blocks, ImageTokens::default());
    tally
}
