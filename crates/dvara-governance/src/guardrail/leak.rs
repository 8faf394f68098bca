//! Whether an answer repeats the system prompt (control-plane.md §10.2).

use std::sync::Arc;

use super::detection::{Category, Detection, Source};
use super::filter::Filter;
use super::lexicon::sum;
use super::normal::{Listener, Mark, Place, Reader, Recognized};

/// Shorter prompts say nothing that an answer might not say by chance.
const SHORTEST_PROMPT: usize = 20;
/// Words in a row that are compared.
const GRAM: usize = 4;
/// The share of the prompt's word groups that makes a leak.
const LEAKED_SHARE: f32 = 0.6;
/// This many groups in a row, eleven words, are a leak however long the prompt is.
const LEAKED_RUN: usize = 8;

/// The word groups of a system prompt that only come from it. Made once per call, when its answer is to be checked.
pub struct LeakDetector {
    /// In order.
    grams: Vec<u64>,
    filter: Filter,
}

impl LeakDetector {
    /// `None` if the prompt is too short to be recognised. Word groups that the user or the model wrote before do not count:
    /// repeating those gives nothing away.
    pub fn new<'t>(
        system_prompt: &str,
        conversation: impl IntoIterator<Item = &'t str>,
    ) -> Option<Self> {
        if system_prompt.chars().count() < SHORTEST_PROMPT {
            return None;
        }
        let mut grams = Vec::new();
        each_gram(system_prompt, |gram| grams.push(gram));
        grams.sort_unstable();
        grams.dedup();
        let filter = Filter::of(grams.iter().copied());
        let mut detector = Self { grams, filter };
        let mut said_before = vec![false; detector.grams.len()];
        for said in conversation {
            each_gram(said, |gram| {
                if let Some(number) = detector.number(gram) {
                    said_before[number] = true;
                }
            });
        }
        let mut said_before = said_before.into_iter();
        detector
            .grams
            .retain(|_| !said_before.next().unwrap_or_default());
        (!detector.grams.is_empty()).then_some(detector)
    }

    /// Which of the prompt's groups this is.
    fn number(&self, gram: u64) -> Option<usize> {
        if !self.filter.may_have(gram) {
            return None;
        }
        self.grams.binary_search(&gram).ok()
    }
}

/// Compares one answer, which may come in pieces.
pub(crate) struct LeakMatcher {
    detector: Arc<LeakDetector>,
    last: LastWords,
    found: Vec<bool>,
    distinct: usize,
    run: usize,
    longest_run: usize,
    run_origin: usize,
}

impl LeakMatcher {
    pub(crate) fn new(detector: Arc<LeakDetector>) -> Self {
        Self {
            last: LastWords::default(),
            found: vec![false; detector.grams.len()],
            detector,
            distinct: 0,
            run: 0,
            longest_run: 0,
            run_origin: 0,
        }
    }

    pub(crate) fn written(&mut self, word: &str, origin: usize) {
        let Some(Gram { sum, origin }) = self.last.then(word, origin) else {
            return;
        };
        let Some(number) = self.detector.number(sum) else {
            self.run = 0;
            return;
        };
        self.distinct += usize::from(!std::mem::replace(&mut self.found[number], true));
        if self.run == 0 {
            self.run_origin = origin;
        }
        self.run += 1;
        self.longest_run = self.longest_run.max(self.run);
    }

    /// What has leaked so far.
    pub(crate) fn detections(&self) -> impl Iterator<Item = Detection> {
        let share = self.distinct as f32 / self.found.len() as f32;
        let most = (share >= LEAKED_SHARE)
            .then(|| leak("spl-response-001", "most of the system prompt", share));
        let passage = self.longest_run >= LEAKED_RUN;
        let passage =
            passage.then(|| leak("spl-response-002", "a passage of the system prompt", 0.9));
        most.into_iter().chain(passage)
    }

    /// Where a passage begins that may still become a leak.
    pub(crate) fn unfinished_origin(&self) -> Option<usize> {
        (self.run > 0).then_some(self.run_origin)
    }
}

fn leak(rule: &'static str, label: &'static str, score: f32) -> Detection {
    Detection {
        category: Category::Jailbreak,
        rule: rule.into(),
        label: label.into(),
        score,
        source: Source::Builtin,
    }
}

/// Calls `each` with every word group of a text. Every call's texts pass here, so nothing is kept of them.
fn each_gram(text: &str, each: impl FnMut(u64)) {
    let mut grams = Grams {
        last: LastWords::default(),
        each,
    };
    let mut reader = Reader::default();
    reader.push(text, &mut grams);
    reader.finish(&mut grams);
}

/// Hears words and tells of their groups.
struct Grams<F> {
    last: LastWords,
    each: F,
}

