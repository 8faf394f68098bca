//! A text that comes in pieces, and leaves in pieces in which nothing is missed.

use std::sync::Arc;

use super::kind::Kind;
use super::overlap::{Finding, resolve};
use super::patterns::{Detectors, is_placeholder};
use super::scan::Scan;

/// What is kept of a text that was let go, for rules that look at what stands before them.
const LOOK_BACK: usize = 8;

/// How much is let go before the text is moved.
const COMPACT_AT: usize = 4096;

/// A part of a text that nothing can change any more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Text in which nothing was found.
    Text(&'t str),
    /// A placeholder or a token that stands for something already.
    Placeholder(&'t str),
    /// Something that was found.
    Found {
        /// What it is.
        kind: Kind,
        /// Which of the tenant's patterns found it.
        pattern: Option<u16>,
        /// It.
        value: &'t str,
    },
}

/// Looks through a text as it comes. Whatever the pieces are, what is found is what [`Detectors::scan`] finds in the whole, and no
/// more is held back than a rule still waits for.
#[derive(Clone)]
pub struct Scanner {
    detectors: Arc<Detectors>,
    scan: Scan,
    text: String,
    released: usize,
    found: Vec<Finding>,
}

impl Scanner {
    /// Nothing has come yet.
    pub fn new(detectors: Arc<Detectors>) -> Self {
        Self {
            scan: Scan::new(&detectors),
            detectors,
            text: String::new(),
            released: 0,
            found: Vec::new(),
        }
    }

    /// Takes more of the text, and gives what can go.
    pub fn push(&mut self, more: &str, each: impl FnMut(Piece<'_>)) {
        self.text.push_str(more);
        self.advance(false, each);
    }

    /// Ends the text, and gives what is left. A new text may follow.
    pub fn finish(&mut self, each: impl FnMut(Piece<'_>)) {
        self.advance(true, each);
        self.text.clear();
        self.released = 0;
        self.scan = Scan::new(&self.detectors);
    }

    /// How many bytes wait for what may follow them.
    pub fn held(&self) -> usize {
        self.text.len() - self.released
    }

    fn advance(&mut self, complete: bool, mut each: impl FnMut(Piece<'_>)) {
        let decided = self
            .scan
            .advance(&self.detectors, &self.text, complete, &mut self.found);
        let mut settled = self.settle(decided);
        // What hangs together with something that may still grow is decided together with it.
        let until = self
            .found
            .iter()
            .map(|finding| finding.start)
            .fold(decided, usize::min);
        resolve(&mut settled);
        for finding in &settled {
            if self.released < finding.start {
                each(Piece::Text(&self.text[self.released..finding.start]));
            }
            let value = &self.text[finding.start..finding.end];
            self.released = finding.end;
            if is_placeholder(finding) {
                each(Piece::Placeholder(value));
                continue;
            }
            each(Piece::Found {
                kind: finding.kind,
                pattern: finding.pattern,
                value,
            });
        }
        if self.released < until {
            each(Piece::Text(&self.text[self.released..until]));
            self.released = until;
        }
        self.compact();
    }

    /// Takes out the findings that nothing can join any more: whose whole group ends before `decided`.
    fn settle(&mut self, decided: usize) -> Vec<Finding> {
        if self.found.is_empty() {
            return Vec::new();
        }
        self.found.sort_by_key(|finding| finding.start);
        let (mut settled, mut end) = (0, 0);
        for (place, finding) in self.found.iter().enumerate() {
            if finding.start >= end {
                settled = place;
            }
            end = end.max(finding.end);
            if end > decided {
                break;
            }
        }
        if end <= decided {
            settled = self.found.len();
        }
        self.found.drain(..settled).collect()
    }

    fn compact(&mut self) {
        if self.released < COMPACT_AT {
            return;
        }
        let gone = self.text.floor_char_boundary(self.released - LOOK_BACK);
        self.text.drain(..gone);
        self.released -= gone;
        self.scan.forget(gone);
        for finding in &mut self.found {
            finding.start -= gone;
            finding.end -= gone;
        }
    }
}
