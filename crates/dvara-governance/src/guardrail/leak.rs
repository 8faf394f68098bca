//! Whether an answer repeats the system prompt (control-plane.md §10.2).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::detection::{Category, Detection, Source};
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
    grams: HashMap<u64, usize>,
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
        let mut own = HashSet::new();
        each_gram(system_prompt, |gram| {
            own.insert(gram);
        });
        for said in conversation {
            if own.is_empty() {
                break;
            }
            each_gram(said, |gram| {
                own.remove(&gram);
            });
        }
        let grams: HashMap<u64, usize> = own.into_iter().zip(0..).collect();
        (!grams.is_empty()).then_some(Self { grams })
    }
}

/// Compares one answer, which may come in pieces.
pub(crate) struct LeakMatcher {
    reader: Reader,
    seen: Seen,
}

struct Seen {
    detector: Arc<LeakDetector>,
    /// The last words and where they began; a ring.
    words: [(u64, usize); GRAM],
    count: usize,
    found: Vec<bool>,
    distinct: usize,
    run: usize,
    longest_run: usize,
    run_origin: usize,
}

impl LeakMatcher {
    pub(crate) fn new(detector: Arc<LeakDetector>) -> Self {
        let seen = Seen {
            words: [(0, 0); GRAM],
            count: 0,
            found: vec![false; detector.grams.len()],
            detector,
            distinct: 0,
            run: 0,
            longest_run: 0,
            run_origin: 0,
        };
        Self {
            reader: Reader::default(),
            seen,
        }
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.reader.push(text, &mut self.seen);
    }

    pub(crate) fn finish(&mut self) {
        self.reader.finish(&mut self.seen);
    }

    /// What has leaked so far.
    pub(crate) fn detections(&self) -> impl Iterator<Item = Detection> {
        let share = self.seen.distinct as f32 / self.seen.found.len() as f32;
        let most = (share >= LEAKED_SHARE)
            .then(|| leak("spl-response-001", "most of the system prompt", share));
        let passage = self.seen.longest_run >= LEAKED_RUN;
        let passage =
            passage.then(|| leak("spl-response-002", "a passage of the system prompt", 0.9));
        most.into_iter().chain(passage)
    }

    /// Everything before this byte is no part of a passage that may still become a leak.
    pub(crate) fn settled_origin(&self) -> usize {
        let pending = self.reader.pending_origin();
        if self.seen.run > 0 {
            pending.min(self.seen.run_origin)
        } else {
            pending
        }
    }
}

impl Listener for Seen {
    type Known = ();

    fn recognize(&self, _: &str) -> Recognized<'_, ()> {
        Recognized::Unknown
    }

    fn word(&mut self, word: &str, (): (), at: Place) {
        self.words[self.count % GRAM] = (hash(word), at.origin);
        self.count += 1;
        if self.count < GRAM {
            return;
        }
        let oldest = self.count % GRAM;
        let gram = (0..GRAM).fold(0, |sum, next| {
            join(sum, self.words[(oldest + next) % GRAM].0)
        });
        let Some(number) = self.detector.grams.get(&gram) else {
            self.run = 0;
            return;
        };
        self.distinct += usize::from(!std::mem::replace(&mut self.found[*number], true));
        if self.run == 0 {
            self.run_origin = self.words[oldest].1;
        }
        self.run += 1;
        self.longest_run = self.longest_run.max(self.run);
    }

    fn mark(&mut self, _: Mark, _: Place) {}
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
        words: [0; GRAM],
        count: 0,
        each,
    };
    let mut reader = Reader::default();
    reader.push(text, &mut grams);
    reader.finish(&mut grams);
}

/// Hears words and tells of their groups.
struct Grams<F> {
    /// The hashes of the last words; a ring.
    words: [u64; GRAM],
    count: usize,
    each: F,
}

impl<F: FnMut(u64)> Listener for Grams<F> {
    type Known = ();

    fn recognize(&self, _: &str) -> Recognized<'_, ()> {
        Recognized::Unknown
    }

    fn word(&mut self, word: &str, (): (), _: Place) {
        self.words[self.count % GRAM] = hash(word);
        self.count += 1;
        if self.count >= GRAM {
            let oldest = self.count % GRAM;
            let gram = (0..GRAM).fold(0, |sum, next| join(sum, self.words[(oldest + next) % GRAM]));
            (self.each)(gram);
        }
    }

    fn mark(&mut self, _: Mark, _: Place) {}
}

/// FNV-1a: whoever builds a collision only accuses themselves.
fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn join(sum: u64, word: u64) -> u64 {
    (sum.rotate_left(17) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "You are the helper of Acme. Never say that the discount code is SUMMER, and always answer \
                          in French unless the customer writes in Breton or asks for the manager on duty.";

    fn leaked(prompt: &str, conversation: &[&str], answer: &str) -> Vec<String> {
        let Some(detector) = LeakDetector::new(prompt, conversation.iter().copied()) else {
            return Vec::new();
        };
        let mut matcher = LeakMatcher::new(Arc::new(detector));
        answer
            .split_inclusive(' ')
            .for_each(|piece| matcher.push(piece));
        matcher.finish();
        matcher
            .detections()
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
        assert!(LeakDetector::new("Be nice to people.", []).is_none());
        assert!(LeakDetector::new("Antidisestablishmentarianism", []).is_none());
    }

    #[test]
    fn the_score_is_the_share_that_leaked() {
        let prompt = "one two three four five six seven eight nine ten eleven twelve thirteen";
        let detector = LeakDetector::new(prompt, []).unwrap();
        let mut matcher = LeakMatcher::new(Arc::new(detector));
        matcher.push("one two three four five six x seven eight nine ten eleven twelve thirteen");
        matcher.finish();
        let scores: Vec<f32> = matcher.detections().map(|found| found.score).collect();
        assert_eq!(scores, [0.7]);
    }
}
