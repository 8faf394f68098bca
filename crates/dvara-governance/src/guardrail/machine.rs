//! Walks a [`RuleSet`] along the words of a text.

use std::sync::Arc;

use super::detection::Category;
use super::lexicon::WordId;
use super::normal::{Mark, Place};
use super::rules::{Meaning, RuleSet, START};

/// How far before and behind a phrase the words may stand that say it is only spoken about, in bytes of folded text.
const NEAR: u32 = 64;
/// A quotation up to this length mentions a phrase where words such as "phrase" announce it inside a sentence, and up to the
/// second where there is only one of the two.
const LONG_MENTION: u32 = 80;
const SHORT_MENTION: u32 = 62;
/// A negation is at most two short words away: "do not ever ignore".
const NEGATION_REACH: u32 = 6;
/// After this many mentions of a phrase the text is no longer taken to speak about it.
const MENTIONS: u8 = 4;
/// Matches of a rule that end this near to each other are one mention.
const SAME_MENTION: u32 = 40;
/// Positions begin here, so that zero means "never", also for the longest distance.
const FIRST_POSITION: u32 = 4096;

/// Where a match began.
#[derive(Clone, Copy, Default)]
struct Began {
    position: u32,
    origin: u32,
}

/// What is known about one rule in this text.
#[derive(Clone, Copy, Default)]
struct Finding {
    state: State,
    /// How often it was only spoken about, and where the last time ended.
    mentions: u8,
    mentioned: u32,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Nothing,
    Pending(Pending),
    Found,
}

/// A complete match; a word that comes soon may still say that it is only spoken about.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pending {
    end: u32,
    quoted: bool,
}

/// A match that no word takes back.
const CERTAIN: Pending = Pending {
    end: 0,
    quoted: false,
};

/// A quotation that is not closed yet.
#[derive(Clone, Copy)]
struct Quotation {
    open: u32,
    /// Up to this length it mentions what is in it: shorter if it is only a part of a sentence, zero if it stands alone.
    longest: u32,
}

/// The state of one scan.
pub(crate) struct Machine {
    set: Arc<RuleSet>,
    /// For each part the end of the last word that reached it; zero if none did. Apart from the beginnings, because most
    /// steps look at nothing else.
    ends: Vec<u32>,
    began: Vec<Began>,
    findings: Vec<Finding>,
    base: u32,
    last_break: u32,
    /// Where the last mention ended: nothing in it goes on behind it.
    barrier: u32,
    negation: u32,
    quote: Option<Quotation>,
    /// Behind the last word and the last colon.
    last_word: u32,
    colon: u32,
    may_quote: u32,
    discusses: u32,
    pub(crate) rot13: bool,
    pub(crate) backwards: bool,
    checks: u64,
}

impl Machine {
    pub(crate) fn new(set: Arc<RuleSet>) -> Self {
        Self {
            ends: vec![0; set.parts.len()],
            began: vec![Began::default(); set.parts.len()],
            findings: vec![Default::default(); set.rules.len()],
            base: FIRST_POSITION,
            last_break: 0,
            barrier: 0,
            negation: 0,
            quote: None,
            last_word: 0,
            colon: 0,
            may_quote: 0,
            discusses: 0,
            rot13: false,
            backwards: false,
            checks: 0,
            set,
        }
    }

    pub(crate) fn set(&self) -> &Arc<RuleSet> {
        &self.set
    }

    /// Steps looked at so far: the measure of work.
    #[cfg(test)]
    pub(crate) fn checks(&self) -> u64 {
        self.checks
    }

    pub(crate) fn word(&mut self, word: WordId, length: u32, at: Place) {
        let set = self.set.clone();
        let begin = self.base + at.position;
        let end = begin + length;
        for step in &set.waiting[usize::from(word)] {
            self.checks += 1;
            let began = if step.before == START {
                if step.not_negated && self.is_negated(begin) {
                    continue;
                }
                Began {
                    position: begin,
                    origin: at.origin as u32,
                }
            } else {
                let before = self.ends[step.before as usize];
                // A part that was never reached is far away too, and so is one that ends behind this word's beginning.
                if begin.wrapping_sub(before) > u32::from(step.gap) {
                    continue;
                }
                if !step.over_breaks && self.last_break.max(self.barrier) >= before {
                    continue;
                }
                self.began[step.before as usize]
            };
            self.ends[step.reaches as usize] = end;
            self.began[step.reaches as usize] = began;
            for meaning in &set.parts[step.reaches as usize] {
                self.complete(*meaning, began.position, end);
            }
        }
    }

