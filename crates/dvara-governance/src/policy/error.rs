//! What is wrong with a policy's text, and where.

use std::fmt;

/// One mistake in a policy's text. Its texts quote the policy, which its author may read, and never a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// Line of the mistake, from 1; absent when the text as a whole is at fault.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// What is wrong, in one line.
    pub message: String,
    /// What was probably meant.
    pub hint: Option<String>,
}

/// All mistakes that one reading of a policy found, in the order of the text; at least one and at most
/// [`MAX_REPORTED`](Self::MAX_REPORTED).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyErrors(Vec<PolicyError>);

impl PolicyErrors {
    /// Mistakes reported at once; somebody who made more reads the first ones.
    pub const MAX_REPORTED: usize = 20;

    /// The mistakes, in the order of the text.
    pub fn iter(&self) -> std::slice::Iter<'_, PolicyError> {
        self.0.iter()
    }
}

impl fmt::Display for PolicyError {
    /// The text that `INVALID_POLICY_DSL` carries (control-plane.md §9.2).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: ")?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            (None, _) => {}
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}

impl std::error::Error for PolicyErrors {}

impl From<PolicyError> for PolicyErrors {
    fn from(error: PolicyError) -> Self {
        Self(vec![error])
    }
}

/// Where something stands in a policy's text, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Collects mistakes while reading goes on, so that an author sees all of them at once.
#[derive(Default)]
pub(super) struct Mistakes(Vec<PolicyError>);

impl Mistakes {
    /// Notes a mistake; the caller goes on with what it can still read.
    pub(super) fn note(&mut self, place: Place, message: impl Into<String>, hint: Option<String>) {
        if self.0.len() < PolicyErrors::MAX_REPORTED {
            self.0.push(PolicyError {
                line: Some(place.line),
                column: Some(place.column),
                message: message.into(),
                hint,
            });
        }
    }

    /// How many are noted, to tell whether reading a part went well.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The value, if nothing was noted.
    ///
    /// # Errors
    /// What was noted. A reader that gives nothing must have noted why; one that forgot must not pass for an empty policy.
    pub(super) fn unless_any<T>(mut self, value: Option<T>) -> Result<T, PolicyErrors> {
        self.0.sort_by_key(|error| (error.line, error.column));
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            None if self.0.is_empty() => Err(PolicyErrors::from(PolicyError {
                line: None,
                column: None,
                message: "the policy cannot be read".to_owned(),
                hint: None,
            })),
            _ => Err(PolicyErrors(self.0)),
        }
    }
}