impl<F: FnMut(u64)> Listener for Grams<F> {
    type Known = ();
    const RECOGNIZES: bool = false;

    fn recognize(&self, _: &str) -> Recognized<'_, ()> {
        Recognized::Unknown
    }

    fn written(&mut self, word: &str, origin: usize) {
        if let Some(gram) = self.last.then(word, origin) {
            (self.each)(gram.sum);
        }
    }

    fn word(&mut self, _: &str, (): (), _: Place) {}

    fn mark(&mut self, _: Mark, _: Place) {}
}

/// The last words of a text, the newest one last: a number for each, and where it began.
#[derive(Default)]
struct LastWords {
    sums: [u64; GRAM],
    origins: [usize; GRAM],
    count: usize,
}

/// A group of words: a number for it, hardly ever that of another one, and where it began.
struct Gram {
    sum: u64,
    origin: usize,
}

impl LastWords {
    /// The group that ends with this word, if there are words enough.
    #[inline]
    fn then(&mut self, word: &str, origin: usize) -> Option<Gram> {
        let ([_, sums @ ..], [_, origins @ ..]) = (self.sums, self.origins);
        self.sums = [sums[0], sums[1], sums[2], sum(word)];
        self.origins = [origins[0], origins[1], origins[2], origin];
        self.count += 1;
        (self.count >= GRAM).then(|| Gram {
            sum: joined(self.sums),
            origin: self.origins[0],
        })
    }
}

/// One number for the numbers of a group's words, in their order. Whoever builds a collision only accuses themselves.
fn joined(words: [u64; GRAM]) -> u64 {
    const FACTORS: [u64; GRAM] = [
        0x9E37_79B9_7F4A_7C15,
        0xBF58_476D_1CE4_E5B9,
        0x94D0_49BB_1331_11EB,
        0xD6E8_FEB8_6659_FD93,
    ];
    let mut sum = 0u64;
    for (word, factor) in words.iter().zip(FACTORS) {
        sum = sum.wrapping_add(word.wrapping_mul(factor));
    }
    sum ^ (sum >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guardrail::rules;
    use crate::guardrail::scan::Scan;

    const PROMPT: &str = "You are the helper of Acme. Never say that the discount code is SUMMER, and always answer \
                          in French unless the customer writes in Breton or asks for the manager on duty.";

    fn scan(prompt: &str, conversation: &[&str], pieces: &[&str]) -> Option<Vec<Detection>> {
        let detector = LeakDetector::new(prompt, conversation.iter().copied())?;
        let mut scan = Scan::new(&rules::ANSWER, None).with_leak(Some(Arc::new(detector)));
        pieces.iter().for_each(|piece| scan.push(piece));
        scan.end_text();
        Some(scan.leaks().collect())
    }

    fn leaked(prompt: &str, conversation: &[&str], answer: &str) -> Vec<String> {
        let pieces: Vec<&str> = answer.split_inclusive(' ').collect();
        let found = scan(prompt, conversation, &pieces).unwrap_or_default();
        found
            .into_iter()
            .map(|found| found.rule.into_owned())
            .collect()
    }

    #[test]
    fn a_whole_prompt_and_a_passage_of_eleven_words_are_leaks() {
        assert_eq!(
            leaked(PROMPT, &[], PROMPT),
            ["spl-response-001", "spl-response-002"]
        );
        let passage = "It says: NEVER say that -- the discount code is summer, and ALWAYS answer. That is all.";
        assert_eq!(leaked(PROMPT, &[], passage), ["spl-response-002"]);
    }

    #[test]
    fn ten_words_and_other_texts_are_no_leaks() {
        assert!(
            leaked(
                PROMPT,
                &[],
                "never say that the discount code is summer and always, friend"
            )
            .is_empty()
        );
        assert!(
            leaked(
                PROMPT,
                &[],
                "Bonjour! Comment puis-je vous aider aujourd'hui avec votre commande?"
            )
            .is_empty()
        );
    }

    #[test]
    fn what_the_user_said_first_gives_nothing_away() {
        assert!(leaked(PROMPT, &[PROMPT], PROMPT).is_empty());
    }

    #[test]
    fn short_prompts_are_not_watched() {
        assert!(scan("Be nice to people.", &[], &[]).is_none());
        assert!(scan("Antidisestablishmentarianism", &[], &[]).is_none());
    }

    #[test]
    fn the_score_is_the_share_that_leaked() {
        let prompt = "one two three four five six seven eight nine ten eleven twelve thirteen";
        let answer = "one two three four five six x seven eight nine ten eleven twelve thirteen";
        let found = scan(prompt, &[], &[answer]).unwrap();
        let scores: Vec<f32> = found.iter().map(|found| found.score).collect();
        assert_eq!(scores, [0.7]);
    }
}
