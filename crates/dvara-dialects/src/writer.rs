//! JSON written into one buffer, from pieces that are JSON already wherever there are some.

use serde_json::value::RawValue;

/// A buffer of JSON.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Makes room for so many bytes more.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.0.reserve(bytes);
    }

    /// JSON, or a piece of it, as it is.
    pub(crate) fn json(&mut self, json: &str) -> &mut Self {
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// A value as it came.
    pub(crate) fn raw(&mut self, value: &RawValue) -> &mut Self {
        self.json(value.get())
    }

    /// A text as a string literal.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        serde_json::to_writer(&mut self.0, text).expect("a text always has a JSON form");
        self
    }

    /// A count.
    pub(crate) fn number(&mut self, number: u64) -> &mut Self {
        serde_json::to_writer(&mut self.0, &number).expect("a number always has a JSON form");
        self
    }

    /// What another writer holds.
    pub(crate) fn append(&mut self, other: &Self) -> &mut Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts the bytes from `from` on where `at` is, and forgets the rest.
    pub(crate) fn close_gap(&mut self, at: usize, from: usize) {
        self.0.drain(at..from);
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// What was written; the writer is empty afterwards.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