    pub(crate) fn mark(&mut self, mark: Mark, at: Place) {
        let here = self.base + at.position;
        match mark {
            Mark::Break => self.last_break = here,
            Mark::Quote if self.quote.is_none() => {
                let announced = is_near(self.may_quote, here) || is_near(self.discusses, here);
                let in_sentence =
                    self.last_word != 0 && here - self.last_word <= 2 && self.colon + 2 != here;
                let longest = match (announced, in_sentence) {
                    (true, true) => LONG_MENTION,
                    (true, false) | (false, true) => SHORT_MENTION,
                    (false, false) => 0,
                };
                self.quote = Some(Quotation {
                    open: here,
                    longest,
                });
            }
            Mark::Quote | Mark::QuoteEnd => self.close_quotation(here),
            Mark::Sign(":") => self.colon = here,
            Mark::Sign(_) => {}
        }
    }

    /// A word ends here, known or not.
    pub(crate) fn hear(&mut self, end: u32) {
        self.last_word = self.base + end;
    }

    /// A few words in quotation marks inside a sentence are spoken about; a whole message in them is not.
    fn close_quotation(&mut self, here: u32) {
        let Some(Quotation { open, longest }) = self.quote.take() else {
            return;
        };
        if here - open <= longest {
            self.withdraw(|pending| pending.end > open);
            self.barrier = here;
        }
        for finding in &mut self.findings {
            if let State::Pending(pending) = &mut finding.state {
                pending.quoted &= here - open <= LONG_MENTION;
            }
        }
    }

    /// The rules that have found something and are certain of it by now. Each is named once.
    pub(crate) fn take_found(&mut self, ended: bool, position: u32, found: &mut impl FnMut(usize)) {
        let here = self.base + position;
        for (rule, finding) in self.findings.iter_mut().enumerate() {
            if let State::Pending(Pending { end, .. }) = finding.state
                && (ended || here > end + NEAR)
            {
                finding.state = State::Found;
                found(rule);
            }
        }
    }

    /// Where in the original text the oldest match begins that may still become complete.
    pub(crate) fn unfinished_origin(&self, position: u32) -> Option<usize> {
        let here = self.base + position;
        let steps = self
            .set
            .waiting
            .iter()
            .flatten()
            .filter(|step| step.before != START);
        let alive = steps.filter(|step| {
            let end = self.ends[step.before as usize];
            end != 0 && here <= end + u32::from(step.gap) + 1
        });
        alive
            .map(|step| self.began[step.before as usize].origin as usize)
            .min()
    }

    fn is_negated(&self, begin: u32) -> bool {
        self.negation != 0
            && begin.saturating_sub(self.negation) <= NEGATION_REACH
            && self.last_break < self.negation
    }

    fn complete(&mut self, meaning: Meaning, began: u32, end: u32) {
        match meaning {
            Meaning::Found(rule) => self.complete_rule(usize::from(rule), began, end),
            Meaning::MayQuote => {
                self.may_quote = end;
                let closed = self.quote.is_none();
                self.withdraw(|pending| pending.quoted && closed && is_near(pending.end, began));
            }
            Meaning::Discusses => {
                self.discusses = end;
                let last_break = self.last_break;
                let same_sentence =
                    move |pending: Pending| pending.quoted || last_break < pending.end;
                self.withdraw(|pending| same_sentence(pending) && is_near(pending.end, began));
            }
            Meaning::Negates => self.negation = end,
            Meaning::Rot13 => self.rot13 = true,
            Meaning::Backwards => self.backwards = true,
        }
    }

    fn complete_rule(&mut self, rule: usize, began: u32, end: u32) {
        let same_sentence = self.discusses > self.last_break;
        let spoken_about = same_sentence && is_near(self.discusses, began);
        let quoted = self.quote.is_some();
        let attack = matches!(
            self.set.rules[rule].category,
            Category::Injection | Category::Jailbreak
        );
        let finding = &mut self.findings[rule];
        if finding.state != State::Nothing {
            return;
        }
        if !attack {
            // A swear word or a competitor's name is what it is, also in quotation marks.
            finding.state = State::Pending(CERTAIN);
        } else if !(spoken_about && finding.mention(end)) {
            finding.state = State::Pending(Pending { end, quoted });
        }
    }

    /// What came after a match says that it was only spoken about.
    fn withdraw(&mut self, applies: impl Fn(Pending) -> bool) {
        for finding in &mut self.findings {
            if let State::Pending(pending) = finding.state
                && applies(pending)
                && finding.mention(pending.end)
            {
                finding.state = State::Nothing;
            }
        }
    }
}

impl Finding {
    /// Counts a mention; `false` when there were too many. Patterns of a rule that end near each other are one mention.
    fn mention(&mut self, end: u32) -> bool {
        if self.mentions == 0 || end > self.mentioned + SAME_MENTION {
            self.mentions += 1;
            self.mentioned = end;
        }
        self.mentions <= MENTIONS
    }
}

fn is_near(first: u32, second: u32) -> bool {
    first != 0 && first <= second && second - first <= NEAR
}
