//! Answers, whole or while they arrive.

use std::sync::Arc;

use super::detection::{Action, Category, Detection};
use super::guardrails::Guardrails;
use super::leak::LeakDetector;
use super::output::{self, OutputScan};
use super::rules;
use super::scan::Scan;

/// Contents that a rule of ours looks for in answers.
const CONTENTS: [Category; 6] = [
    Category::Profanity,
    Category::Violence,
    Category::Sexual,
    Category::CompetitorMention,
    Category::TopicRestriction,
    Category::ContentPolicy,
];

/// Scans one answer in the order content, active contents, leak of the system prompt (control-plane.md §10.2).
///
/// Pieces may be cut anywhere; what is found is what a scan of the whole finds. Bytes are held back only while they may be
/// the beginning of something that blocks: LOG and FLAG never delay a byte.
pub struct AnswerScanner {
    guardrails: Arc<Guardrails>,
    contents: Scan,
    output: OutputScan,
    received: usize,
    released: usize,
}

impl AnswerScanner {
    /// A scanner for one answer; give it the detector of the call's system prompt if there is one.
    pub fn new(guardrails: Arc<Guardrails>, leak: Option<Arc<LeakDetector>>) -> Self {
        Self {
            contents: Scan::new(&rules::ANSWER, guardrails.words()).with_leak(leak),
            guardrails,
            output: OutputScan::new(),
            received: 0,
            released: 0,
        }
    }

    /// The longest match in bytes, and so the most that is ever held back.
    pub const fn longest_match() -> usize {
        let contents = 512;
        if output::LONGEST_MATCH > contents {
            output::LONGEST_MATCH
        } else {
            contents
        }
    }

    /// Scans the next piece. Returns how many bytes, counted from the start of the answer, may be released now; after a
    /// detection that blocks, none of what is held back may.
    pub fn push(&mut self, text: &str, found: &mut Vec<Detection>) -> usize {
        self.received += text.len();
        if !self.guardrails.settings().enabled {
            self.released = self.received;
            return self.released;
        }
        let guardrails = &*self.guardrails;
        self.contents.push(text);
        self.contents
            .take_found(false, |hit| guardrails.report(hit, found));
        self.output
            .push(text, &mut |detection| guardrails.keep(detection, found));
        self.contents
            .leaks()
            .for_each(|detection| guardrails.keep(detection, found));
        let bound = self.received.saturating_sub(Self::longest_match());
        self.released = self.released.max(self.settled().max(bound));
        self.released
    }

    /// The answer ends: what was waiting for more text is decided. Unless something blocks, all of it may be released.
    pub fn finish(&mut self, found: &mut Vec<Detection>) {
        if !self.guardrails.settings().enabled {
            return;
        }
        let guardrails = &*self.guardrails;
        self.contents.end_text();
        self.contents
            .take_found(true, |hit| guardrails.report(hit, found));
        self.output
            .finish(&mut |detection| guardrails.keep(detection, found));
        self.contents
            .leaks()
            .for_each(|detection| guardrails.keep(detection, found));
    }

    /// Everything before this byte is part of nothing that may still block.
    fn settled(&self) -> usize {
        let blocks = |category| self.guardrails.action(category) == Action::Block;
        let mut settled = self.received;
        if CONTENTS.into_iter().any(blocks) {
            settled = settled.min(self.contents.settled_origin());
        }
        if blocks(Category::ContentPolicy) {
            settled = settled.min(self.output.settled_origin());
        }
        match self.contents.unleaked_origin() {
            Some(origin) if blocks(Category::Jailbreak) => settled.min(origin),
            _ => settled,
        }
    }
}

#[cfg(test)]
mod tests;
