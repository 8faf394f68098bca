//! Contents of answers that would act where the answer is shown or used: scripts, SQL, shell commands, addresses inside.
//!
//! Rarely is such a text an attack: models write code all day. So every rule has two scores, one for running text and one for
//! code (a fenced block or inline code), and only what nobody needs in an honest answer passes the default threshold in code.
//!
//! An anchor is looked for first; only where it stands is the rule's own pattern tried, on a window around it that is
//! bounded, so that the work is linear in the text whatever stands in it.

mod rules;

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, MatchKind};
use regex::bytes::Regex;

use super::detection::{Category, Detection, Source};
use rules::OutputRule;

/// How many bytes of text a pattern sees from its anchor on. Also what is held back at most until it is decided.
pub(crate) const LONGEST_MATCH: usize = 160;
/// How many bytes it sees before its anchor.
const BEFORE: usize = 96;
const FENCE: &str = "```";

/// Scans one answer, which may come in pieces. Scanning pieces finds what scanning the whole does.
pub(crate) struct OutputScan {
    /// The end of the text so far: what is not decided yet, and what patterns may have to see before it.
    tail: String,
    /// Where the tail begins in the whole text.
    origin: usize,
    /// Where in the tail the first byte stands that is not decided.
    undecided: usize,
    in_fence: bool,
    /// For each rule whether it was found at all, and in running text.
    found: Vec<(bool, bool)>,
}

struct Compiled {
    anchors: AhoCorasick,
    longest: usize,
    /// The anchors by the byte that they begin with, in either case.
    by_first: Vec<Vec<&'static [u8]>>,
    /// For each anchor the rules that look at it; none for the fence.
    rules_of: Vec<Vec<usize>>,
    patterns: Vec<(Option<Regex>, Regex)>,
}

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
    let mut texts = vec![FENCE];
    let mut rules_of = vec![Vec::new()];
    for (number, rule) in rules::RULES.iter().enumerate() {
        for anchor in rule.anchors {
            match texts.iter().position(|known| known == anchor) {
                Some(known) => rules_of[known].push(number),
                None => {
                    texts.push(anchor);
                    rules_of.push(vec![number]);
                }
            }
        }
    }
    let mut builder = AhoCorasickBuilder::new();
    // The anchors begin with so many different letters that only a table of all steps is quick.
    builder
        .kind(Some(AhoCorasickKind::DFA))
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest);
    let anchors = builder
        .build(&texts)
        .expect("a few dozen short anchors always fit");
    let compile =
        |pattern: String| Regex::new(&pattern).expect("a test compiles every built-in pattern");
    let patterns = rules::RULES.iter().map(|rule| {
        let before = rule
            .before
            .map(|pattern| compile(format!("(?is-u)(?:{pattern})$")));
        (before, compile(format!("(?is-u)^(?:{})", rule.after)))
    });
    let mut by_first = vec![Vec::new(); 256];
    for text in &texts {
        let first = text.as_bytes()[0];
        by_first[usize::from(first.to_ascii_lowercase())].push(text.as_bytes());
        if first.is_ascii_alphabetic() {
            by_first[usize::from(first.to_ascii_uppercase())].push(text.as_bytes());
        }
    }
    Compiled {
        anchors,
        longest: texts.iter().map(|text| text.len()).max().unwrap_or(0),
        by_first,
        rules_of,
        patterns: patterns.collect(),
    }
});

impl OutputScan {
    pub(crate) fn new() -> Self {
        let found = vec![(false, false); rules::RULES.len()];
        Self {
            tail: String::new(),
            origin: 0,
            undecided: 0,
            in_fence: false,
            found,
        }
    }

    pub(crate) fn push(&mut self, text: &str, found: &mut impl FnMut(Detection)) {
        self.tail.push_str(text);
        self.scan(false, found);
        self.forget();
    }

    pub(crate) fn finish(&mut self, found: &mut impl FnMut(Detection)) {
        self.scan(true, found);
    }

