//! Walks a [`RuleSet`] along the words of a text.

mod findings;
mod reached;

use std::sync::Arc;

use super::detection::Category;
use super::lexicon::WordId;
use super::normal::{Mark, Place};
use super::rules::{Meaning, Opening, PartId, RuleSet, Span, Start, Step};
use findings::{CERTAIN, Findings, Pending};
use reached::{Began, Reached, ReachedParts};

/// How far before and behind a phrase the words may stand that say it is only spoken about, in bytes of folded text.
const NEAR: u32 = 64;
/// A quotation up to this length mentions a phrase where words such as "phrase" announce it inside a sentence, and up to the
/// second where there is only one of the two.
const LONG_MENTION: u32 = 80;
const SHORT_MENTION: u32 = 62;
/// A negation is at most two short words away: "do not ever ignore".
const NEGATION_REACH: u32 = 6;
/// Positions begin here, so that zero means "never", also for the longest distance.
const FIRST_POSITION: u32 = 4096;

/// One scan with one set of rules.
pub(crate) struct Machine {
    set: Arc<RuleSet>,
    walk: Walk,
}

/// A quotation that is not closed yet.
#[derive(Clone, Copy)]
struct Quotation {
    open: u32,
    /// Up to this length it mentions what is in it: shorter if it is only a part of a sentence, zero if it stands alone.
    longest: u32,
}

/// How far a scan has come. Apart from the rules, so that these can be read while it changes.
struct Walk {
    reached: ReachedParts,
    findings: Findings,
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
    rot13: bool,
    backwards: bool,
    checks: u64,
}

impl Machine {
    pub(crate) fn new(set: Arc<RuleSet>) -> Self {
        let walk = Walk {
            reached: ReachedParts::new(set.followed, set.places),
            findings: Findings::new(set.rules.len()),
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
        };
        Self { set, walk }
    }

    pub(crate) fn set(&self) -> &Arc<RuleSet> {
        &self.set
    }

    /// Steps looked at so far: the measure of work.
    #[cfg(test)]
    pub(crate) fn checks(&self) -> u64 {
        self.walk.checks
    }

    #[inline]
    pub(crate) fn word(&mut self, word: WordId, length: u32, at: Place) {
        let Self { set, walk } = self;
        let began = Began {
            position: FIRST_POSITION + at.position,
            origin: at.origin as u32,
        };
        let end = began.position + length;
        let steps = set.steps[usize::from(word)];
        walk.start(set, steps.whole.of(&set.whole), began, end);
        // Later parts before earlier ones, so that one word is one part only.
        walk.follow(set, steps.groups, began, end);
        if let Some(opening) = steps.first {
            let opening = &set.openings[opening.get() as usize];
            walk.open(set, opening, began, end);
        }
        if let Some(opening) = steps.first_unless_negated
            && !walk.is_negated(began.position)
        {
            let opening = &set.openings[opening.get() as usize];
            walk.open(set, opening, began, end);
        }
    }

    pub(crate) fn mark(&mut self, mark: Mark, at: Place) {
        let here = FIRST_POSITION + at.position;
        match mark {
            Mark::Break => {
                self.walk.last_break = here;
                self.walk.reached.close_all_but(&self.set.lasting);
            }
            Mark::Quote if self.walk.quote.is_none() => self.walk.open_quotation(here),
            Mark::Quote | Mark::QuoteEnd => self.walk.close_quotation(here),
            Mark::Sign(":") => self.walk.colon = here,
            Mark::Sign(_) => {}
        }
    }

    /// A word ends here, known or not.
    pub(crate) fn hear(&mut self, end: u32) {
        self.walk.last_word = FIRST_POSITION + end;
    }

    /// The rules that have found something and are certain of it by now. Each is named once.
    pub(crate) fn take_found(&mut self, ended: bool, position: u32, found: &mut impl FnMut(usize)) {
        let here = FIRST_POSITION + position;
        let certain = |pending: Pending| ended || here > pending.end + NEAR;
        self.walk.findings.take(certain, found);
    }

    /// Where in the original text the oldest match begins that may still become complete.
    pub(crate) fn unfinished_origin(&self, position: u32) -> Option<usize> {
        let here = FIRST_POSITION + position;
        let unfinished = self.walk.reached.iter().filter(|(part, reached)| {
            here <= reached.end + u32::from(self.set.parts[*part as usize].farthest) + 1
        });
        unfinished
            .map(|(_, reached)| reached.began.origin as usize)
            .min()
    }

    /// Whether the text has words in ROT13, and words written backwards. The next text starts afresh.
    pub(crate) fn take_disguises(&mut self) -> (bool, bool) {
        let walk = &mut self.walk;
        (
            std::mem::take(&mut walk.rot13),
            std::mem::take(&mut walk.backwards),
        )
    }
}

impl Walk {
    /// Takes the steps that are a whole pattern.
    fn start(&mut self, set: &RuleSet, starts: &[Start], began: Began, end: u32) {
        for start in starts {
            if !(start.not_negated && self.is_negated(began.position)) {
                self.reach(set, start.reaches, true, Reached { end, began });
            }
        }
    }

