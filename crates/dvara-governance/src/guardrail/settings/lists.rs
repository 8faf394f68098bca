//! The tenant's own words and patterns.

use serde_json::Value;

/// A word, phrase or pattern and what the audit trail calls it.
#[derive(Clone, PartialEq, Eq)]
pub struct Named {
    /// Part of the rule's id, such as `acme` in `comp-acme`.
    pub label: String,
    /// What is looked for.
    pub text: String,
}

/// What a tenant looks for besides the built-in rules. Words and phrases are found whole, in any case and disguise.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Lists {
    /// Names of competitors; `guardrail.competitors`.
    pub competitors: Vec<Named>,
    /// Words for subjects that are not spoken about; `guardrail.topics`.
    pub topics: Vec<Named>,
    /// Words and phrases that are refused; `guardrail.denylist`.
    pub denylist: Vec<Named>,
    /// Regular expressions over requests, in any case; `guardrail.custom-injection-patterns`.
    pub injection_patterns: Vec<Named>,
}

/// Reads a list: an array, an object of labels and texts, the JSON of one of them in a string, or a string with one entry a
/// line (or between commas, where entries are words). Entries without a label are called by `label_of`.
pub(super) fn read(
    value: &Value,
    words: bool,
    label_of: fn(usize, &str) -> String,
) -> Option<Vec<Named>> {
    let unlabelled = |(index, text): (usize, &str)| {
        let text = text.trim();
        (!text.is_empty()).then(|| Named {
            label: label_of(index, text),
            text: text.to_owned(),
        })
    };
    match value {
        Value::Array(entries) => {
            let texts: Option<Vec<&str>> = entries.iter().map(Value::as_str).collect();
            Some(
                texts?
                    .into_iter()
                    .enumerate()
                    .filter_map(unlabelled)
                    .collect(),
            )
        }
        Value::Object(entries) => {
            let named = entries.iter().map(|(label, text)| {
                Some(Named {
                    label: label.clone(),
                    text: text.as_str()?.to_owned(),
                })
            });
            named.collect()
        }
        Value::String(text) if text.trim_start().starts_with(['[', '{']) => {
            match serde_json::from_str(text) {
                Ok(value @ (Value::Array(_) | Value::Object(_))) => read(&value, words, label_of),
                // A pattern may begin with a bracket.
                _ if words => None,
                _ => Some(text.lines().enumerate().filter_map(unlabelled).collect()),
            }
        }
        Value::String(text) if words => Some(
            text.split(['\n', ','])
                .enumerate()
                .filter_map(unlabelled)
                .collect(),
        ),
        Value::String(text) => Some(text.lines().enumerate().filter_map(unlabelled).collect()),
        _ => None,
    }
}

/// The entry itself, as it may stand in a rule's id: small letters and digits, the rest as hyphens.
pub(super) fn slug(_: usize, text: &str) -> String {
    let lower = text.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

/// The number of the entry, from 1: a pattern is no name.
pub(super) fn number(index: usize, _: &str) -> String {
    (index + 1).to_string()
}
