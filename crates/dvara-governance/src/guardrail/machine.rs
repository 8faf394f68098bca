//! Walks a [`RuleSet`] along the words of a text.

use super::lexicon::WordId;
use super::normal::{Mark, Place};
use super::rules::{Meaning, RuleSet};

/// How far before and behind a phrase the words may stand that say it is only spoken about, in bytes of folded text.
const NEAR: u32 = 80;
/// A quotation longer than this was never closed.
const LONGEST_QUOTATION: u32 = 600;
/// A negation is at most two short words away: "do not ever ignore".
const NEGATION_REACH: u32 = 6;
/// After this many mentions of a phrase the text is no longer taken to speak about it.
const MENTIONS: u8 = 4;
/// Positions begin here, so that zero means "never", also for the longest distance.
const FIRST_POSITION: u32 = 4096;

/// How far one rule has got.
#[derive(Clone, Copy, Default)]
struct Reached {
    /// Behind the last word of the part; zero if the part was never reached.
    end: u32,
    began: u32,
    origin: usize,
}

/// What is known about one rule in this text.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Finding {
    #[default]
    Nothing,
    /// Complete; a word that comes soon may still say that it is only spoken about.
    Pending {
        end: u32,
        quoted: bool,
    },
    Found,
}

/// The state of one scan.
pub(crate) struct Machine<'r> {
    set: &'r RuleSet,
    reached: Vec<Reached>,
    findings: Vec<(Finding, u8)>,
    base: u32,
    last_break: u32,
    negation: u32,
    quote: Option<u32>,
    last_quote: Option<(u32, u32)>,
    may_quote: u32,
    discusses: u32,
    pub(crate) rot13: bool,
    pub(crate) backwards: bool,
    checks: u64,
}

impl<'r> Machine<'r> {
    pub(crate) fn new(set: &'r RuleSet) -> Self {
        Self {
            set,
            reached: vec![Reached::default(); set.steps.len()],
            findings: vec![Default::default(); set.rules.len()],
            base: FIRST_POSITION,
            last_break: 0,
            negation: 0,
            quote: None,
            last_quote: None,
            may_quote: 0,
            discusses: 0,
            rot13: false,
            backwards: false,
            checks: 0,
        }
    }

    pub(crate) fn set(&self) -> &'r RuleSet {
        self.set
    }

    /// Steps looked at so far: the measure of work.
    #[cfg(test)]
    pub(crate) fn checks(&self) -> u64 {
        self.checks
    }

    pub(crate) fn word(&mut self, word: WordId, length: u32, at: Place) {
        let set = self.set;
        let begin = self.base + at.position;
        let here = Reached {
            end: begin + length,
            began: begin,
            origin: at.origin,
        };
        for step in &set.waiting[usize::from(word)] {
            self.checks += 1;
            let rule_step = &set.steps[usize::from(*step)];
            let reached = match rule_step.before {
                None if rule_step.not_negated && self.is_negated(begin) => continue,
                None => here,
                Some(before) => {
                    let before = self.reached[usize::from(before)];
                    let far =
                        before.end == 0 || begin < before.end || begin - before.end > rule_step.gap;
                    if far || (!rule_step.over_breaks && self.last_break >= before.end) {
                        continue;
                    }
                    Reached {
                        end: here.end,
                        ..before
                    }
                }
            };
            self.reached[usize::from(*step)] = reached;
            for meaning in &rule_step.complete {
                self.complete(*meaning, reached);
            }
        }
    }

    pub(crate) fn mark(&mut self, mark: Mark, at: Place) {
        let here = self.base + at.position;
        match mark {
            Mark::Break => self.last_break = here,
            Mark::Quote if self.quote.is_none() => self.quote = Some(here),
            Mark::Quote | Mark::QuoteEnd => {
                if let Some(open) = self.quote.take() {
                    self.last_quote = Some((open, here));
                }
            }
            Mark::Sign(_) => {}
        }
    }

    /// The rules that have found something and are certain of it by now. Each is named once.
    pub(crate) fn take_found(&mut self, ended: bool, position: u32, found: &mut impl FnMut(usize)) {
        let here = self.base + position;
        let set = self.set;
        for (rule, (finding, _)) in self.findings.iter_mut().enumerate() {
            if let Finding::Pending { end, .. } = *finding
                && (ended || !set.speaks_about || here > end + NEAR)
            {
                *finding = Finding::Found;
                found(rule);
            }
        }
    }

    /// Where in the original text the oldest match begins that may still become complete.
    pub(crate) fn unfinished_origin(&self, position: u32) -> Option<usize> {
        let here = self.base + position;
        let steps = self
            .set
            .steps
            .iter()
            .filter_map(|step| Some((self.reached[usize::from(step.before?)], step.gap)));
        steps
            .filter(|(reached, gap)| reached.end != 0 && here <= reached.end + gap + 1)
            .map(|(reached, _)| reached.origin)
            .min()
    }

    fn is_negated(&self, begin: u32) -> bool {
        self.negation != 0
            && begin.saturating_sub(self.negation) <= NEGATION_REACH
            && self.last_break < self.negation
    }

    fn complete(&mut self, meaning: Meaning, reached: Reached) {
        match meaning {
            Meaning::Found(rule) => self.complete_rule(usize::from(rule), reached),
            Meaning::MayQuote => {
                self.may_quote = reached.end;
                self.withdraw(reached.began, |quoted| quoted);
            }
            Meaning::Discusses => {
                self.discusses = reached.end;
                self.withdraw(reached.began, |_| true);
            }
            Meaning::Negates => self.negation = reached.end,
            Meaning::Rot13 => self.rot13 = true,
            Meaning::Backwards => self.backwards = true,
        }
    }

    fn complete_rule(&mut self, rule: usize, reached: Reached) {
        let quoted = self
            .quote
            .filter(|open| *open <= reached.began && reached.began - open < LONGEST_QUOTATION);
        let near = |cue: u32, from: u32| cue != 0 && cue <= from && from - cue <= NEAR;
        let (finding, mentions) = &mut self.findings[rule];
        if matches!(finding, Finding::Found | Finding::Pending { .. }) {
            return;
        }
        let same_sentence = self.discusses > self.last_break;
        let spoken_about = quoted
            .is_some_and(|open| near(self.may_quote, open) || near(self.discusses, open))
            || (same_sentence && near(self.discusses, reached.began));
        if spoken_about && *mentions < MENTIONS {
            *mentions += 1;
            return;
        }
        let quoted = quoted.is_some() && *mentions < MENTIONS;
        *finding = Finding::Pending {
            end: reached.end,
            quoted,
        };
    }

    /// A word that says "this was only spoken about" takes back what was found just before it.
    fn withdraw(&mut self, cue: u32, applies: impl Fn(bool) -> bool) {
        let last_break = self.last_break;
        for (finding, mentions) in &mut self.findings {
            if let Finding::Pending { end, quoted } = *finding {
                let near = cue >= end && cue - end <= NEAR && (quoted || last_break < end);
                if near && applies(quoted) && *mentions < MENTIONS {
                    *mentions += 1;
                    *finding = Finding::Nothing;
                }
            }
        }
    }
}