    /// Takes the steps that begin a pattern.
    #[inline]
    fn open(&mut self, set: &RuleSet, opening: &Opening, began: Began, end: u32) {
        let parts = opening.parts.of(&set.opened);
        self.checks += parts.len() as u64;
        let blocks = opening.blocks.of(&set.opened_blocks);
        self.reached
            .open(opening.place, parts, blocks, Reached { end, began });
        for part in opening.completes.of(&set.opened) {
            self.mean(set, *part, Reached { end, began });
        }
    }

    /// Takes the steps whose part is open and was reached near enough to the word.
    fn follow(&mut self, set: &RuleSet, groups: Span, word: Began, end: u32) {
        let all = groups.of(&set.groups);
        self.checks += all.len() as u64;
        // Mostly nothing is open that the word follows. That is found out without a branch for each group.
        let any = all
            .iter()
            .fold(0, |any, group| any | self.reached.open_of(group));
        if any == 0 {
            return;
        }
        for (group, number) in all.iter().zip(groups.begin as usize + 1..) {
            let open = self.reached.open_of(group);
            if open != 0 {
                let steps = group.begin as usize..set.groups[number].begin as usize;
                self.follow_group(set, &set.following[steps], open, word, end);
            }
        }
    }

    /// The same for the steps of one group, some of whose parts are open.
    fn follow_group(&mut self, set: &RuleSet, steps: &[Step], open: u64, word: Began, end: u32) {
        self.checks += steps.len() as u64;
        let torn_at = self.last_break.max(self.barrier);
        for step in steps
            .iter()
            .filter(|step| open >> (step.before % 64) & 1 == 1)
        {
            let before = self.reached.get(step.before);
            // A part that ends behind this word's beginning is far away too.
            let distance = word.position.wrapping_sub(before.end);
            let torn = torn_at >= before.end;
            if distance <= u32::from(step.gap) && (step.over_breaks || !torn) {
                let began = before.began;
                self.reach(set, step.reaches, step.completes, Reached { end, began });
                continue;
            }
            let part = &set.parts[step.before as usize];
            let far = word.position > before.end && distance > u32::from(part.farthest);
            if far || (torn && !part.over_breaks) {
                self.reached.close(step.before);
            }
        }
    }

    fn reach(&mut self, set: &RuleSet, part: PartId, completes: bool, reached: Reached) {
        if (part as usize) < set.followed {
            let place = set.parts[part as usize].place;
            self.reached.set(part, place, reached);
        }
        if completes {
            self.mean(set, part, reached);
        }
    }

    /// Does what reaching a part means.
    fn mean(&mut self, set: &RuleSet, part: PartId, reached: Reached) {
        for meaning in &set.parts[part as usize].meanings {
            self.complete(set, *meaning, reached.began.position, reached.end);
        }
    }

    fn open_quotation(&mut self, here: u32) {
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

    /// A few words in quotation marks inside a sentence are spoken about; a whole message in them is not.
    fn close_quotation(&mut self, here: u32) {
        let Some(Quotation { open, longest }) = self.quote.take() else {
            return;
        };
        if here - open <= longest {
            self.findings.withdraw(|pending| pending.end > open);
            self.barrier = here;
        }
        self.findings.close_quotation(here - open <= LONG_MENTION);
    }

    fn is_negated(&self, begin: u32) -> bool {
        self.negation != 0
            && begin.saturating_sub(self.negation) <= NEGATION_REACH
            && self.last_break < self.negation
    }

    fn complete(&mut self, set: &RuleSet, meaning: Meaning, began: u32, end: u32) {
        match meaning {
            Meaning::Found(rule) => self.complete_rule(set, usize::from(rule), began, end),
            Meaning::MayQuote => {
                self.may_quote = end;
                let closed = self.quote.is_none();
                self.findings
                    .withdraw(|pending| pending.quoted && closed && is_near(pending.end, began));
            }
            Meaning::Discusses => {
                self.discusses = end;
                let last_break = self.last_break;
                let same_sentence =
                    move |pending: Pending| pending.quoted || last_break < pending.end;
                self.findings
                    .withdraw(|pending| same_sentence(pending) && is_near(pending.end, began));
            }
            Meaning::Negates => self.negation = end,
            Meaning::Rot13 => self.rot13 = true,
            Meaning::Backwards => self.backwards = true,
        }
    }

    fn complete_rule(&mut self, set: &RuleSet, rule: usize, began: u32, end: u32) {
        if !self.findings.has_nothing(rule) {
            return;
        }
        let same_sentence = self.discusses > self.last_break;
        let spoken_about = same_sentence && is_near(self.discusses, began);
        let quoted = self.quote.is_some();
        let category = set.rules[rule].category;
        if !matches!(category, Category::Injection | Category::Jailbreak) {
            // A swear word or a competitor's name is what it is, also in quotation marks.
            self.findings.add(rule, CERTAIN);
        } else if !(spoken_about && self.findings.mention(rule, end)) {
            self.findings.add(rule, Pending { end, quoted });
        }
    }
}

fn is_near(first: u32, second: u32) -> bool {
    first != 0 && first <= second && second - first <= NEAR
}
