use std::fmt;
use std::str::FromStr;

/// What becomes of a call or an answer in which something is found (`dvara.llm-gateway.pii.default-action`, a tenant's
/// `pii.action`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Action {
    /// It goes on as it is; what was found is recorded by type and count.
    #[default]
    Log,
    /// It is replaced by a token that only this tenant's answers are read back from.
    Tokenize,
    /// It is replaced by a placeholder for good.
    Redact,
    /// The call is refused, the answer withheld.
    Block,
}

impl Action {
    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Log => "LOG",
            Self::Tokenize => "TOKENIZE",
            Self::Redact => "REDACT",
            Self::Block => "BLOCK",
        }
    }

    /// Whether text may have to be kept from its reader; otherwise nothing is ever delayed.
    pub fn withholds(self) -> bool {
        self != Self::Log
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A word that is no action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be BLOCK, REDACT, TOKENIZE or LOG")]
pub struct ParseActionError;

impl FromStr for Action {
    type Err = ParseActionError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        [Self::Log, Self::Tokenize, Self::Redact, Self::Block]
            .into_iter()
            .find(|action| word.eq_ignore_ascii_case(action.as_str()))
            .ok_or(ParseActionError)
    }
}
