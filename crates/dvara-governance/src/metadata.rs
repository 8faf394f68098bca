//! Reading a tenant's metadata without letting one wrong value spoil the others.

use std::str::FromStr;

use serde_json::{Map, Value};

/// A value that cannot be used. The platform's value, or none, is in force instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct SettingProblem {
    /// The key of the tenant's metadata.
    pub key: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// A tenant's metadata and what was wrong in it so far.
pub(crate) struct Reading<'m> {
    metadata: &'m Map<String, Value>,
    problems: Vec<SettingProblem>,
}

impl<'m> Reading<'m> {
    pub(crate) fn new(metadata: &'m Map<String, Value>) -> Self {
        Self {
            metadata,
            problems: Vec::new(),
        }
    }

    pub(crate) fn metadata(&self) -> &'m Map<String, Value> {
        self.metadata
    }

    pub(crate) fn finish(self) -> Vec<SettingProblem> {
        self.problems
    }

    /// Puts the value of a key in place, if it is there and `parse` understands it.
    pub(crate) fn read<T>(
        &mut self,
        key: &str,
        wanted: &str,
        place: &mut T,
        parse: impl Fn(&str) -> Option<T>,
    ) {
        let Some(value) = self.metadata.get(key).filter(|value| !value.is_null()) else {
            return;
        };
        match plain(value).and_then(|text| parse(text.trim())) {
            Some(parsed) => *place = parsed,
            None => self.problem(key, format!("write {wanted}")),
        }
    }

    pub(crate) fn problem(&mut self, key: &str, message: String) {
        self.problems.push(SettingProblem {
            key: key.to_owned(),
            message,
        });
    }
}

/// What has a text form.
pub(crate) fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// A value as the text that a person would write for it: metadata are strings, but numbers and booleans mean the same.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}
