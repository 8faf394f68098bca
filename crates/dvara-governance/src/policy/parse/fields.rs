//! The keys of one mapping, of which each must be known.

use super::Reading;
use crate::policy::document::{Content, Entry, Node};
use crate::policy::error::Place;
use crate::policy::hint;

/// A mapping whose keys are taken one by one. Every taker notes what is wrong with the value itself, and then gives nothing.
pub(super) struct Fields {
    /// Where the mapping stands.
    pub(super) place: Place,
    what: &'static str,
    entries: Vec<Entry>,
    /// A key was unknown; what is missing may be what it should have been.
    has_unknown: bool,
    noted_before: usize,
}

/// A text with its place.
pub(super) struct Text {
    pub(super) place: Place,
    pub(super) text: String,
}

impl Fields {
    /// Opens a mapping, and notes every key that is none of `known`. Nothing written at all is a mapping without keys.
    pub(super) fn open(
        node: Node,
        what: &'static str,
        known: &[&str],
        reading: &mut Reading,
    ) -> Option<Self> {
        let entries = match node.content {
            Content::Mapping(entries) => entries,
            Content::Null => Vec::new(),
            _ => {
                let message = format!("{what} must be a mapping, found {}", node.kind());
                reading.mistakes.note(node.place, message, None);
                return None;
            }
        };
        let noted_before = reading.mistakes.count();
        let mut has_unknown = false;
        for entry in &entries {
            if !known.contains(&entry.key.as_str()) {
                let message = format!("unknown key `{}` in {what}", entry.key);
                let hint = hint_for(&entry.key, what, known);
                reading.mistakes.note(entry.place, message, Some(hint));
                has_unknown = true;
            }
        }
        Some(Self {
            place: node.place,
            what,
            entries,
            has_unknown,
            noted_before,
        })
    }

    /// The value of a key, if the key is there.
    pub(super) fn take(&mut self, key: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.swap_remove(index))
    }

    /// Notes that the mapping lacks something, unless an unknown key is noted that was probably meant to be it.
    pub(super) fn note_lack(&self, message: &str, hint: Option<String>, reading: &mut Reading) {
        if !self.has_unknown {
            reading.mistakes.note(self.place, message, hint);
        }
    }

    /// Notes that a key is missing, under the same condition.
    pub(super) fn note_missing(&self, key: &str, reading: &mut Reading) {
        self.note_lack(&format!("{} needs `{key}`", self.what), None, reading);
    }

    /// Notes that the mapping compares with nothing, unless a mistake within it is the cause.
    pub(super) fn note_empty(&self, needs: &str, reading: &mut Reading) {
        if reading.mistakes.count() == self.noted_before {
            let message = format!("{} needs {needs} that is not empty", self.what);
            reading.mistakes.note(self.place, message, None);
        }
    }

    pub(super) fn text(&mut self, key: &str, reading: &mut Reading) -> Option<Text> {
        let entry = self.take(key)?;
        text_of(entry.value, key, reading)
    }

    /// What was not taken yet.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// The items of a list; none when the key is absent or its value is no list.
    pub(super) fn list(&mut self, key: &str, reading: &mut Reading) -> Vec<Node> {
        let Some(entry) = self.take(key) else {
            return Vec::new();
        };
        match entry.value.content {
            Content::List(items) => items,
            Content::Null => Vec::new(),
            _ => {
                let message = format!("`{key}` must be a list, found {}", entry.value.kind());
                reading.mistakes.note(entry.value.place, message, None);
                Vec::new()
            }
        }
    }

    /// The items of a list of texts.
    pub(super) fn texts(&mut self, key: &str, reading: &mut Reading) -> Vec<Text> {
        self.list(key, reading)
            .into_iter()
            .filter_map(|item| text_named(item, &format!("an item of `{key}`"), reading))
            .collect()
    }
}

/// The text that is the value of a key.
pub(super) fn text_of(node: Node, key: &str, reading: &mut Reading) -> Option<Text> {
    text_named(node, &format!("`{key}`"), reading)
}

fn text_named(node: Node, what: &str, reading: &mut Reading) -> Option<Text> {
    let (place, kind) = (node.place, node.kind());
    let hint = match node.content {
        Content::Text(text) => return Some(Text { place, text }),
        Content::Bool | Content::Integer(_) | Content::Fraction => {
            Some("put it in quotes".to_owned())
        }
        Content::Null | Content::List(_) | Content::Mapping(_) => None,
    };
    let message = format!("{what} must be a text, found {kind}");
    reading.mistakes.note(place, message, hint);
    None
}

/// The whole number that is the value of a key.
pub(super) fn integer_of(node: Node, key: &str, reading: &mut Reading) -> Option<(Place, i64)> {
    let kind = match node.content {
        Content::Integer(number) => return Some((node.place, number)),
        Content::Fraction => "a fraction",
        _ => node.kind(),
    };
    let message = format!("`{key}` must be a whole number, found {kind}");
    reading.mistakes.note(node.place, message, None);
    None
}

/// A misspelt key first, then a usual slip, then what there is to choose from.
fn hint_for(key: &str, what: &str, known: &[&str]) -> String {
    hint::did_you_mean(key, known.iter().copied())
        .or_else(|| hint::slip_of_key(key, known).map(str::to_owned))
        .unwrap_or_else(|| format!("{what} has {}", listed(known)))
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
