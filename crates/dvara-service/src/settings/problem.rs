use std::fmt;

/// One mistake of a start: what is wrong, named so that an operator finds it, and what to do where that is not obvious.
///
/// Displays as one line. Neither part ever holds a secret's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Names the property with its source, or the file with its line, and says what is wrong.
    pub what: String,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Problem {
    /// A problem whose text already says what to do.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            fix: None,
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.fix {
            Some(fix) => write!(f, "; {fix}"),
            None => Ok(()),
        }
    }
}
