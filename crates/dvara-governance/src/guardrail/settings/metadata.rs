//! Reading a tenant's metadata without letting one wrong value spoil the others.

use serde_json::{Map, Value};
use thiserror::Error;

use super::lists::{self, Lists};
use super::{Action, Category, CategoryActions};

/// A value that cannot be used. The platform's value, or none, is in force instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key}: {message}")]
pub struct SettingProblem {
    /// The key of the tenant's metadata.
    pub key: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// A tenant's metadata and what was wrong in it so far.
pub(super) struct Reading<'m> {
    metadata: &'m Map<String, Value>,
    problems: Vec<SettingProblem>,
}

impl<'m> Reading<'m> {
    pub(super) fn new(metadata: &'m Map<String, Value>) -> Self {
        Self {
            metadata,
            problems: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Vec<SettingProblem> {
        self.problems
    }

    /// Puts the value of a key in place, if it is there and `parse` understands it.
    pub(super) fn read<T>(
        &mut self,
        key: &str,
        wanted: &str,
        place: &mut T,
        parse: impl Fn(&str) -> Option<T>,
    ) {
        let Some(value) = self.metadata.get(key) else {
            return;
        };
        match plain(value).and_then(|text| parse(text.trim())) {
            Some(parsed) => *place = parsed,
            None => self.problem(key, format!("write {wanted}")),
        }
    }

    pub(super) fn category_actions(&mut self, wanted: &str, actions: &mut CategoryActions) {
        let metadata = self.metadata;
        for key in metadata.keys() {
            let name = key
                .strip_prefix("guardrail.content.")
                .and_then(|rest| rest.strip_suffix(".action"));
            let Some(name) = name else { continue };
            let Some(category) = Category::named(name) else {
                let known: Vec<&str> = Category::ALL
                    .into_iter()
                    .map(Category::setting_name)
                    .collect();
                self.problem(
                    key,
                    format!("no such category; write one of {}", known.join(", ")),
                );
                continue;
            };
            let mut action = None;
            self.read(key, wanted, &mut action, |text| {
                Action::named(text).map(Some)
            });
            if let Some(action) = action {
                actions.set(category, action);
            }
        }
    }

    pub(super) fn lists(&mut self, lists: &mut Lists) {
        let metadata = self.metadata;
        let words: [(&str, &mut Vec<_>); 3] = [
            ("guardrail.competitors", &mut lists.competitors),
            ("guardrail.topics", &mut lists.topics),
            ("guardrail.denylist", &mut lists.denylist),
        ];
        for (key, place) in words {
            let Some(value) = metadata.get(key) else {
                continue;
            };
            match lists::read(value, true, lists::slug) {
                Some(entries) => *place = entries,
                None => self.problem(
                    key,
                    "write words between commas, or a JSON array of strings".to_owned(),
                ),
            }
        }
        let key = "guardrail.custom-injection-patterns";
        let Some(value) = metadata.get(key) else {
            return;
        };
        match lists::read(value, false, lists::number) {
            Some(entries) => lists.injection_patterns = entries,
            None => self.problem(
                key,
                "write one pattern a line, or a JSON object of labels and patterns".to_owned(),
            ),
        }
    }

    fn problem(&mut self, key: &str, message: String) {
        self.problems.push(SettingProblem {
            key: key.to_owned(),
            message,
        });
    }
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
