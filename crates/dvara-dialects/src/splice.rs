//! Edits of a received body by byte range: what is not edited stays byte for byte as it came.
//!
//! A body is never written anew from what was read of it. Numbers keep their digits, unknown fields stay,
//! and key order survives, which matters because it reaches tool schemas and hence prompt caches.

use std::borrow::Cow;

use bytes::Bytes;

/// A byte range of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it starts.
    pub start: usize,
    /// The first byte behind it.
    pub end: usize,
}

impl Span {
    /// Where `part` lies in `whole`. `part` must be a slice of `whole`, which serde_json's borrowed values are.
    pub(crate) fn of(part: &str, whole: &str) -> Self {
        let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
        debug_assert!(
            start + part.len() <= whole.len(),
            "a borrowed value lies in its document"
        );
        Self {
            start,
            end: start + part.len(),
        }
    }

    /// The empty range before `at`.
    pub(crate) fn before(at: usize) -> Self {
        Self { start: at, end: at }
    }

    /// How many bytes it covers.
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether it covers none.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }
}

/// A set of edits of one body.
#[derive(Debug, Default)]
pub struct Edits<'e> {
    list: Vec<(Span, Cow<'e, str>)>,
}

impl<'e> Edits<'e> {
    /// No edits yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `text` where `span` was. Spans of one set must not overlap.
    pub fn replace(&mut self, span: Span, text: impl Into<Cow<'e, str>>) {
        self.list.push((span, text.into()));
    }

    /// Takes `span` out.
    pub fn remove(&mut self, span: Span) {
        self.list.push((span, Cow::Borrowed("")));
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The edited body: the very same bytes when there is no edit, otherwise one copy of exactly the right size.
    pub fn apply(mut self, body: &Bytes) -> Bytes {
        if self.list.is_empty() {
            return body.clone();
        }
        self.list.sort_by_key(|(span, _)| span.start);
        debug_assert!(
            self.list
                .windows(2)
                .all(|pair| pair[0].0.end <= pair[1].0.start),
            "edits do not overlap"
        );
        let added: usize = self.list.iter().map(|(_, text)| text.len()).sum();
        let removed: usize = self.list.iter().map(|(span, _)| span.len()).sum();
        let mut edited = Vec::with_capacity(body.len() + added - removed);
        let mut copied = 0;
        for (span, text) in &self.list {
            edited.extend_from_slice(&body[copied..span.start]);
            edited.extend_from_slice(text.as_bytes());
            copied = span.end;
        }
        edited.extend_from_slice(&body[copied..]);
        edited.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_the_order_of_their_places() {
        let body = Bytes::from_static(b"abcdef");
        let mut edits = Edits::new();
        edits.replace(Span { start: 4, end: 5 }, "EEE");
        edits.remove(Span { start: 0, end: 1 });
        edits.replace(Span::before(6), "!");
        assert_eq!(edits.apply(&body), "bcdEEEf!");
    }

    #[test]
    fn no_edit_is_no_copy() {
        let body = Bytes::from_static(b"abc");
        assert_eq!(Edits::new().apply(&body).as_ptr(), body.as_ptr());
    }
}
