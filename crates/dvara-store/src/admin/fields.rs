//! Checks of single fields. A check notes what is wrong and goes on, so that one answer names every mistake.

use std::fmt::Display;
use std::str::FromStr;

use super::{AdminError, FieldProblem};

/// The longest name for people, in characters.
const MAX_NAME: usize = 200;

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 2000;

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    problems: Vec<FieldProblem>,
}

impl Fields {
    pub(crate) fn refuse(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.problems.push(FieldProblem {
            field: field.into(),
            problem: problem.into(),
        });
    }

    /// The value of a text that has to be one.
    pub(crate) fn parse<T: FromStr>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T::Err: Display,
    {
        match text.trim().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(field, error.to_string());
                None
            }
        }
    }

    /// A name for people: something visible, on one line, of bounded length.
    pub(crate) fn name(&mut self, field: &str, text: &str) -> String {
        let name = text.trim();
        if name.is_empty() {
            self.refuse(field, "must not be empty");
        } else if name.chars().count() > MAX_NAME {
            self.refuse(field, "must not be longer than 200 characters");
        } else if name.chars().any(char::is_control) {
            self.refuse(
                field,
                "must not contain line breaks or other control characters",
            );
        }
        name.to_owned()
    }

    /// What something is for: any text of bounded length; nothing where there is nothing visible.
    pub(super) fn description(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        if text.chars().count() > MAX_DESCRIPTION {
            self.refuse(field, "must not be longer than 2000 characters");
        }
        self.without_zero_bytes(field, text);
        Some(text.to_owned())
    }

    /// A text that PostgreSQL can hold.
    pub(super) fn without_zero_bytes(&mut self, field: &str, text: &str) {
        if text.contains('\0') {
            self.refuse(field, "must not contain a zero byte");
        }
    }

    pub(crate) fn problems(self) -> Vec<FieldProblem> {
        self.problems
    }

    /// Refuses the request if anything was wrong.
    pub(super) fn check(self) -> Result<(), AdminError> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(AdminError::Invalid(self.problems))
        }
    }
}
