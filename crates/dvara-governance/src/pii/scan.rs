//! One pass over a text, or over as much of it as there is.

use super::address::{LONGEST_LOCAL, is_local};
use super::cursor::{Cursor, Stop, is_word};
use super::overlap::Finding;
use super::patterns::Detectors;
use super::plain::plain_word;
use super::rules::{BY_FIRST, LONGEST_BUILT_IN};

/// How far the rules have looked. Places count from the start of the text that is given.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    built_in: usize,
    custom: Vec<usize>,
}

impl Scan {
    /// Nothing has been looked at.
    pub(super) fn new(detectors: &Detectors) -> Self {
        Self {
            built_in: 0,
            custom: vec![0; detectors.custom().len()],
        }
    }

    /// Looks on, and adds what is found. What is `complete` ends where `text` ends.
    ///
    /// Gives the place before which nothing can begin any more that was not found.
    pub(super) fn advance(
        &mut self,
        detectors: &Detectors,
        text: &str,
        complete: bool,
        found: &mut Vec<Finding>,
    ) -> usize {
        self.built_in = built_in(text.as_bytes(), self.built_in, complete, found);
        let mut decided = self.built_in;
        for ((number, at), pattern) in (0..).zip(&mut self.custom).zip(detectors.custom()) {
            *at = pattern.scan(number, text, *at, complete, found);
            decided = decided.min(*at);
        }
        decided
    }

    /// The first `count` bytes of the text are gone.
    pub(super) fn forget(&mut self, count: usize) {
        self.built_in -= count;
        for at in &mut self.custom {
            *at -= count;
        }
    }
}

/// Tries every built-in rule where it may begin, from `from` on; gives where it has to be gone on from.
fn built_in(text: &[u8], from: usize, complete: bool, found: &mut Vec<Finding>) -> usize {
    let first = found.len();
    let by_first = &*BY_FIRST;
    let mut at = from;
    while at < text.len() {
        let byte = text[at];
        if !is_word(byte) {
            if by_first.has(byte) && !try_rules(text, at, complete, found) {
                return reopen(text, at, first, found);
            }
            at += 1;
            continue;
        }
        // A scan that is taken up again may stand inside of a word.
        let begins = at == 0 || !is_word(text[at - 1]);
        if begins && let Some(end) = plain_word(text, at) {
            debug_assert!(
                by_first.of(byte).iter().all(|rule| {
                    let cursor = Cursor { text, at, complete };
                    (rule.find)(cursor) == Err(Stop::No)
                }),
                "a rule may begin at a word that is stepped over"
            );
            at = end;
            continue;
        }
        if begins && !try_rules(text, at, complete, found) {
            return reopen(text, at, first, found);
        }
        at += text[at..].iter().take_while(|byte| is_word(**byte)).count();
    }
    if complete {
        return text.len();
    }
    reopen(text, text.len(), first, found)
}

/// Tries the rules that may begin with the byte here; `false` when one of them waits for more text.
fn try_rules(text: &[u8], at: usize, complete: bool, found: &mut Vec<Finding>) -> bool {
    for rule in BY_FIRST.of(text[at]) {
        match (rule.find)(Cursor { text, at, complete }) {
            Ok((start, end)) => found.push(Finding {
                kind: rule.kind,
                start,
                end,
                confidence: rule.confidence,
                pattern: None,
                trigger: at,
            }),
            Err(Stop::No) => {}
            Err(Stop::More) => return false,
        }
    }
    true
}

/// Says from where the text has to be looked at again: from `at`, or from where an e-mail address begins that `at` or the end of
/// the text may be a part of. Forgets what will be found once more.
fn reopen(text: &[u8], at: usize, first: usize, found: &mut Vec<Finding>) -> usize {
    let last = local_part_before(text, text.len());
    // The run before `at` is the same one where `at` stands in it.
    let open = if last <= at {
        last
    } else {
        local_part_before(text, at)
    };
    // A rule that still waits after so much has a mistake, and no stream must wait with it.
    debug_assert!(
        text.len() - open <= LONGEST_BUILT_IN,
        "a rule waits for more than its longest match"
    );
    let mut place = 0;
    found.retain(|finding| {
        place += 1;
        place <= first || finding.trigger < open
    });
    open
}

/// Where the local part begins that ends at `at`; `at` where it is too long for one.
fn local_part_before(text: &[u8], at: usize) -> usize {
    let run = text[..at]
        .iter()
        .rev()
        .take(LONGEST_LOCAL + 1)
        .take_while(|byte| is_local(**byte))
        .count();
    if run > LONGEST_LOCAL { at } else { at - run }
}
