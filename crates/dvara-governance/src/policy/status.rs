//! Where a policy stands in its life, and so whether anybody asks it.

use std::fmt;
use std::str::FromStr;

/// The status of a whole policy (control-plane.md §9.1). Only [`Active`](Self::Active) binds calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyStatus {
    /// Being written; no call meets it. Every new policy starts here.
    Draft,
    /// Evaluated on live calls and recorded, never enforced (control-plane.md §9.4).
    Shadow,
    /// Enforced.
    Active,
    /// Put away; no call meets it.
    Archived,
}

/// The text names no status; the four are `DRAFT`, `SHADOW`, `ACTIVE` and `ARCHIVED`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown policy status `{0}`: use DRAFT, SHADOW, ACTIVE or ARCHIVED")]
pub struct UnknownPolicyStatus(pub String);

impl PolicyStatus {
    /// Every status, in the order of a policy's life.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Shadow, Self::Active, Self::Archived];

    /// The word of rows and of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Shadow => "SHADOW",
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
        }
    }
}

impl fmt::Display for PolicyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PolicyStatus {
    type Err = UnknownPolicyStatus;

    fn from_str(text: &str) -> Result<Self, UnknownPolicyStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownPolicyStatus(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_as_they_print() {
        for status in PolicyStatus::ALL {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
    }

    #[test]
    fn other_words_are_no_status() {
        for word in ["", "active", "ACTIVE ", "ENABLED"] {
            assert_eq!(
                word.parse::<PolicyStatus>(),
                Err(UnknownPolicyStatus(word.to_owned()))
            );
        }
    }
}