    /// Everything before this byte is decided.
    pub(crate) fn settled_origin(&self) -> usize {
        self.origin + self.undecided
    }

    fn scan(&mut self, ended: bool, found: &mut impl FnMut(Detection)) {
        let compiled = &*COMPILED;
        let tail = std::mem::take(&mut self.tail);
        let mut decided = self.undecided;
        for anchor in compiled.anchors.find_iter(&tail.as_bytes()[decided..]) {
            let start = self.undecided + anchor.start();
            let number = anchor.pattern().as_usize();
            if number == 0 {
                self.in_fence = !self.in_fence;
            } else if self.may_match(number, &tail, start) {
                if !ended && start + LONGEST_MATCH > tail.len() {
                    self.undecided = start;
                    self.tail = tail;
                    return;
                }
                self.check(number, &tail, start, found);
            }
            decided = self.undecided + anchor.end();
        }
        self.undecided = if ended {
            tail.len()
        } else {
            begun_anchor(&tail, decided)
        };
        self.tail = tail;
    }

    /// Whether what stands before an anchor allows a match; most anchors are decided by it at once.
    fn may_match(&self, anchor: usize, tail: &str, start: usize) -> bool {
        let before = before(tail, start);
        COMPILED.rules_of[anchor]
            .iter()
            .any(|number| allowed_by(*number, before))
    }

    fn check(
        &mut self,
        anchor: usize,
        tail: &str,
        start: usize,
        found: &mut impl FnMut(Detection),
    ) {
        let before = before(tail, start);
        let after = &tail.as_bytes()[start..tail.len().min(start + LONGEST_MATCH)];
        let in_code = self.in_fence || before.last() == Some(&b'`') || after.first() == Some(&b'`');
        for number in &COMPILED.rules_of[anchor] {
            let rule = &rules::RULES[*number];
            // Found in code, a rule may be found once more in running text, where it weighs more.
            let found_before = if in_code {
                self.found[*number].0
            } else {
                self.found[*number].1
            };
            if !found_before
                && allowed_by(*number, before)
                && COMPILED.patterns[*number].1.is_match(after)
            {
                self.found[*number] = (true, !in_code);
                found(detection(
                    rule,
                    if in_code { rule.in_code } else { rule.score },
                ));
            }
        }
    }

    /// Lets go of what no pattern can see any more.
    fn forget(&mut self) {
        let needless = self
            .tail
            .floor_char_boundary(self.undecided.saturating_sub(BEFORE));
        if needless > 4 * BEFORE {
            self.tail.drain(..needless);
            self.origin += needless;
            self.undecided -= needless;
        }
    }
}

fn before(tail: &str, start: usize) -> &[u8] {
    &tail.as_bytes()[start.saturating_sub(BEFORE)..start]
}

fn allowed_by(rule: usize, before: &[u8]) -> bool {
    COMPILED.patterns[rule]
        .0
        .as_ref()
        .is_none_or(|pattern| pattern.is_match(before))
}

/// Where at the end of the text an anchor may have begun; the end if none has.
fn begun_anchor(text: &str, decided: usize) -> usize {
    let bytes = text.as_bytes();
    let compiled = &*COMPILED;
    let first = decided.max(bytes.len().saturating_sub(compiled.longest));
    let begins = |at: &usize| {
        let rest = &bytes[*at..];
        compiled.by_first[usize::from(rest[0])]
            .iter()
            .any(|anchor| {
                anchor.len() > rest.len() && anchor[..rest.len()].eq_ignore_ascii_case(rest)
            })
    };
    (first..bytes.len()).find(begins).unwrap_or(bytes.len())
}

fn detection(rule: &OutputRule, score: f32) -> Detection {
    Detection {
        category: Category::ContentPolicy,
        rule: rule.id.into(),
        label: rule.label.into(),
        score,
        source: Source::Builtin,
    }
}

#[cfg(test)]
mod tests;
