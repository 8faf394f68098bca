//! Where a prompt template stands in its life, and so whether calls may name it.

use std::fmt;
use std::str::FromStr;

/// The status of a prompt template (control-plane.md §13). Only [`Active`](Self::Active) ones may be named by calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TemplateStatus {
    /// Being written. Every new template starts here.
    Draft,
    /// In use.
    Active,
    /// Put away for good.
    Archived,
}

/// The text names no status; the three are `DRAFT`, `ACTIVE` and `ARCHIVED`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown template status `{0}`: use DRAFT, ACTIVE or ARCHIVED")]
pub struct UnknownTemplateStatus(pub String);

impl TemplateStatus {
    /// Every status, in the order of a template's life.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Active, Self::Archived];

    /// The word of rows and of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
        }
    }

    /// The status that may follow; the API answers 400 `INVALID_TEMPLATE_STATUS_TRANSITION` to every other.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Draft => Some(Self::Active),
            Self::Active => Some(Self::Archived),
            Self::Archived => None,
        }
    }
}

impl fmt::Display for TemplateStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TemplateStatus {
    type Err = UnknownTemplateStatus;

    fn from_str(text: &str) -> Result<Self, UnknownTemplateStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownTemplateStatus(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_as_they_print_and_other_words_are_none() {
        for status in TemplateStatus::ALL {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
        for word in ["", "active", "SHADOW"] {
            assert!(word.parse::<TemplateStatus>().is_err(), "{word}");
        }
    }

    #[test]
    fn a_life_goes_forward_one_step_at_a_time() {
        assert_eq!(TemplateStatus::Draft.next(), Some(TemplateStatus::Active));
        assert_eq!(
            TemplateStatus::Active.next(),
            Some(TemplateStatus::Archived)
        );
        assert_eq!(TemplateStatus::Archived.next(), None);
    }
}
