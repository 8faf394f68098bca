//! JSON written into one buffer, from pieces that are JSON already wherever there are some.

use serde_json::value::RawValue;

/// A buffer of JSON.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// Makes room for so many bytes more.
    pub(super) fn reserve(&mut self, bytes: usize) {
        self.0.reserve(bytes);
    }

    /// JSON, or a piece of it, as it is.
    pub(super) fn json(&mut self, json: &str) -> &mut Self {
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// A value as it came.
    pub(super) fn raw(&mut self, value: &RawValue) -> &mut Self {
        self.json(value.get())
    }

    /// A text as a string literal.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        serde_json::to_writer(&mut self.0, text).expect("a text always has a JSON form");
        self
    }

    /// A count.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        serde_json::to_writer(&mut self.0, &number).expect("a number always has a JSON form");
        self
    }

    /// What another writer holds.
    pub(super) fn append(&mut self, other: &Self) -> &mut Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Puts the bytes from `from` on where `at` is, and forgets the rest.
    pub(super) fn close_gap(&mut self, at: usize, from: usize) {
        self.0.drain(at..from);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// What was written; the writer is empty afterwards.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
